//! Two contacts again of one that was made of them by hand (F215): what was is put back, but for what somebody has changed since. What came in since stays where it is.

use super::{
    holding,
    merge::UNDOABLE_DAYS,
    merging::{Failed, TRIES, given_up, known, line, lock_all, settled},
    reading, record,
    record::{Happened, NewEvent},
    scoring, views, working,
};
use crate::{
    error::{AppError, Conflict},
    ids::{ContactId, ConversationId, PersonId, WorkspaceId},
    inbox::model::*,
    server::{
        audit::{self, Entry},
        jobs::{self, NewJob},
        scope::Scope,
        state::App,
        whatsapp::mask::Mask,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// That there is no merge that could be undone.
pub const NOTHING_TO_SPLIT: &str = "nothing_to_split";

/// Makes two contacts of a conversation's again, if it is one of a merge by hand not long ago. Of several the last. Gives the conversation of the contact that is there again, or
/// else the same one.
///
/// # Errors
/// `Forbidden`; `NotFound` for a conversation out of sight; `Conflict` where there is nothing to undo.
pub async fn undo(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationId, AppError> {
    scope.require(Permission::Reply)?;
    for _ in 0..TRIES {
        if let Some(done) = settled(undone(app, scope, id).await) {
            return done;
        }
    }
    Err(given_up())
}

/// A merge that can be undone.
pub struct Undoable {
    pub merge: Uuid,
    pub at: i64,
    /// Who merged, if they still belong here.
    pub by: Option<PersonRef>,
    /// What the contact was called that would be there again, as the caller may see it.
    pub name: String,
    /// Messages of the customer that came since and would stay where they are.
    pub since: i64,
}

/// The last merge by hand of a conversation's contact, if it can be undone.
pub async fn undoable(
    tx: &mut PgConnection,
    scope: &Scope,
    conversation: &ConversationView,
    mask: Option<&Mask>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Undoable>> {
    let row = sqlx::query!(
        r#"
        select m.id, m.merged_at, m.merged_by, p.name as "person?", m.gone -> 'contact' ->> 'name' as given, m.gone -> 'contact' ->> 'profile_name' as profile,
            m.gone -> 'contact' ->> 'username' as username, (
                select i ->> 'value' from jsonb_array_elements(m.gone -> 'identities') i where i ->> 'kind' = 'phone' order by 1 limit 1
            ) as phone, (
                select count(*) from message s
                where s.workspace_id = $1 and s.conversation_id = $3 and s.direction = 'inbound' and s.created_at > m.merged_at
            ) as "since!"
        from contact_merge m
        left join membership b on b.workspace_id = m.workspace_id and b.person_id = m.merged_by
        left join person p on p.id = b.person_id
        where m.workspace_id = $1 and m.kept_id = $2 and m.merged_at > $4::timestamptz - make_interval(days => $5)
        order by m.merged_at desc, m.id desc limit 1
        "#,
        scope.workspace.0,
        conversation.contact_id.0,
        conversation.id.0,
        now,
        UNDOABLE_DAYS
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| {
        let phone = row.phone.as_deref().map(crate::server::whatsapp::phone::pretty);
        let mut name = display_name(row.given.as_deref(), row.profile.as_deref(), phone.as_deref(), row.username.as_deref());
        if let Some(mask) = mask {
            mask.hide(&mut name, None);
        }
        Undoable {
            merge: row.id,
            at: row.merged_at.timestamp_millis(),
            by: row.merged_by.zip(row.person).map(|(id, name)| PersonRef { id: PersonId(id), name }),
            name,
            since: row.since,
        }
    }))
}

async fn undone(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationId, Failed> {
    let mut tx = app.db.begin(scope).await?;
    let before = reading::visible(&mut tx, scope, id).await?;
    let kept = before.contact_id.0;
    let theirs = lock_all(&mut tx, scope, &[kept]).await?;
    if !theirs.contains(&(id.0, kept)) {
        return Err(AppError::NotFound.into());
    }
    known(&mut tx, scope.workspace, kept).await?;
    let now = app.clock.now();
    let merge = sqlx::query!(
        r#"
        select id, gone_id from contact_merge
        where workspace_id = $1 and kept_id = $2 and merged_at > $3::timestamptz - make_interval(days => $4)
        order by merged_at desc, id desc limit 1 for update
        "#,
        scope.workspace.0,
        kept,
        now,
        UNDOABLE_DAYS
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(|| AppError::Conflict(Conflict::Refused(NOTHING_TO_SPLIT.into())))?;
    restore_contact(&mut tx, scope.workspace, merge.id, kept, merge.gone_id).await?;
    let mut events = Vec::new();
    let (restored, changed) = restore_conversations(&mut tx, scope.workspace, merge.id, (kept, merge.gone_id), now).await?;
    let kept_name = views::contact(&mut tx, scope.workspace, ContactId(kept)).await?.ok_or(AppError::NotFound)?.display_name;
    let gone_name = views::contact(&mut tx, scope.workspace, ContactId(merge.gone_id)).await?.ok_or(AppError::NotFound)?.display_name;
    for Changed { id, was_assignee, assignee, contact } in &changed {
        let event = NewEvent::new(scope.workspace, Happened::ConversationChanged, *id);
        events.push(event.was_assigned_to(was_assignee.filter(|was| Some(*was) != *assignee)));
        events.push(NewEvent::new(scope.workspace, Happened::ThreadChanged, *id));
        let other = if *contact == kept { &gone_name } else { &kept_name };
        line(&mut tx, scope, *id, "contacts_split", other, now, &mut events).await?;
    }
    sqlx::query!("delete from contact_merge where workspace_id = $1 and id = $2", scope.workspace.0, merge.id).execute(&mut *tx).await?;
    let detail = json!({ "with": merge.gone_id });
    audit::record(&mut tx, now, scope, Entry { action: "contact.split", target: Some(("contact", kept)), detail }).await?;
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    // One that is a colleague's is not shown to whoever sees only what is theirs.
    let theirs = |found: &ConversationId| changed.iter().any(|c| c.id == *found && working::sees(scope, c.assignee));
    Ok(restored.filter(theirs).unwrap_or(id))
}

/// Puts the contact back that went, and takes off the one that stayed what it got from it, unless somebody has changed that since.
async fn restore_contact(tx: &mut Tx, workspace: WorkspaceId, merge: Uuid, kept: Uuid, gone: Uuid) -> Result<(), Failed> {
    // What was added to the table since is as with the one that stayed.
    sqlx::query!(
        r#"
        insert into contact
        select (jsonb_populate_record(k, m.gone -> 'contact')).*
        from contact_merge m join contact k on k.workspace_id = m.workspace_id and k.id = m.kept_id
        where m.workspace_id = $1 and m.id = $2
        "#,
        workspace.0,
        merge
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        update identity i set contact_id = $3
        from contact_merge m, jsonb_to_recordset(m.gone -> 'identities') g(kind text, value text)
        where m.workspace_id = $1 and m.id = $2 and i.workspace_id = $1 and i.kind = g.kind and i.value = g.value and i.contact_id = $4
        "#,
        workspace.0,
        merge,
        gone,
        kept
    )
    .execute(&mut **tx)
    .await?;
    // What was heard since of either of them is heard again: the next delivery names it beside what it belongs to.
    sqlx::query!(
        r#"
        delete from identity i using contact_merge m
        where m.workspace_id = $1 and m.id = $2 and i.workspace_id = $1 and i.contact_id = $3 and i.created_at > m.merged_at
            and not exists (
                select from jsonb_array_elements(m.kept -> 'identities') k where k ->> 'kind' = i.kind and k ->> 'value' = i.value)
        "#,
        workspace.0,
        merge,
        kept
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        with theirs as (
            select g.tag_id, g.added_by, g.added_at,
                exists (select from jsonb_array_elements(m.kept -> 'tags') k where k ->> 'tag_id' = g.tag_id::text) as both
            from contact_merge m, jsonb_to_recordset(m.gone -> 'tags') g(tag_id uuid, added_by uuid, added_at timestamptz)
            where m.workspace_id = $1 and m.id = $2
        ), off as (
            delete from contact_tag t using theirs g where t.workspace_id = $1 and t.contact_id = $4 and t.tag_id = g.tag_id and not g.both
        )
        insert into contact_tag (workspace_id, contact_id, tag_id, added_by, added_at)
        select $1, $3, g.tag_id, g.added_by, g.added_at from theirs g join tag t on t.workspace_id = $1 and t.id = g.tag_id
        "#,
        workspace.0,
        merge,
        gone,
        kept
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        insert into contact_value (workspace_id, contact_id, field_id, value, choice_id)
        select $1, $3, g.field_id, g.value, g.choice_id
        from contact_merge m, jsonb_to_recordset(m.gone -> 'fields') g(field_id uuid, value text, choice_id uuid)
        where m.workspace_id = $1 and m.id = $2 and exists (select from contact_field f where f.workspace_id = $1 and f.id = g.field_id)
        "#,
        workspace.0,
        merge,
        gone
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        with field as (
            select a.field_id, a.value as made, a.choice_id as made_choice, b.value, b.choice_id
            from contact_merge m
            cross join lateral jsonb_to_recordset(m.made -> 'fields') a(field_id uuid, value text, choice_id uuid)
            left join lateral jsonb_to_recordset(m.kept -> 'fields') b(field_id uuid, value text, choice_id uuid) on b.field_id = a.field_id
            where m.workspace_id = $1 and m.id = $2 and (a.value, a.choice_id) is distinct from (b.value, b.choice_id)
        ), emptied as (
            delete from contact_value v using field f
            where v.workspace_id = $1 and v.contact_id = $3 and v.field_id = f.field_id and f.value is null and f.choice_id is null
                and (v.value, v.choice_id) is not distinct from (f.made, f.made_choice)
        )
        update contact_value v set value = f.value, choice_id = f.choice_id
        from field f
        where v.workspace_id = $1 and v.contact_id = $3 and v.field_id = f.field_id and (f.value is not null or f.choice_id is not null)
            and (v.value, v.choice_id) is not distinct from (f.made, f.made_choice)
        "#,
        workspace.0,
        merge,
        kept
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        update contact k set
            name = case when k.name is not distinct from a.name then b.name else k.name end,
            -- What WhatsApp says came from one of the two since, perhaps: what the other is called is not this one's.
            profile_name = case when named.back then b.profile_name else k.profile_name end,
            profile_name_at = case when named.back then b.profile_name_at else k.profile_name_at end,
            username = case when named.user_back then b.username else k.username end,
            username_at = case when named.user_back then b.username_at else k.username_at end,
            stage_id = case when k.stage_id is not distinct from a.stage_id then b.stage_id else k.stage_id end,
            created_at = b.created_at
        from contact_merge m
        join contact s on s.workspace_id = m.workspace_id and s.id = m.kept_id
        cross join lateral jsonb_populate_record(null::contact, m.kept -> 'contact') b
        cross join lateral jsonb_populate_record(null::contact, m.made -> 'contact') a
        cross join lateral jsonb_populate_record(null::contact, m.gone -> 'contact') g
        cross join lateral (
            select s.profile_name_at is not distinct from a.profile_name_at or s.profile_name is not distinct from g.profile_name as back,
                s.username_at is not distinct from a.username_at or s.username is not distinct from g.username as user_back
        ) named
        where m.workspace_id = $1 and m.id = $2 and k.workspace_id = $1 and k.id = $3
        "#,
        workspace.0,
        merge,
        kept
    )
    .execute(&mut **tx)
    .await?;
    // Whoever was blocked meanwhile is both.
    sqlx::query!(
        r#"
        update contact o set blocked_at = k.blocked_at, blocked_by = k.blocked_by
        from contact k where k.workspace_id = $1 and k.id = $2 and o.workspace_id = $1 and o.id = $3
        "#,
        workspace.0,
        kept,
        gone
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A conversation that is another one than before.
struct Changed {
    id: ConversationId,
    contact: Uuid,
    was_assignee: Option<Uuid>,
    assignee: Option<Uuid>,
}

/// A conversation as it was before the merge.
struct Was {
    id: Uuid,
    contact: Uuid,
    unread: i32,
    is_there: bool,
}

/// Puts the conversations back that became part of another one, with what was said in them. Gives the newest of the contact that is there again, and all that changed.
async fn restore_conversations(
    tx: &mut Tx,
    workspace: WorkspaceId,
    merge: Uuid,
    (kept, gone): (Uuid, Uuid),
    now: DateTime<Utc>,
) -> Result<(Option<ConversationId>, Vec<Changed>), Failed> {
    let rows = sqlx::query!(
        r#"
        select w.id, (w.was ->> 'contact_id')::uuid as "contact!", (w.was ->> 'unread_count')::int as "unread!", c.id is not null as "is_there!"
        from merged_conversation w left join conversation c on c.workspace_id = w.workspace_id and c.id = w.id and c.contact_id = $3
        where w.workspace_id = $1 and w.merge_id = $2
        order by w.was ->> 'last_message_at', w.id
        "#,
        workspace.0,
        merge,
        kept
    )
    .fetch_all(&mut **tx)
    .await?;
    let was: Vec<Was> =
        rows.into_iter().map(|row| Was { id: row.id, contact: row.contact, unread: row.unread, is_there: row.is_there }).collect();
    let Some(into) = was.iter().find(|was| was.is_there) else { return Ok((None, Vec::new())) };
    let stands = sqlx::query!(
        r#"
        select c.assignee_id, c.unread_count, (
            select count(*)::int from message m join contact_merge g on g.workspace_id = $1 and g.id = $3
            where m.workspace_id = $1 and m.conversation_id = c.id and m.direction = 'inbound' and m.created_at > g.merged_at
        ) as "since!"
        from conversation c where c.workspace_id = $1 and c.id = $2
        "#,
        workspace.0,
        into.id,
        merge
    )
    .fetch_one(&mut **tx)
    .await?;
    let mut changed = Vec::new();
    // What came in since stays there, and so does that it is unread.
    let mut left = (stands.unread_count - stands.since).max(0);
    let mut given = 0;
    for one in was.iter().filter(|was| !was.is_there) {
        let unread = one.unread.min(left);
        left -= unread;
        given += unread;
        restore(tx, workspace, merge, into.id, one.id, unread, now).await?;
        let assignee = sqlx::query_scalar!("select assignee_id from conversation where workspace_id = $1 and id = $2", workspace.0, one.id)
            .fetch_one(&mut **tx)
            .await?;
        changed.push(Changed { id: ConversationId(one.id), contact: one.contact, was_assignee: None, assignee });
    }
    // The one that stayed was the other's if the contact that stayed had none.
    sqlx::query!(
        "update conversation set contact_id = $3 where workspace_id = $1 and id = $2 and contact_id <> $3",
        workspace.0,
        into.id,
        into.contact
    )
    .execute(&mut **tx)
    .await?;
    drafts_apart(tx, workspace, merge, into.id).await?;
    let assignee = settle(tx, workspace, merge, into.id, stands.unread_count - given, now).await?;
    for one in &was {
        holding::settle_waiting(tx, workspace, ConversationId(one.id)).await?;
        scoring::count(tx, workspace, ConversationId(one.id)).await?;
        if !one.is_there {
            answered_since(tx, workspace, merge, into.id, one.id).await?;
        }
        let holder = sqlx::query_scalar!(
            "select holder from conversation where workspace_id = $1 and id = $2 and state <> 'closed' and waiting_since is not null",
            workspace.0,
            one.id
        )
        .fetch_optional(&mut **tx)
        .await?;
        if holder.as_deref() == Some(Holder::Ari.as_str()) {
            holding::ask_ari_again(tx, workspace, ConversationId(one.id), now).await?;
        }
    }
    changed.push(Changed { id: ConversationId(into.id), contact: into.contact, was_assignee: stands.assignee_id, assignee });
    let restored = was.iter().rfind(|was| was.contact == gone).map(|was| ConversationId(was.id));
    Ok((restored, changed))
}

/// Puts one conversation back, out of `into`.
async fn restore(
    tx: &mut Tx,
    workspace: WorkspaceId,
    merge: Uuid,
    into: Uuid,
    id: Uuid,
    unread: i32,
    now: DateTime<Utc>,
) -> Result<(), Failed> {
    // ARI starts anew: what it thinks about now is both conversations.
    let until = sqlx::query_scalar!(
        r#"
        with back as (
            select (jsonb_populate_record(c, w.was || jsonb_build_object(
                'unread_count', $5::int, 'turn', c.turn + 1,
                -- May have left meanwhile.
                'assignee_id', (select b.person_id from membership b where b.workspace_id = $1 and b.person_id = (w.was ->> 'assignee_id')::uuid)
            ))).*
            from merged_conversation w join conversation c on c.workspace_id = w.workspace_id and c.id = $4
            where w.workspace_id = $1 and w.merge_id = $2 and w.id = $3
        )
        insert into conversation select * from back returning snoozed_until
        "#,
        workspace.0,
        merge,
        id,
        into,
        unread
    )
    .fetch_one(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        update message m set conversation_id = w.id from merged_conversation w
        where w.workspace_id = $1 and w.merge_id = $2 and w.id = $3 and m.workspace_id = $1 and m.id = any(w.messages) and m.conversation_id = $4
        "#,
        workspace.0,
        merge,
        id,
        into
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"
        update handover_line l set conversation_id = w.id from merged_conversation w
        where w.workspace_id = $1 and w.merge_id = $2 and w.id = $3 and l.workspace_id = $1 and l.conversation_id = $4
            and l.message_id = any(w.messages)
        "#,
        workspace.0,
        merge,
        id,
        into
    )
    .execute(&mut **tx)
    .await?;
    // A reply that waited for its time may have gone out meanwhile.
    sqlx::query!(
        r#"
        update conversation c set last_message_id = n.id, last_message_at = n.sent_at
        from (
            select m.id, m.sent_at from message m
            where m.workspace_id = $1 and m.conversation_id = $2 and m.direction <> 'system'
                and coalesce(m.status, '') not in ('scheduled', 'held', 'cancelled')
            order by m.sent_at desc, m.id desc limit 1
        ) n
        where c.workspace_id = $1 and c.id = $2
            and (c.last_message_id is null or (n.sent_at, n.id) > (c.last_message_at, c.last_message_id))
        "#,
        workspace.0,
        id
    )
    .execute(&mut **tx)
    .await?;
    // What was begun here stands here again, if nobody sent it or went on with it where both were one.
    sqlx::query!(
        r#"
        insert into draft
        select d.*
        from merged_conversation w
        cross join lateral jsonb_populate_recordset(null::draft, w.drafts) d
        join merged_conversation i on i.workspace_id = $1 and i.merge_id = $2 and i.id = $4
        cross join lateral jsonb_populate_recordset(null::draft, i.made -> 'drafts') a
        join draft k on k.workspace_id = $1 and k.conversation_id = $4 and k.person_id = a.person_id and k.kind = a.kind and k.body = a.body
        where w.workspace_id = $1 and w.merge_id = $2 and w.id = $3 and d.person_id = a.person_id and d.kind = a.kind
        "#,
        workspace.0,
        merge,
        id,
        into
    )
    .execute(&mut **tx)
    .await?;
    // Whoever was blocked meanwhile has none that is open.
    sqlx::query!(
        r#"
        update conversation c set state = 'closed', snoozed_until = null, waiting_since = null, unread_count = 0
        from contact k
        where c.workspace_id = $1 and c.id = $2 and k.workspace_id = $1 and k.id = c.contact_id and k.blocked_at is not null
        "#,
        workspace.0,
        id
    )
    .execute(&mut **tx)
    .await?;
    if let Some(until) = until {
        let delay = (until - now).to_std().unwrap_or_default();
        jobs::put(tx, now, NewJob::wake_conversation(workspace, ConversationId(id), delay)).await?;
    }
    Ok(())
}

/// Takes out of a conversation what was begun in others and is gone on with there again, if it is as the merge left it.
async fn drafts_apart(tx: &mut Tx, workspace: WorkspaceId, merge: Uuid, into: Uuid) -> Result<(), Failed> {
    sqlx::query!(
        r#"
        update draft k set body = coalesce(b.body, ''), sent = null, revision = k.revision + 1, page = null, number = 0
        from merged_conversation i
        cross join lateral jsonb_populate_recordset(null::draft, i.made -> 'drafts') a
        left join lateral jsonb_populate_recordset(null::draft, i.drafts) b on b.person_id = a.person_id and b.kind = a.kind
        where i.workspace_id = $1 and i.merge_id = $2 and i.id = $3 and k.workspace_id = $1 and k.conversation_id = $3
            and k.person_id = a.person_id and k.kind = a.kind and k.body = a.body and exists (
                select from merged_conversation w, jsonb_populate_recordset(null::draft, w.drafts) d
                where w.workspace_id = $1 and w.merge_id = $2 and w.id <> $3 and d.person_id = a.person_id and d.kind = a.kind)
        "#,
        workspace.0,
        merge,
        into
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who was answered where both were one waits no longer, although the answer stays there.
async fn answered_since(tx: &mut Tx, workspace: WorkspaceId, merge: Uuid, into: Uuid, id: Uuid) -> Result<(), Failed> {
    sqlx::query!(
        r#"
        update conversation c set waiting_since = null, first_answered_at = coalesce(c.first_answered_at, a.at)
        from (
            select max(m.sent_at) as at from message m join contact_merge g on g.workspace_id = $1 and g.id = $2
            where m.workspace_id = $1 and m.conversation_id = $3 and m.direction = 'outbound' and m.created_at > g.merged_at
                and m.status not in ('failed', 'cancelled', 'scheduled', 'held')
        ) a
        where c.workspace_id = $1 and c.id = $4 and a.at > c.waiting_since
        "#,
        workspace.0,
        merge,
        into,
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Brings what is left in a conversation up to date, after messages went out of it: as it was, but for what was done with it since. Gives whose it is.
async fn settle(
    tx: &mut Tx,
    workspace: WorkspaceId,
    merge: Uuid,
    id: Uuid,
    unread: i32,
    now: DateTime<Utc>,
) -> Result<Option<Uuid>, Failed> {
    let settled = sqlx::query!(
        r#"
        update conversation c set
            unread_count = $4,
            turn = c.turn + 1,
            assignee_id = case when c.assignee_id is distinct from a.assignee_id then c.assignee_id else (
                select h.person_id from membership h where h.workspace_id = $1 and h.person_id = b.assignee_id) end,
            holder = case when c.holder <> a.holder then c.holder else b.holder end,
            priority = case when c.priority <> a.priority then c.priority else b.priority end,
            apologised = case when c.apologised <> a.apologised then c.apologised else b.apologised end,
            opened_at = case when c.opened_at is distinct from a.opened_at then c.opened_at else b.opened_at end,
            let_go_by = case when c.let_go_by is distinct from a.let_go_by then c.let_go_by else b.let_go_by end,
            let_go_at = case when c.let_go_at is distinct from a.let_go_at then c.let_go_at else b.let_go_at end,
            -- Nor is it put away when the customer has written since.
            state = case when rests.again then b.state else c.state end,
            snoozed_until = case when rests.again then b.snoozed_until else c.snoozed_until end,
            last_message_id = coalesce(newest.id, c.last_message_id),
            last_message_at = coalesce(newest.sent_at, c.last_message_at),
            waiting_since = case when rests.again and b.state = 'closed' then null else c.waiting_since end,
            first_answered_at = case when rests.again then b.first_answered_at else c.first_answered_at end,
            -- Where they wrote from since is known; else as it was. So it is, too, where it was the other who wrote last: WhatsApp's window is open for them.
            last_inbound_at = case when heard.before then b.last_inbound_at else greatest(b.last_inbound_at, said.at) end,
            number_id = case when heard.before then b.number_id else c.number_id end,
            address = case when heard.before then b.address else c.address end
        from merged_conversation w
        join conversation s on s.workspace_id = $1 and s.id = w.id
        cross join lateral jsonb_populate_record(null::conversation, w.was) b
        cross join lateral jsonb_populate_record(null::conversation, w.made) a
        join contact_merge g on g.workspace_id = $1 and g.id = $3
        cross join lateral (
            select max(m.sent_at) as at from message m
            where m.workspace_id = $1 and m.conversation_id = $2 and m.direction = 'inbound' and m.created_at > g.merged_at
        ) said
        cross join lateral (
            select said.at is null or not exists (
                select from identity i where i.workspace_id = $1 and i.contact_id = b.contact_id and i.value = s.address) as before
        ) heard
        cross join lateral (
            select (s.state, s.snoozed_until) is not distinct from (a.state, a.snoozed_until) and said.at is null as again
        ) rests
        -- Only where the one that was shown last went out of it.
        left join lateral (
            select m.id, m.sent_at from message m
            where m.workspace_id = $1 and m.conversation_id = $2 and m.direction <> 'system'
                and coalesce(m.status, '') not in ('scheduled', 'held', 'cancelled')
            order by m.sent_at desc, m.id desc limit 1
        ) newest on not exists (
            select from message m where m.workspace_id = $1 and m.id = s.last_message_id and m.conversation_id = $2)
        where c.workspace_id = $1 and c.id = $2 and w.workspace_id = $1 and w.merge_id = $3 and w.id = $2
        returning c.assignee_id, c.snoozed_until
        "#,
        workspace.0,
        id,
        merge,
        unread
    )
    .fetch_one(&mut **tx)
    .await?;
    if let Some(until) = settled.snoozed_until {
        let delay = (until - now).to_std().unwrap_or_default();
        jobs::put(tx, now, NewJob::wake_conversation(workspace, ConversationId(id), delay)).await?;
    }
    Ok(settled.assignee_id)
}
