//! A mail a day with what waits for somebody (F233): numbers and a way to the inbox. It names no customer and repeats nothing they wrote, so it goes through any
//! mail provider, and for whoever may not see numbers there is none in it.
//!
//! Each minute every process looks whose time has come. Whoever changes the day in the row sends it, in that transaction: so it is put once a day, also by
//! several processes, and after a time without any it is put when there is one again.

use crate::{
    error::AppError,
    ids::{PersonId, WorkspaceId},
    inbox::{
        list_view::{COUNTED, written},
        server::{tasks, totals},
    },
    server::{
        clock::offset_minutes,
        db,
        mail::{self, NewMail, Template},
        request,
        scope::Scope,
        state::App,
    },
    words::{Locale, server::MailWords},
};
use chrono::{DateTime, TimeDelta, Utc};

/// What waits for somebody, each up to a bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Waits {
    /// Conversations of theirs with something unread.
    unread: i64,
    /// Of theirs, whose customer waits for an answer; and for which a promised time went by.
    waiting: i64,
    late: i64,
    /// Of nobody's, if they may see those.
    nobodys: i64,
    /// Notes that name them, unseen.
    mentions: i64,
    /// Tasks of theirs that are due by the end of the day.
    tasks: i64,
}

impl Waits {
    fn lines(self, words: &MailWords) -> Vec<String> {
        let line = |count: i64, say: fn(&str) -> String| (count > 0).then(|| say(&written(count)));
        let lines = [
            line(self.late, words.digest_late),
            line(self.waiting, words.digest_waiting),
            line(self.unread, words.digest_unread),
            line(self.nobodys, words.digest_nobodys),
            line(self.mentions, words.digest_mentions),
            line(self.tasks, words.digest_tasks),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// The day, counted from 1970, and the minute of it that clocks in a zone show.
pub(super) fn local(zone: &str, now: DateTime<Utc>) -> (i32, i16) {
    const DAY: i64 = 24 * 60;
    let minutes = now.timestamp().div_euclid(60) + i64::from(offset_minutes(zone, now));
    (i32::try_from(minutes.div_euclid(DAY)).unwrap_or(0), i16::try_from(minutes.rem_euclid(DAY)).unwrap_or(0))
}

/// Puts the mails whose time has come.
pub async fn send_due(app: &App) -> sqlx::Result<()> {
    let now = app.clock.now();
    let asked = sqlx::query!(
        r#"
        select r.workspace_id, r.person_id, r.digest_at as "digest_at!", r.digested_on, w.time_zone
        from notice_rule r join workspace w on w.id = r.workspace_id
        where r.digest_at is not null
        order by r.workspace_id, r.person_id
        "#
    )
    .fetch_all(&app.db.system)
    .await?;
    for row in asked {
        let (today, minute) = local(&row.time_zone, now);
        if minute < row.digest_at || row.digested_on.is_some_and(|day| day >= today) {
            continue;
        }
        let (workspace, person) = (WorkspaceId(row.workspace_id), PersonId(row.person_id));
        let ends = now + TimeDelta::minutes(24 * 60 - i64::from(minute));
        // One that cannot be made is no reason to leave out the others.
        if let Err(error) = send(app, (workspace, person), (today, ends), now).await {
            tracing::warn!(error = crate::server::error::kind(&error), "a digest was not put; it is tried again");
        }
    }
    Ok(())
}

/// `ends`: the end of the day `today`.
async fn send(
    app: &App,
    (workspace, person): (WorkspaceId, PersonId),
    (today, ends): (i32, DateTime<Utc>),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let scope = match request::scope_of_person(app, person, workspace).await {
        Ok(scope) => scope,
        // No longer one of the team, or nothing is told of a workspace that is suspended.
        Err(AppError::NotFound | AppError::Suspended) => return Ok(()),
        Err(_) => return Err(sqlx::Error::Decode("somebody's rights cannot be read".into())),
    };
    let waits = waits(app, &scope, now, ends).await?;
    let mut tx = db::begin(&app.db.system).await?;
    let mine = sqlx::query!(
        r#"
        update notice_rule r set digested_on = $3
        from person p, workspace w
        where r.workspace_id = $1 and r.person_id = $2 and r.digest_at is not null and (r.digested_on is null or r.digested_on < $3)
            and p.id = r.person_id and w.id = r.workspace_id
        returning p.email, p.name, w.name as workspace, r.digest_locale
        "#,
        workspace.0,
        person.0,
        today
    )
    .fetch_optional(&mut *tx)
    .await?;
    // Another process was faster.
    let Some(to) = mine else { return Ok(()) };
    let locale = to.digest_locale.as_deref().and_then(Locale::parse).unwrap_or_default();
    let lines = waits.lines(locale.mail());
    if let Some(email) = to.email.as_deref().filter(|_| !lines.is_empty()) {
        let link = format!("{}/{}/inbox", app.config.public_url, scope.slug);
        let template = Template::Digest { name: &to.name, workspace: &to.workspace, lines: &lines, link: &link };
        mail::put(&mut tx, now, NewMail { workspace: Some(workspace), to: email, locale, template }).await?;
    }
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// What waits for somebody now, by the rules of their lists.
async fn waits(app: &App, scope: &Scope, now: DateTime<Utc>, ends: DateTime<Utc>) -> sqlx::Result<Waits> {
    let mentions = match totals(app, scope).await {
        Ok(totals) => totals.mentions,
        Err(_) => return Err(sqlx::Error::Decode("somebody's totals cannot be read".into())),
    };
    let mut tx = app.db.snapshot(scope).await?;
    let row = sqlx::query!(
        r#"
        select
            (select count(*) from (
                select from conversation where workspace_id = $1 and assignee_id = $2 and state = 'open' and unread_count > 0 limit $4
            ) few) as "unread!",
            (select count(*) from (
                select from conversation where workspace_id = $1 and assignee_id = $2 and state = 'open' and waiting_since is not null limit $4
            ) few) as "waiting!",
            (select count(*) from (
                select from conversation where workspace_id = $1 and assignee_id = $2 and state = 'open'
                    and least(answer_due_at, resolve_due_at) <= $3 limit $4
            ) few) as "late!",
            (select count(*) from (
                select from conversation where workspace_id = $1 and $5 and assignee_id is null and holder = 'team' and state = 'open'
                    and waiting_since is not null limit $4
            ) few) as "nobodys!"
        "#,
        scope.workspace.0,
        scope.person.0,
        now,
        COUNTED,
        scope.only_assigned_to().is_none()
    )
    .fetch_one(&mut *tx)
    .await?;
    let (tasks, _) = tasks::due(&mut tx, scope, ends, COUNTED).await?;
    Ok(Waits { tasks, unread: row.unread, waiting: row.waiting, late: row.late, nobodys: row.nobodys, mentions })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_minutes_are_those_of_the_workspaces_clocks() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        assert_eq!(local("Asia/Jakarta", at("2026-11-30T17:30:00Z")), (20_788, 30));
        assert_eq!(local("Asia/Jayapura", at("2026-11-30T14:59:59Z")), (20_787, 1439));
        assert_eq!(local("Asia/Jakarta", at("2026-11-30T00:00:00Z")), (20_787, 420));
    }

    #[test]
    fn a_line_is_said_of_what_there_is() {
        let words = Locale::Id.mail();
        assert!(Waits::default().lines(words).is_empty());
        let lines = Waits { unread: 2, mentions: 1_000, ..Waits::default() }.lines(words);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].contains('2') && lines[1].contains("999+"), "{lines:?}");
    }
}
