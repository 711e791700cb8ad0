//! Messages that meet conditions, as ids. Asked as the system role like what is in `matching`: every statement names workspace and sight itself.
//!
//! What is newest is walked first, up to a bound. Words that are rare there are looked up in their index. Where there are no words to look up, or frequent
//! ones, or things are looked for that a message carries, the walk ends at its bound and says how far it came: whoever wants to goes on from there.

use super::{
    asking::{Asked, Has, Who},
    matching::{self, WANTED, begin, tsquery},
};
use crate::{
    error::AppError,
    inbox::model::ListCursor,
    server::{
        clock::{from_millis, instant},
        scope::Scope,
        state::App,
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Messages that are walked at once: some 50 ms.
const WALKED: i64 = 20_000;
/// A word is frequent that so many of the newest messages have. The index would give far more of them than the walk looks at.
const FREQUENT: i64 = 200;
/// Contacts of a name whose messages are looked through, the youngest.
const NAMESAKES: i64 = 500;

/// One more than a page.
pub(super) struct Matches {
    pub messages: Vec<(Uuid, DateTime<Utc>)>,
    /// The walk ended here, before everything was looked through.
    pub walked_to: Option<ListCursor>,
}

/// Conditions with what they name looked up. None: no such condition.
struct Conditions {
    contacts: Option<Vec<Uuid>>,
    /// Of the contact: any of them.
    tags: Option<Vec<Uuid>>,
    stages: Option<Vec<Uuid>>,
    /// Senders as in the database, any of them; or one of these people; or one of these contacts.
    from: bool,
    senders: Vec<String>,
    people: Vec<Uuid>,
    said_by: Vec<Uuid>,
    kinds: Option<Vec<String>>,
    links: bool,
    since: DateTime<Utc>,
    before: ListCursor,
}

async fn conditions(app: &App, scope: &Scope, asked: &Asked, before: ListCursor) -> Result<Conditions, AppError> {
    let mut found = Conditions {
        contacts: None,
        tags: None,
        stages: None,
        from: !asked.from.is_empty(),
        senders: Vec::new(),
        people: Vec::new(),
        said_by: Vec::new(),
        kinds: None,
        links: asked.has.contains(&Has::Link),
        since: DateTime::default(),
        before,
    };
    if !asked.inside.is_empty() {
        found.contacts = Some(named(app, scope, &asked.inside).await?);
    }
    if !asked.tags.is_empty() || !asked.stages.is_empty() {
        (found.tags, found.stages) = labelled(app, scope, asked).await?;
        let none = |ids: &Option<Vec<Uuid>>| ids.as_ref().is_some_and(Vec::is_empty);
        if none(&found.tags) || none(&found.stages) {
            // Nothing is called so: nobody has it.
            found.contacts = Some(Vec::new());
        }
    }
    let names: Vec<&String> = asked.from.iter().filter_map(|who| if let Who::Named(name) = who { Some(name) } else { None }).collect();
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().cloned().collect();
        found.said_by = named(app, scope, &names).await?;
        let mut tx = app.db.snapshot(scope).await?;
        let members = sqlx::query!(
            "select p.id, p.name from membership m join person p on p.id = m.person_id where m.workspace_id = $1 order by p.id",
            scope.workspace.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let is_named = |known: &str| names.iter().any(|name| super::has(known, &super::terms(name)));
        found.people = members.into_iter().filter(|member| is_named(&member.name)).map(|member| member.id).collect();
    }
    for who in &asked.from {
        match who {
            Who::Customer => found.senders.push("contact".into()),
            Who::Team => found.senders.extend(["teammate".into(), "phone".into()]),
            Who::Ari => found.senders.push("assistant".into()),
            Who::Me => found.people.push(scope.person.0),
            Who::Named(_) => (),
        }
    }
    if !asked.has.is_empty() {
        found.kinds = Some(asked.has.iter().filter_map(|has| has.kind()).map(str::to_owned).collect());
    }
    let zone = super::zone(app, scope).await?;
    found.since = asked.since.and_then(|day| instant(&zone, day, 0)).unwrap_or_default();
    if let Some(day) = asked.before {
        // Ids begin with their time, and none is nil.
        let until = instant(&zone, day, 0).unwrap_or_default().timestamp_millis();
        if until <= found.before.at {
            found.before = ListCursor { at: until, id: Uuid::nil() };
        }
    }
    Ok(found)
}

/// Contacts with any of these names, or numbers where the caller sees them.
async fn named(app: &App, scope: &Scope, names: &[String]) -> Result<Vec<Uuid>, AppError> {
    let mut contacts = Vec::new();
    for name in names {
        let numbers = if scope.sees_numbers() { super::numbers(name) } else { Vec::new() };
        let found = matching::contacts(app, scope, &super::terms(name), &numbers, Uuid::max(), NAMESAKES).await?;
        contacts.extend(found.into_iter().map(|(contact, _)| contact));
    }
    Ok(contacts)
}

/// The tags and stages that are called as was asked; none where none were asked for.
async fn labelled(app: &App, scope: &Scope, asked: &Asked) -> sqlx::Result<(Option<Vec<Uuid>>, Option<Vec<Uuid>>)> {
    let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect::<Vec<_>>();
    let mut tx = app.db.snapshot(scope).await?;
    let tags =
        sqlx::query_scalar!("select id from tag where workspace_id = $1 and lower(name) = any($2)", scope.workspace.0, &lower(&asked.tags))
            .fetch_all(&mut *tx)
            .await?;
    let stages = sqlx::query_scalar!(
        "select id from stage where workspace_id = $1 and lower(name) = any($2)",
        scope.workspace.0,
        &lower(&asked.stages)
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(((!asked.tags.is_empty()).then_some(tags), (!asked.stages.is_empty()).then_some(stages)))
}

/// Messages that have all the words and meet the conditions, newest first.
pub(super) async fn messages(app: &App, scope: &Scope, asked: &Asked, before: ListCursor) -> Result<Matches, AppError> {
    let conditions = conditions(app, scope, asked, before).await?;
    let mut tx = begin(app).await?;
    let words = tsquery(scope.workspace, &asked.terms);
    let (mut messages, mut walked_to) = (Vec::new(), None);
    if conditions.contacts.as_ref().is_none_or(|contacts| !contacts.is_empty()) {
        // Notes are among the words only.
        let carried = conditions.kinds.is_some() && !asked.notes;
        messages = match carried {
            true => among_carried(&mut tx, scope, asked, &words, &conditions).await?,
            false => among_words(&mut tx, scope, asked, &words, &conditions, Some(WALKED)).await?,
        };
        if (messages.len() as i64) < WANTED
            && let Some(last) = last_walked(&mut tx, scope, &conditions, carried).await?
        {
            match carried || asked.terms.is_empty() || is_frequent(&mut tx, scope, &words, &conditions).await? {
                true => walked_to = Some(last),
                false => messages = among_words(&mut tx, scope, asked, &words, &conditions, None).await?,
            }
        }
    }
    tx.commit().await?;
    Ok(Matches { messages, walked_to })
}

/// The conditions on a message `m` in a conversation `c`, as a part of a statement: what is before it, what is behind it, and its values in between.
macro_rules! where_met {
    ($before:tt, $after:tt, $scope:ident, $asked:ident, $words:ident, $conditions:ident, $limit:expr) => {
        sqlx::query!(
            $before
                + r#"
                and ($5::uuid[] is null or c.assignee_id = any($5))
                and ($6::uuid[] is null or c.contact_id = any($6))
                and (not $7::boolean or m.sender = any($8) or m.sender_id = any($9::uuid[])
                    or (m.sender = 'contact' and c.contact_id = any($10::uuid[])))
                and ($11::text[] is null or m.kind = any($11) or ($12::boolean and m.body ~* 'https?://'))
                and (not $13::boolean or m.kind = 'note')
                and ($17::uuid[] is null or exists (
                    select from contact_tag t where t.workspace_id = $1 and t.contact_id = c.contact_id and t.tag_id = any($17)))
                and ($18::uuid[] is null or exists (
                    select from contact k where k.workspace_id = $1 and k.id = c.contact_id and k.stage_id = any($18)))
                and m.status is distinct from 'cancelled'
                "#
                + $after,
            $scope.workspace.0,
            from_millis($conditions.before.at),
            $conditions.before.id,
            $conditions.since,
            $scope.only_assigned_to() as Option<&[Uuid]>,
            $conditions.contacts.as_deref() as Option<&[Uuid]>,
            $conditions.from,
            &$conditions.senders,
            &$conditions.people,
            &$conditions.said_by,
            $conditions.kinds.as_deref() as Option<&[String]>,
            $conditions.links,
            $asked.notes,
            $words,
            $limit,
            WANTED,
            $conditions.tags.as_deref() as Option<&[Uuid]>,
            $conditions.stages.as_deref() as Option<&[Uuid]>
        )
    };
}

/// Among what has words: the newest, or all of them by the index of words.
async fn among_words(
    connection: &mut PgConnection,
    scope: &Scope,
    asked: &Asked,
    words: &str,
    conditions: &Conditions,
    walked: Option<i64>,
) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    // `offset 0` keeps the message's row looked up by its key, one at a time: after many came at once, until statistics are made, the planner takes those that meet
    // the conditions for few, puts them side by side with all that was walked, and a second becomes minutes.
    Ok(match walked {
        Some(walked) => where_met!(
            r#"
            select w.message_id, w.sent_at
            from (
                select message_id, sent_at, words from message_words
                where workspace_id = $1 and (sent_at, message_id) < ($2, $3) and sent_at >= $4
                order by sent_at desc, message_id desc limit $15
            ) w
            where w.words @@ $14::text::tsquery and exists (
                select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
                where m.workspace_id = $1 and m.id = w.message_id
            "#,
            " offset 0) order by w.sent_at desc, w.message_id desc limit $16",
            scope,
            asked,
            words,
            conditions,
            walked
        )
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| (row.message_id, row.sent_at))
        .collect(),
        None => where_met!(
            r#"
            with w as materialized (select workspace_id, message_id, sent_at from message_words where words @@ $14::text::tsquery)
            select w.message_id, w.sent_at from w
            where w.workspace_id = $1 and (w.sent_at, w.message_id) < ($2, $3) and w.sent_at >= $4 and $15::bigint is null and exists (
                select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
                where m.workspace_id = $1 and m.id = w.message_id
            "#,
            " offset 0) order by w.sent_at desc, w.message_id desc limit $16",
            scope,
            asked,
            words,
            conditions,
            None::<i64>
        )
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| (row.message_id, row.sent_at))
        .collect(),
    })
}

/// Among what carries something, the newest. The condition is that of the index `message_carries`.
async fn among_carried(
    connection: &mut PgConnection,
    scope: &Scope,
    asked: &Asked,
    words: &str,
    conditions: &Conditions,
) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    let words = (!asked.terms.is_empty()).then_some(words);
    let rows = where_met!(
        r#"
        select m.id, m.sent_at
        from (
            select workspace_id, id, conversation_id, sender, sender_id, kind, body, status, sent_at from message
            where workspace_id = $1 and (sent_at, id) < ($2, $3) and sent_at >= $4 and direction <> 'system'
                and (kind in ('image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts') or body ~* 'https?://')
            order by sent_at desc, id desc limit $15
        ) m
        join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        where ($14::text is null or exists (
                select from message_words w where w.workspace_id = $1 and w.message_id = m.id and w.words @@ $14::text::tsquery
            ))
        "#,
        "order by m.sent_at desc, m.id desc limit $16",
        scope,
        asked,
        words,
        conditions,
        WALKED
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.sent_at)).collect())
}

/// Whether what was walked has the words often: of rare ones the index gives few, whose conditions are soon looked at.
async fn is_frequent(connection: &mut PgConnection, scope: &Scope, words: &str, conditions: &Conditions) -> sqlx::Result<bool> {
    let found = sqlx::query_scalar!(
        r#"
        select count(*) as "found!" from (
            select from (
                select words from message_words
                where workspace_id = $1 and (sent_at, message_id) < ($2, $3) and sent_at >= $4
                order by sent_at desc, message_id desc limit $5
            ) w
            where w.words @@ $6::text::tsquery limit $7
        ) newest
        "#,
        scope.workspace.0,
        from_millis(conditions.before.at),
        conditions.before.id,
        conditions.since,
        WALKED,
        words,
        FREQUENT
    )
    .fetch_one(connection)
    .await?;
    Ok(found >= FREQUENT)
}

/// Where a walk ended that did not come to the end.
async fn last_walked(
    connection: &mut PgConnection,
    scope: &Scope,
    conditions: &Conditions,
    carried: bool,
) -> sqlx::Result<Option<ListCursor>> {
    let (before, last) = (from_millis(conditions.before.at), WALKED - 1);
    let found = match carried {
        true => sqlx::query!(
            r#"
            select id, sent_at from message
            where workspace_id = $1 and (sent_at, id) < ($2, $3) and sent_at >= $4 and direction <> 'system'
                and (kind in ('image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts') or body ~* 'https?://')
            order by sent_at desc, id desc offset $5 limit 1
            "#,
            scope.workspace.0,
            before,
            conditions.before.id,
            conditions.since,
            last
        )
        .fetch_optional(connection)
        .await?
        .map(|row| (row.id, row.sent_at)),
        false => sqlx::query!(
            r#"
            select message_id, sent_at from message_words
            where workspace_id = $1 and (sent_at, message_id) < ($2, $3) and sent_at >= $4
            order by sent_at desc, message_id desc offset $5 limit 1
            "#,
            scope.workspace.0,
            before,
            conditions.before.id,
            conditions.since,
            last
        )
        .fetch_optional(connection)
        .await?
        .map(|row| (row.message_id, row.sent_at)),
    };
    Ok(found.map(|(id, at)| ListCursor { at: at.timestamp_millis(), id }))
}
