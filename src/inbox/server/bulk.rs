//! The same done with many conversations, and undone (F195).
//!
//! Each conversation is a transaction of its own that begins with its lock, like the single deed: so nobody waits for two hundred, one that cannot be done
//! leaves the others alone, and what is reported as done is done. With the change a row of `bulk_undo` is stored that says how it was; it is
//! also what makes a repeated request do nothing.

use super::{
    deeds::{self, Deed},
    holding, reading, record,
    record::{Happened, NewEvent},
    working::{instant, sees},
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, PersonId},
    inbox::{
        bulk::{BulkAnswer, MAX_PICKED, Picked, Refusal},
        model::Holder,
        working::SnoozeUntil,
    },
    server::{scope::Scope, state::App},
    words::server::PickingWords,
    workspace::Permission,
};
use chrono::Duration;
use uuid::Uuid;

/// How long something can be taken back.
const UNDOABLE_MINUTES: i64 = 15;

/// What the form says.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The button that was pressed.
    pub deed: String,
    pub assignee: String,
    /// Ids; no stage is one, too.
    pub stage: String,
    pub tag: String,
    pub reason: String,
    /// A time of one's own for putting off.
    pub at: String,
}

impl Asked {
    /// The deed, and the key of what is said about it.
    async fn read(&self, app: &App, scope: &Scope) -> Result<(Deed, &'static str), AppError> {
        Ok(match self.deed.as_str() {
            "close" => (Deed::close(&self.reason)?, "closed"),
            "reopen" => (Deed::Reopen, "reopened"),
            "raise" => (Deed::Prioritise(true), "raised"),
            "lower" => (Deed::Prioritise(false), "lowered"),
            "read" => (Deed::Read, "read"),
            "unread" => (Deed::Unread, "unread"),
            "take" => (Deed::Assign(Some(scope.person)), "assigned"),
            "assign" if self.assignee.is_empty() => (Deed::Assign(None), "unassigned"),
            "assign" => (Deed::Assign(Some(self.assignee.parse::<PersonId>().map_err(|_| AppError::NotFound)?)), "assigned"),
            "stage" if self.stage.is_empty() => (Deed::Stage(None), "unstaged"),
            "stage" => (Deed::Stage(Some(self.stage.parse().map_err(|_| AppError::NotFound)?)), "staged"),
            "tag" | "untag" if self.tag.is_empty() => return Err(AppError::invalid("tag", Rule::Missing)),
            "tag" => (Deed::Tag(self.tag.parse().map_err(|_| AppError::NotFound)?), "tagged"),
            "untag" => (Deed::Untag(self.tag.parse().map_err(|_| AppError::NotFound)?), "untagged"),
            until => {
                let until = SnoozeUntil::parse(until).ok_or_else(|| AppError::invalid("deed", Rule::Malformed))?;
                scope.require(Permission::Reply)?;
                let mut tx = app.db.begin(scope).await?;
                (Deed::Snooze(instant(&mut tx, scope, until, &self.at, app.clock.now()).await?), "snoozed")
            }
        })
    }
}

/// Does it with each of them that the caller sees.
///
/// # Errors
/// `Invalid` for more than [`MAX_PICKED`] or something that cannot be done at all, `Forbidden` without the right: then nothing was done.
pub async fn work(
    app: &App,
    scope: &Scope,
    words: &PickingWords,
    action: Uuid,
    picked: &[String],
    asked: &Asked,
) -> Result<(BulkAnswer, &'static str), AppError> {
    if picked.len() > MAX_PICKED {
        return Err(AppError::invalid("picked", Rule::TooMany(MAX_PICKED as u32)));
    }
    let all: Result<Vec<Picked>, ()> = picked.iter().map(|one| one.parse()).collect();
    let mut all = all.map_err(|()| AppError::invalid("picked", Rule::Malformed))?;
    if all.is_empty() {
        return Err(AppError::invalid("picked", Rule::Missing));
    }
    let mut known = std::collections::HashSet::new();
    all.retain(|one| known.insert(one.id));
    let (deed, did) = asked.read(app, scope).await?;
    deed.allowed(scope)?;
    forget_old(app, scope).await?;
    let mut answer = BulkAnswer { action, done: Vec::new(), refused: Vec::new(), undoable: false, said: String::new() };
    for one in all {
        match with_one(app, scope, action, one, &deed).await {
            Ok(changed) => {
                answer.undoable |= changed;
                answer.done.push(one.id);
            }
            Err(error) => answer.refused.push((one.id, Refusal::from(&error))),
        }
    }
    answer.said = words.report(did, &answer);
    Ok((answer, did))
}

/// What nobody takes back any more.
async fn forget_old(app: &App, scope: &Scope) -> Result<(), AppError> {
    let mut tx = app.db.begin(scope).await?;
    sqlx::query!(
        "delete from bulk_undo where workspace_id = $1 and person_id = $2 and done_at < $3",
        scope.workspace.0,
        scope.person.0,
        app.clock.now() - Duration::minutes(UNDOABLE_MINUTES)
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Whether it can be undone: what was so already is left as it is.
async fn with_one(app: &App, scope: &Scope, action: Uuid, one: Picked, deed: &Deed) -> Result<bool, AppError> {
    let mut tx = app.db.begin(scope).await?;
    let locked = holding::lock(&mut tx, scope.workspace, one.id).await?.ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    let (label, label_id) = deed.label().map_or((None, None), |(label, id)| (Some(label), id));
    let kept = sqlx::query!(
        r#"
        insert into bulk_undo (workspace_id, person_id, action_id, conversation_id, seq, asks, is_mark, state, snoozed_until, holder,
            assignee_id, priority, unread_count, done_at, label, label_id, tagged)
        select c.workspace_id, $3, $4, c.id, 0, $5, $6, c.state, c.snoozed_until, c.holder, c.assignee_id, c.priority, c.unread_count, $7, $8,
            case when $8 = 'stage' then (select s.id from stage s where s.workspace_id = $1 and s.id = k.stage_id) else $9 end,
            case when $8 = 'tag' then exists (
                select from contact_tag t where t.workspace_id = $1 and t.contact_id = k.id and t.tag_id = $9
            ) end
        from conversation c join contact k on k.workspace_id = c.workspace_id and k.id = c.contact_id
        where c.workspace_id = $1 and c.id = $2
        on conflict do nothing
        "#,
        scope.workspace.0,
        one.id.0,
        scope.person.0,
        action,
        deed.asks(scope).map(Permission::key),
        deed.is_mark(),
        now,
        label,
        label_id
    )
    .execute(&mut *tx)
    .await?;
    if kept.rows_affected() == 0 {
        // The same request once more; it may have taken the conversation out of the caller's sight.
        return Ok(true);
    }
    if !sees(scope, locked.assignee) {
        return Err(AppError::NotFound);
    }
    let events = deed.done(&mut tx, scope, &locked, Some(one.seen), now).await?;
    if events.is_empty() {
        return Ok(false);
    }
    record::record(&mut tx, now, &events).await?;
    let seq = reading::sequence(&mut tx, scope.workspace).await?;
    sqlx::query!(
        "update bulk_undo set seq = $5 where workspace_id = $1 and person_id = $2 and action_id = $3 and conversation_id = $4",
        scope.workspace.0,
        scope.person.0,
        action,
        one.id.0,
        seq
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(true)
}

/// Puts everything that the caller did with an action back as it was, where nothing happened since.
///
/// # Errors
/// `NotFound` for an action that is not the caller's or long ago, `Forbidden` for somebody who may not do such things any more.
pub async fn undo(app: &App, scope: &Scope, words: &PickingWords, action: Uuid) -> Result<BulkAnswer, AppError> {
    let mut tx = app.db.begin(scope).await?;
    let all = sqlx::query!(
        r#"
        select conversation_id, asks from bulk_undo
        where workspace_id = $1 and person_id = $2 and action_id = $3 and done_at >= $4
        order by seq, conversation_id
        "#,
        scope.workspace.0,
        scope.person.0,
        action,
        app.clock.now() - Duration::minutes(UNDOABLE_MINUTES)
    )
    .fetch_all(&mut *tx)
    .await?;
    drop(tx);
    if all.is_empty() {
        scope.require(Permission::Reply)?;
        return Err(AppError::NotFound);
    }
    for permission in all.iter().filter_map(|row| Permission::parse(row.asks.as_deref()?)) {
        scope.require(permission)?;
    }
    let mut answer = BulkAnswer { action, done: Vec::new(), refused: Vec::new(), undoable: false, said: String::new() };
    for id in all.into_iter().map(|row| ConversationId(row.conversation_id)) {
        match undo_one(app, scope, action, id).await {
            Ok(()) => answer.done.push(id),
            Err(error) => answer.refused.push((id, Refusal::from(&error))),
        }
    }
    answer.said = words.report("undone", &answer);
    Ok(answer)
}

async fn undo_one(app: &App, scope: &Scope, action: Uuid, id: ConversationId) -> Result<(), AppError> {
    let mut tx = app.db.begin(scope).await?;
    let locked = holding::lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    let was = sqlx::query!(
        r#"
        update bulk_undo set undone = true
        where workspace_id = $1 and person_id = $2 and action_id = $3 and conversation_id = $4 and not undone
        returning seq, is_mark, state, snoozed_until, holder, assignee_id, priority, unread_count, label, label_id, tagged
        "#,
        scope.workspace.0,
        scope.person.0,
        action,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    // Undone already.
    let Some(was) = was else { return Ok(()) };
    // Whoever gave it out of their sight saw it as it was.
    if !sees(scope, locked.assignee) && !sees(scope, was.assignee_id) {
        return Err(AppError::NotFound);
    }
    let changed = sqlx::query_scalar!(
        r#"
        select exists (
            select from event
            where workspace_id = $1 and seq > $2 and conversation_id = $3
                and (kind in ('conversation_changed', 'message_received', 'message_sent') or ($4 and kind = 'conversation_read'))
        ) as "changed!"
        "#,
        scope.workspace.0,
        was.seq,
        id.0,
        was.is_mark
    )
    .fetch_one(&mut *tx)
    .await?;
    if changed {
        return Err(AppError::Conflict(Conflict::Refused("changed".into())));
    }
    let now = app.clock.now();
    let events = match (was.is_mark, was.label.as_deref()) {
        (true, _) => deeds::mark(&mut tx, &locked, was.unread_count).await?,
        (false, Some(label)) => {
            let back = match (label, was.label_id, was.tagged) {
                ("tag", Some(tag), Some(true)) => Deed::Tag(tag),
                ("tag", Some(tag), _) => Deed::Untag(tag),
                (_, stage, _) => Deed::Stage(stage),
            };
            back.done(&mut tx, scope, &locked, None, now).await?
        }
        (false, None) => {
            // ARI and the team change places with a turn; so does whatever is closed or not any more.
            let turns = was.holder != locked.holder.as_str() || (was.state == "closed") != (locked.state == "closed");
            sqlx::query!(
                r#"
                update conversation set state = $3, snoozed_until = $4, holder = $5, assignee_id = $6, priority = $7, turn = turn + $8,
                    let_go_by = case when $6::uuid is null then let_go_by end,
                    waiting_since = case when $3 = 'closed' then null when state = 'closed' then unanswered_since(workspace_id, id)
                        else waiting_since end
                where workspace_id = $1 and id = $2
                "#,
                scope.workspace.0,
                id.0,
                was.state,
                was.snoozed_until,
                was.holder,
                was.assignee_id,
                was.priority,
                i64::from(turns)
            )
            .execute(&mut *tx)
            .await
            .map_err(deeds::open_elsewhere)?;
            if let Some(until) = was.snoozed_until {
                deeds::wake(&mut tx, &locked, until, now).await?;
            }
            if turns && was.holder == Holder::Ari.as_str() && was.state == "open" {
                holding::ask_ari_again(&mut tx, scope.workspace, id, now).await?;
            }
            let gone_from = locked.assignee.filter(|now_with| Some(*now_with) != was.assignee_id);
            let mut events = vec![NewEvent::new(scope.workspace, Happened::ConversationChanged, id).was_assigned_to(gone_from)];
            holding::system_line(&mut tx, &locked, "undone", Some(scope.person.0), "", now, &mut events).await?;
            events
        }
    };
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(())
}
