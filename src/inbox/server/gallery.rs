//! What was exchanged with a contact beside words: pictures and films, files, links. Of all conversations with the contact that the caller may see,
//! over whichever number or name, newest first.

use super::{links, masking, reading, views};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::*,
    server::{clock::from_millis, scope::Scope, state::App},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Messages on a page.
pub const PAGE: usize = 30;
/// How often matches are read on when none of them had anything to show: a mask takes links away.
const ROUNDS: usize = 5;

/// What one looks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Pictures and films.
    #[default]
    Media,
    Files,
    Links,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Media, Self::Files, Self::Links];

    /// As it stands in the address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Media => "media",
            Self::Files => "files",
            Self::Links => "links",
        }
    }

    /// From the address. What is not understood counts as not given.
    pub fn parse(text: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).unwrap_or_default()
    }

    /// Whether a message, as the caller sees it, has something of this kind.
    fn is_in(self, message: &MessageView) -> bool {
        match self {
            Self::Media | Self::Files => message.media.is_some(),
            Self::Links => !links::found(&message.text).is_empty(),
        }
    }
}

/// A page of it.
#[derive(Debug)]
pub struct Gallery {
    /// The one that it was opened from.
    pub conversation: ConversationView,
    /// Newest first.
    pub messages: Vec<MessageView>,
    /// Where it goes on.
    pub older: Option<ListCursor>,
}

/// One page; the newest unless `before` is the last one already shown.
///
/// # Errors
/// `NotFound` for a conversation out of sight.
pub async fn page(app: &App, scope: &Scope, id: ConversationId, kind: Kind, before: Option<ListCursor>) -> Result<Gallery, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let mut before = before.unwrap_or(ListCursor { at: 9_000_000_000_000, id: Uuid::max() });
    let mut messages = Vec::new();
    for _ in 0..ROUNDS {
        let matches = matching(&mut tx, scope, &conversation, kind, before).await?;
        let more = matches.len() > PAGE;
        let matches = &matches[..matches.len().min(PAGE)];
        messages = seen(&mut tx, scope, matches, kind).await?;
        match matches.last().filter(|_| more) {
            Some((id, at)) => before = ListCursor { at: at.timestamp_millis(), id: *id },
            None => return Ok(Gallery { conversation, messages, older: None }),
        }
        if !messages.is_empty() {
            break;
        }
    }
    Ok(Gallery { conversation, messages, older: Some(before) })
}

/// The ids and times of the next messages of a kind, one more than a page has. Each conversation is read from the kind's index and gives no more
/// than that.
macro_rules! matching {
    ($condition:tt, $connection:ident, $scope:ident, $contact:expr, $before:ident) => {
        sqlx::query!(
            r#"
            select m.id, m.sent_at
            from conversation c
            cross join lateral (
                select id, sent_at from message
                where workspace_id = c.workspace_id and conversation_id = c.id and (sent_at, id) < ($3, $4)
                    and status is distinct from 'cancelled' and "#
                + $condition
                + r#"
                order by sent_at desc, id desc
                limit $6
            ) m
            where c.workspace_id = $1 and c.contact_id = $2 and ($5::uuid[] is null or c.assignee_id = any($5))
            order by m.sent_at desc, m.id desc
            limit $6
            "#,
            $scope.workspace.0,
            $contact,
            from_millis($before.at),
            $before.id,
            $scope.only_assigned_to() as Option<&[Uuid]>,
            PAGE as i64 + 1
        )
        .fetch_all($connection)
        .await?
        .into_iter()
        .map(|row| (row.id, row.sent_at))
        .collect()
    };
}

async fn matching(
    connection: &mut PgConnection,
    scope: &Scope,
    conversation: &ConversationView,
    kind: Kind,
    before: ListCursor,
) -> sqlx::Result<Vec<(Uuid, DateTime<Utc>)>> {
    let contact = conversation.contact_id.0;
    Ok(match kind {
        Kind::Media => matching!("kind in ('image', 'video')", connection, scope, contact, before),
        // What somebody said into the phone is heard in the thread, and would bury the files here.
        Kind::Files => {
            matching!("kind in ('document', 'audio') and detail->>'voice' is distinct from 'true'", connection, scope, contact, before)
        }
        Kind::Links => matching!("direction <> 'system' and body ~* 'https?://'", connection, scope, contact, before),
    })
}

/// These messages as the caller may see them, in their order; without those that then have nothing of the kind.
async fn seen(
    connection: &mut PgConnection,
    scope: &Scope,
    matches: &[(Uuid, DateTime<Utc>)],
    kind: Kind,
) -> sqlx::Result<Vec<MessageView>> {
    let ids: Vec<Uuid> = matches.iter().map(|(id, _)| *id).collect();
    let mut messages: HashMap<Uuid, MessageView> =
        views::messages(connection, scope.workspace, &ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    let of: BTreeSet<Uuid> = messages.values().map(|view| view.conversation_id.0).collect();
    let of: Vec<Uuid> = of.into_iter().collect();
    if let Some(mask) = masking::for_conversations(connection, scope, &of).await? {
        messages.values_mut().for_each(|view| masking::message(&mask, view));
    }
    Ok(ids.iter().filter_map(|id| messages.remove(id)).filter(|message| kind.is_in(message)).collect())
}
