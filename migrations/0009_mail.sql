-- Mails to be sent, being tried, sent or failed. A mail that concerns a person and no workspace (password reset, verification) carries the nil UUID,
-- which is nobody's workspace: behind the wall no workspace sees it, and only the system role can put or read it.
create table mail (
  workspace_id uuid not null,
  id           uuid not null,
  -- The template's name, for lists: `invitation`.
  template     text not null,
  recipient    text not null,
  locale       text not null check (locale in ('id', 'en')),
  -- Rendered when put. Forgotten once sent: they hold links that open something.
  subject      text not null,
  html         text,
  body         text,
  state        text not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
  -- Why the last attempt failed, in words for the sender's team.
  reason       text,
  -- How often somebody had it sent again; with the id it makes the provider's idempotency key.
  resent       integer not null default 0,
  provider_id  text,
  created_at   timestamptz not null,
  settled_at   timestamptz,
  primary key (workspace_id, id),
  constraint mail_has_content check (state = 'sent' or (html is not null and body is not null))
);
call protect('mail');
create index mail_newest on mail (workspace_id, created_at desc, id desc);

-- Jobs of personal mails have no workspace either, so a job's workspace is no foreign key any more; what the key did when a workspace went is done here.
alter table job drop constraint job_workspace_id_fkey;
create function forget_workspace() returns trigger language plpgsql as $$
begin
  delete from job where workspace_id = old.id;
  delete from mail where workspace_id = old.id;
  return old;
end $$;
create trigger workspace_forgotten after delete on workspace for each row execute function forget_workspace();
