//! What somebody does not want to be called for in a workspace, and when not.

use super::digest;
use crate::{
    error::{AppError, Rule as Broken},
    ids::{PersonId, WorkspaceId},
    inbox::concerns::{Cause, Deaf},
    server::{clock::offset_minutes, request, scope::Scope, state::App},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Minutes of the day between which no closed page is called: from the first on, up to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub from: i16,
    pub until: i16,
}

impl Quiet {
    /// Whether `minute` of the day is a quiet one. Over midnight where the end comes first.
    pub fn has(self, minute: i16) -> bool {
        match self.from < self.until {
            true => (self.from..self.until).contains(&minute),
            false => minute >= self.from || minute < self.until,
        }
    }
}

/// What is set. The default calls for everything, always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    pub deaf: Deaf,
    pub quiet: Option<Quiet>,
    /// The minute of the day from which a mail says what waits; none: there is no such mail.
    pub digest: Option<i16>,
}

/// A time of day as forms write it, `08:00`; also `8.00`. None for anything else.
pub fn minute_of(text: &str) -> Option<i16> {
    let (hours, minutes) = text.trim().split_once([':', '.'])?;
    let number = |text: &str, most: i16| {
        let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i16>().ok().filter(|number| plain && *number <= most)
    };
    Some(number(hours, 23)? * 60 + number(minutes, 59)?)
}

/// One's own rule.
pub async fn read(app: &App, scope: &Scope) -> Result<Rule, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    Ok(rule_of(&mut tx, scope.workspace, scope.person).await?)
}

async fn rule_of(connection: &mut PgConnection, workspace: WorkspaceId, person: PersonId) -> sqlx::Result<Rule> {
    let row = sqlx::query!(
        "select deaf, quiet_from, quiet_until, digest_at from notice_rule where workspace_id = $1 and person_id = $2",
        workspace.0,
        person.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map_or_else(Rule::default, |row| Rule {
        deaf: Deaf(row.deaf),
        quiet: row.quiet_from.zip(row.quiet_until).map(|(from, until)| Quiet { from, until }),
        digest: row.digest_at,
    }))
}

/// The form, as it was sent.
pub struct Written {
    /// In the order of [`Cause::CHOICES`].
    pub wanted: [bool; Cause::CHOICES.len()],
    pub quiet_from: String,
    pub quiet_until: String,
    pub digest: String,
}

impl Written {
    fn deaf(&self) -> Deaf {
        Deaf::to(Cause::CHOICES.into_iter().zip(self.wanted).filter(|(_, wanted)| !wanted).map(|(cause, _)| cause))
    }

    /// As an address carries it back to the page.
    pub fn query(&self) -> String {
        let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return String::new() };
        let short = |text: &str| text.chars().take(8).collect::<String>();
        url.query_pairs_mut().extend_pairs([
            ("deaf", self.deaf().0.to_string()),
            ("quiet_from", short(&self.quiet_from)),
            ("quiet_until", short(&self.quiet_until)),
            ("digest", short(&self.digest)),
        ]);
        url.query().unwrap_or_default().to_owned()
    }
}

/// Sets what a form says.
///
/// # Errors
/// `Invalid` for quiet hours that are none.
pub async fn save_written(app: &App, scope: &Scope, form: &Written) -> Result<(), AppError> {
    let malformed = || AppError::invalid("quiet", Broken::Malformed);
    let quiet = match (form.quiet_from.trim(), form.quiet_until.trim()) {
        ("", "") => None,
        (from, until) => Some(Quiet { from: minute_of(from).ok_or_else(malformed)?, until: minute_of(until).ok_or_else(malformed)? }),
    };
    let digest = match form.digest.trim() {
        "" => None,
        time => Some(minute_of(time).ok_or_else(|| AppError::invalid("digest", Broken::Malformed))?),
    };
    save(app, scope, Rule { deaf: form.deaf(), quiet, digest }).await
}

/// What somebody does not want to be called for.
pub async fn deaf_of(connection: &mut PgConnection, scope: &Scope) -> sqlx::Result<Deaf> {
    Ok(rule_of(connection, scope.workspace, scope.person).await?.deaf)
}

/// What somebody does not want to be called for right now; none where it is a quiet hour.
pub(super) async fn hears(app: &App, scope: &Scope, now: DateTime<Utc>) -> sqlx::Result<Option<Deaf>> {
    let mut tx = app.db.snapshot(scope).await?;
    let rule = rule_of(&mut tx, scope.workspace, scope.person).await?;
    let Some(quiet) = rule.quiet else { return Ok(Some(rule.deaf)) };
    let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?;
    let minute = (now.timestamp().div_euclid(60) + i64::from(offset_minutes(&zone, now))).rem_euclid(24 * 60);
    Ok((!quiet.has(minute as i16)).then_some(rule.deaf))
}

/// Sets one's own rule.
///
/// # Errors
/// `Invalid` for quiet hours that have no length.
async fn save(app: &App, scope: &Scope, rule: Rule) -> Result<(), AppError> {
    if rule.quiet.is_some_and(|quiet| quiet.from == quiet.until) {
        return Err(AppError::invalid("quiet", Broken::Malformed));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?;
    let (today, minute) = digest::local(&zone, now);
    // Today's time has gone by already: the first one comes tomorrow.
    let digested_on = rule.digest.filter(|at| minute >= *at).map(|_| today);
    sqlx::query!(
        r#"
        insert into notice_rule (workspace_id, person_id, deaf, quiet_from, quiet_until, digest_at, digest_locale, digested_on)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (workspace_id, person_id) do update
            set deaf = excluded.deaf, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, digest_at = excluded.digest_at,
                digest_locale = excluded.digest_locale,
                -- One that was sent today is not sent again for another time of the same day.
                digested_on = greatest(excluded.digested_on, notice_rule.digested_on)
        "#,
        scope.workspace.0,
        scope.person.0,
        rule.deaf.0,
        rule.quiet.map(|quiet| quiet.from),
        rule.quiet.map(|quiet| quiet.until),
        rule.digest,
        request::preferences().locale.as_str(),
        digested_on
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let night = Quiet { from: 21 * 60, until: 7 * 60 };
        let quiet = [21 * 60, 23 * 60 + 59, 0, 7 * 60 - 1];
        let loud = [7 * 60, 12 * 60, 21 * 60 - 1];
        assert!(quiet.iter().all(|minute| night.has(*minute)) && !loud.iter().any(|minute| night.has(*minute)));
        let noon = Quiet { from: 12 * 60, until: 13 * 60 };
        assert!(noon.has(12 * 60) && noon.has(13 * 60 - 1) && !noon.has(13 * 60) && !noon.has(0));
    }

    #[test]
    fn a_time_of_day_is_read_as_people_write_it() {
        for (text, minute) in [("08:00", 480), ("8.05", 485), (" 23:59 ", 1439), ("0:00", 0)] {
            assert_eq!(minute_of(text), Some(minute), "{text}");
        }
        for text in ["", "24:00", "8", "8:60", "-1:00", "8:00:00", "+8:00", "pagi"] {
            assert_eq!(minute_of(text), None, "{text}");
        }
    }
}
