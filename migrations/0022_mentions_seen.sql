-- Up to when somebody has looked at the notes that name them: those after it are counted at the list.
alter table membership add column mentions_seen_at timestamptz;
