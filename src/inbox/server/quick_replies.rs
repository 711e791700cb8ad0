//! Texts kept ready for the composer (F68, F69): everybody of the workspace uses them, who manages them is a permission.

use crate::{
    error::{AppError, Conflict, Rule},
    inbox::model::{MAX_QUICK_REPLY, MAX_SHORTCUT, QuickReply},
    server::{
        audit::{self, Entry},
        crypto::new_id,
        db::constraint,
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use serde_json::json;
use uuid::Uuid;

/// Far more than anybody finds anything among.
const MOST: i64 = 500;

/// All of the workspace, by shortcut.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<QuickReply>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        "select id, shortcut, text from quick_reply where workspace_id = $1 order by lower(shortcut) limit $2",
        scope.workspace.0,
        MOST
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows.into_iter().map(|row| QuickReply { id: row.id, shortcut: row.shortcut, text: row.text }).collect())
}

/// Makes one, or changes the one with this id.
///
/// # Errors
/// `Invalid` with the field; `NotFound` for an id that is not this workspace's; `Conflict` when another has the shortcut or there are too many.
pub async fn save(app: &App, scope: &Scope, id: Option<Uuid>, shortcut: &str, text: &str) -> Result<(), AppError> {
    scope.require(Permission::ManageQuickReplies)?;
    let shortcut = clean_shortcut(shortcut)?;
    let text = clean_text(text)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let saved = match id {
        None => {
            let count = sqlx::query_scalar!(r#"select count(*) as "count!" from quick_reply where workspace_id = $1"#, scope.workspace.0)
                .fetch_one(&mut *tx)
                .await?;
            if count >= MOST {
                return Err(AppError::Conflict(Conflict::Refused("too_many_quick_replies".into())));
            }
            let id = new_id();
            sqlx::query!(
                r#"
                insert into quick_reply (workspace_id, id, shortcut, text, created_by, created_at, updated_at)
                values ($1, $2, $3, $4, $5, $6, $6)
                "#,
                scope.workspace.0,
                id,
                shortcut,
                text,
                scope.person.0,
                now
            )
            .execute(&mut *tx)
            .await
            .map(|_| ("quick_reply.created", Some(id)))
        }
        Some(id) => sqlx::query!(
            "update quick_reply set shortcut = $3, text = $4, updated_at = $5 where workspace_id = $1 and id = $2",
            scope.workspace.0,
            id,
            shortcut,
            text,
            now
        )
        .execute(&mut *tx)
        .await
        .map(|done| ("quick_reply.changed", (done.rows_affected() > 0).then_some(id))),
    };
    let (action, id) = match saved {
        Err(error) if constraint(&error) == Some("quick_reply_shortcut") => {
            return Err(AppError::Conflict(Conflict::Refused("shortcut_taken".into())));
        }
        saved => saved?,
    };
    let id = id.ok_or(AppError::NotFound)?;
    audit::record(&mut tx, now, scope, Entry { action, target: Some(("quick_reply", id)), detail: json!({ "shortcut": shortcut }) })
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Deletes one.
pub async fn delete(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::ManageQuickReplies)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let shortcut =
        sqlx::query_scalar!("delete from quick_reply where workspace_id = $1 and id = $2 returning shortcut", scope.workspace.0, id)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(AppError::NotFound)?;
    let entry = Entry { action: "quick_reply.deleted", target: Some(("quick_reply", id)), detail: json!({ "shortcut": shortcut }) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    Ok(())
}

/// One word, without the slash that people may write before it.
fn clean_shortcut(text: &str) -> Result<String, AppError> {
    let word = text.trim().trim_start_matches('/');
    match word.chars().count() {
        0 => Err(AppError::invalid("shortcut", Rule::Missing)),
        count if count > MAX_SHORTCUT => Err(AppError::invalid("shortcut", Rule::TooLong(MAX_SHORTCUT as u32))),
        _ if word.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/') => Err(AppError::invalid("shortcut", Rule::Malformed)),
        _ => Ok(word.to_owned()),
    }
}

fn clean_text(text: &str) -> Result<String, AppError> {
    let text = text.replace("\r\n", "\n").replace('\0', "");
    let text = text.trim();
    match text.chars().count() {
        0 => Err(AppError::invalid("text", Rule::Missing)),
        count if count > MAX_QUICK_REPLY => Err(AppError::invalid("text", Rule::TooLong(MAX_QUICK_REPLY as u32))),
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_is_one_word_without_its_slash() {
        assert_eq!(clean_shortcut(" /harga ").unwrap(), "harga");
        assert_eq!(clean_shortcut(&"é".repeat(MAX_SHORTCUT)).unwrap().chars().count(), MAX_SHORTCUT);
        assert_eq!(clean_shortcut(" / "), Err(AppError::invalid("shortcut", Rule::Missing)));
        assert_eq!(clean_shortcut("dua kata"), Err(AppError::invalid("shortcut", Rule::Malformed)));
        assert_eq!(clean_shortcut("a/b"), Err(AppError::invalid("shortcut", Rule::Malformed)));
        assert!(clean_shortcut(&"a".repeat(MAX_SHORTCUT + 1)).is_err());
    }

    #[test]
    fn a_text_has_a_beginning_and_an_end() {
        assert_eq!(clean_text(" a\r\nb ").unwrap(), "a\nb");
        assert!(clean_text(" \n").is_err() && clean_text(&"a".repeat(MAX_QUICK_REPLY + 1)).is_err());
    }
}
