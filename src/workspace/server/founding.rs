//! How a workspace begins: its name becomes a slug, its founder its owner.

use super::guard::{self, refused};
use crate::{
    error::AppError,
    ids::{PersonId, WorkspaceId},
    inbox::server::labels,
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db,
        state::App,
    },
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;

/// The zones of Indonesia: IANA name, abbreviation.
pub const ZONES: [(&str, &str); 3] = [("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT")];
/// The longest slug.
const SLUG: usize = 50;
/// First parts of addresses that are not workspaces.
const RESERVED: [&str; 20] = [
    "account",
    "admin",
    "api",
    "articles",
    "dashboard",
    "fonts",
    "healthz",
    "invitation",
    "my21staff",
    "onboarding",
    "pkg",
    "portal",
    "preferences",
    "pricing",
    "readyz",
    "sandbox",
    "sign-in",
    "sign-out",
    "sign-up",
    "workspaces",
];

/// A name as a part of an address: lower-case letters and digits of ASCII, hyphens between, at most 50 characters (F8).
pub fn slug_of(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(SLUG);
    let slug = slug.trim_end_matches('-');
    match slug {
        "" => "ruang-kerja".into(),
        reserved if RESERVED.contains(&reserved) => format!("{reserved}-1"),
        slug => slug.to_owned(),
    }
}

/// The slug with a number behind it where others have the ones before.
pub fn numbered(slug: &str, n: u32) -> String {
    match n {
        0 => slug.to_owned(),
        n => {
            let tail = format!("-{n}");
            format!("{}{tail}", slug[..slug.len().min(SLUG - tail.len())].trim_end_matches('-'))
        }
    }
}

/// Creates a workspace whose owner `owner` is. `connection` is inside a transaction, whose workspace becomes the new one. Gives its id and slug.
pub async fn found(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    owner: PersonId,
    actor: PersonId,
    name: &str,
    time_zone: &str,
) -> Result<(WorkspaceId, String), AppError> {
    let workspace = WorkspaceId(new_id());
    guard::enter(connection, workspace).await?;
    let wanted = slug_of(name);
    for n in 0..1000 {
        let slug = numbered(&wanted, n);
        let made = sqlx::query!(
            "insert into workspace (id, slug, name, time_zone, created_at) values ($1, $2, $3, $4, $5) on conflict (slug) do nothing",
            workspace.0,
            slug,
            name,
            time_zone,
            now
        )
        .execute(&mut *connection)
        .await?;
        if made.rows_affected() == 0 {
            continue;
        }
        sqlx::query!("insert into workspace_sequence (workspace_id) values ($1)", workspace.0).execute(&mut *connection).await?;
        labels::begin(connection, workspace, now).await?;
        sqlx::query!(
            "insert into membership (workspace_id, person_id, role, created_at) values ($1, $2, 'owner', $3)",
            workspace.0,
            owner.0,
            now
        )
        .execute(&mut *connection)
        .await?;
        let entry = Entry { action: "workspace.created", target: Some(("person", owner.0)), detail: json!({ "name": name, "slug": slug }) };
        audit::record_as(connection, now, workspace.0, Some(actor.0), entry).await?;
        return Ok((workspace, slug));
    }
    Err(refused("slug_taken"))
}

/// The first workspace of somebody who has none (F7). Asked twice, it is made once. Gives the slug.
///
/// # Errors
/// `at_clerk` where organisations are made at Clerk.
pub async fn onboard(app: &App, person: PersonId, name: &str, time_zone: &str) -> Result<String, AppError> {
    if app.clerk.is_some() {
        return Err(refused("at_clerk"));
    }
    let name = guard::name(name, "name", 100)?;
    let time_zone = guard::zone(time_zone)?;
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.app).await?;
    sqlx::query!(r#"select 1 as "one!" from person where id = $1 for update"#, person.0).fetch_optional(&mut *tx).await?;
    let known = sqlx::query_scalar!(r#"select slug as "slug!" from workspaces_of($1) limit 1"#, person.0).fetch_optional(&mut *tx).await?;
    if let Some(slug) = known {
        return Ok(slug);
    }
    let (_, slug) = found(&mut tx, now, person, person, &name, time_zone).await?;
    tx.commit().await?;
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_addresses() {
        for (name, slug) in [
            ("Toko Batik Ayu", "toko-batik-ayu"),
            ("  Kopi & Teh -- Solo!  ", "kopi-teh-solo"),
            ("CV. Maju 21", "cv-maju-21"),
            ("日本", "ruang-kerja"),
            ("Admin", "admin-1"),
            ("sign in", "sign-in-1"),
        ] {
            assert_eq!(slug_of(name), slug);
        }
        let long = slug_of(&"abcdefghi ".repeat(10));
        assert!(long.len() <= 50 && !long.ends_with('-'), "{long}");
    }

    #[test]
    fn numbers_fit_behind_the_longest_slug() {
        assert_eq!((numbered("toko", 0).as_str(), numbered("toko", 2).as_str()), ("toko", "toko-2"));
        let long = numbered(&"a".repeat(50), 12);
        assert!(long.len() == 50 && long.ends_with("a-12"), "{long}");
    }
}
