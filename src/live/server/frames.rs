//! Events made ready to send.

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        labels::LABELS_CHANGED,
        model::LiveFrame,
        server::{
            labels, masking,
            views::{self, Audience},
        },
    },
};
use sqlx::PgPool;
use std::{
    borrow::Borrow,
    collections::{HashMap, HashSet},
    sync::{Arc, OnceLock},
};
use uuid::Uuid;

/// One event, rendered once for all who may see it.
#[derive(Debug)]
pub struct Frame {
    pub seq: i64,
    /// Whoever is in the workspace gets it.
    for_all: bool,
    conversation: Option<Uuid>,
    /// Who holds the conversation now; None when nobody does or the event has no conversation.
    assignee: Option<Uuid>,
    was_assignee: Option<Uuid>,
    json: Arc<str>,
    /// `json` without phone numbers, made when the first one asks who may not see them.
    masked: OnceLock<Arc<str>>,
    /// The frame without its views: what an unread total needs.
    bare: Arc<str>,
    /// What somebody is told who could see the conversation and no longer can.
    gone: Option<Arc<str>>,
}

/// These frames, in order, as somebody gets them who is restricted to the conversations that are assigned to `only` these people (None: not restricted).
///
/// A conversation that leaves their sight within these frames is not shown on the way there: a frame may have been rendered while it was
/// still theirs, and be handed out again to somebody who resumes from before. Its earlier frames only move the unread total, which the
/// one that says *gone* takes back.
pub fn for_viewer(frames: &[impl Borrow<Frame>], only: Option<&[Uuid]>) -> Vec<(i64, Arc<str>)> {
    let frames = frames.iter().map(|frame| -> &Frame { frame.borrow() });
    let Some(people) = only else { return frames.map(|frame| (frame.seq, frame.json.clone())).collect() };
    let is_theirs = |assignee: Option<Uuid>| assignee.is_some_and(|assignee| people.contains(&assignee));
    let mut lost = HashSet::new();
    let mut visible: Vec<(i64, Arc<str>)> = frames
        .rev()
        .filter_map(|frame| {
            let gone_later = frame.conversation.is_some_and(|conversation| lost.contains(&conversation));
            let json = match (is_theirs(frame.assignee), is_theirs(frame.was_assignee)) {
                (false, true) => {
                    lost.extend(frame.conversation);
                    frame.gone.clone()
                }
                _ if frame.for_all => Some(frame.json.clone()),
                _ if gone_later => Some(frame.bare.clone()),
                (true, _) => Some(frame.json.clone()),
                (false, false) => None,
            };
            json.map(|json| (frame.seq, json))
        })
        .collect();
    visible.reverse();
    visible
}

/// What [`for_viewer`] gave, without phone numbers. Each frame is rendered once for all who get it so.
pub async fn masked(
    pool: &PgPool,
    workspace: WorkspaceId,
    frames: &[impl Borrow<Frame>],
    visible: Vec<(i64, Arc<str>)>,
) -> sqlx::Result<Vec<(i64, Arc<str>)>> {
    let by_seq: HashMap<i64, &Frame> = frames.iter().map(Borrow::borrow).map(|frame: &Frame| (frame.seq, frame)).collect();
    let new = distinct(by_seq.values().filter(|frame| frame.masked.get().is_none()).filter_map(|frame| frame.conversation));
    let mask = match new.is_empty() {
        true => None,
        false => Some(masking::about(&mut *pool.acquire().await?, workspace, &new).await?),
    };
    let hide = |(seq, json): (i64, Arc<str>)| {
        let frame = by_seq.get(&seq)?;
        if !Arc::ptr_eq(&json, &frame.json) {
            // Without views there is nothing in it that anybody wrote.
            return Some((seq, json));
        }
        let render = || mask.as_ref().and_then(|mask| masking::frame(mask, &frame.json)).map_or_else(|| frame.bare.clone(), Arc::from);
        Some((seq, frame.masked.get_or_init(render).clone()))
    };
    Ok(visible.into_iter().filter_map(hide).collect())
}

/// The frames of a workspace after `after`, in order, at most `limit`. Views are loaded once per conversation and message.
pub async fn load(pool: &PgPool, workspace: WorkspaceId, after: i64, limit: i64) -> sqlx::Result<Vec<Frame>> {
    let events = sqlx::query!(
        r#"
        select seq, kind, conversation_id, message_id, was_assignee_id, unread_delta
        from event
        where workspace_id = $1 and seq > $2
        order by seq
        limit $3
        "#,
        workspace.0,
        after,
        limit
    )
    .fetch_all(pool)
    .await?;
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let of_conversations: Vec<Uuid> = distinct(events.iter().filter_map(|event| event.conversation_id));
    let of_messages: Vec<Uuid> = distinct(events.iter().filter_map(|event| event.message_id));
    // Somebody waits for this: both at once, on two connections.
    let (conversations, messages) =
        tokio::try_join!(async { views::conversations(&mut *pool.acquire().await?, workspace, &of_conversations).await }, async {
            match of_messages.is_empty() {
                true => Ok(Vec::new()),
                false => views::messages(&mut *pool.acquire().await?, workspace, &of_messages).await,
            }
        })?;
    let labels = match events.iter().any(|event| event.kind == LABELS_CHANGED) {
        true => Some(labels::all(&mut *pool.acquire().await?, workspace).await?),
        false => None,
    };
    let conversations: HashMap<ConversationId, _> = conversations.into_iter().map(|view| (view.id, view)).collect();
    let messages: HashMap<MessageId, _> = messages.into_iter().map(|view| (view.id, view)).collect();
    // What a conversation's unread count still goes through after the event at hand. The views are of now, the events of then.
    let mut still_to_come: HashMap<Uuid, i32> = HashMap::new();
    let mut frames: Vec<Frame> = events
        .into_iter()
        .rev()
        .map(|event| {
            let conversation = event.conversation_id.and_then(|id| conversations.get(&ConversationId(id)));
            let bare = LiveFrame {
                seq: event.seq,
                kind: event.kind,
                conversation: None,
                message: None,
                gone: None,
                unread_delta: event.unread_delta,
                labels: None,
            };
            let for_all = bare.kind == LABELS_CHANGED;
            // Nothing of it is anybody's number, and nobody may miss it.
            let bare = if for_all { LiveFrame { labels: labels.clone(), ..bare } } else { bare };
            let gone = event.was_assignee_id.and(event.conversation_id).map(|id| {
                let unread = conversation.map_or(0, |view| view.unread) - still_to_come.get(&id).copied().unwrap_or(0);
                json(&LiveFrame { gone: Some(ConversationId(id)), unread_delta: -unread, ..bare.clone() })
            });
            if let Some(id) = event.conversation_id {
                *still_to_come.entry(id).or_insert(0) += event.unread_delta;
            }
            let message = event.message_id.and_then(|id| messages.get(&MessageId(id)));
            Frame {
                seq: event.seq,
                for_all,
                conversation: event.conversation_id,
                assignee: conversation.and_then(Audience::assignee),
                was_assignee: event.was_assignee_id,
                gone,
                json: json(&LiveFrame {
                    conversation: conversation.cloned(),
                    message: message.cloned(),
                    // Merged into another, or deleted.
                    gone: event.conversation_id.filter(|_| conversation.is_none()).map(ConversationId),
                    ..bare.clone()
                }),
                bare: json(&bare),
                masked: OnceLock::new(),
            }
        })
        .collect();
    frames.reverse();
    Ok(frames)
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn json(frame: &LiveFrame) -> Arc<str> {
    // A LiveFrame has no map with odd keys and no failing serializer, so this cannot fail; an empty frame would only be skipped.
    serde_json::to_string(frame).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEKAR: Uuid = Uuid::from_u128(1);
    const RANI: Uuid = Uuid::from_u128(2);

    /// A frame about a conversation, rendered while `assignee` held it.
    fn frame(seq: i64, conversation: u128, assignee: Option<Uuid>, was_assignee: Option<Uuid>) -> Frame {
        Frame {
            seq,
            for_all: false,
            conversation: Some(Uuid::from_u128(conversation)),
            assignee,
            was_assignee,
            json: "whole".into(),
            bare: "bare".into(),
            masked: OnceLock::new(),
            gone: was_assignee.map(|_| "gone".into()),
        }
    }

    fn seen(frames: &[Frame], only: Option<&[Uuid]>) -> Vec<(i64, String)> {
        for_viewer(frames, only).into_iter().map(|(seq, json)| (seq, json.to_string())).collect()
    }

    #[test]
    fn who_sees_all_sees_all() {
        let frames = [frame(1, 7, None, None), frame(2, 7, Some(RANI), Some(SEKAR))];
        assert_eq!(seen(&frames, None), [(1, "whole".to_owned()), (2, "whole".into())]);
    }

    #[test]
    fn what_leaves_somebodys_sight_is_not_shown_on_the_way() {
        let frames = [
            frame(1, 7, Some(SEKAR), None),
            frame(2, 8, Some(SEKAR), None),
            frame(3, 9, Some(RANI), None),
            frame(4, 7, Some(RANI), Some(SEKAR)),
            frame(5, 7, Some(RANI), None),
        ];
        assert_eq!(seen(&frames, Some(&[SEKAR])), [(1, "bare".to_owned()), (2, "whole".into()), (4, "gone".into())]);
        assert_eq!(seen(&frames[..3], Some(&[SEKAR])), [(1, "whole".to_owned()), (2, "whole".into())], "as long as it is theirs");
    }

    #[test]
    fn what_comes_back_is_shown_from_then_on() {
        let frames = [frame(1, 7, Some(SEKAR), None), frame(2, 7, Some(RANI), Some(SEKAR)), frame(3, 7, Some(SEKAR), Some(RANI))];
        assert_eq!(seen(&frames, Some(&[SEKAR])), [(1, "bare".to_owned()), (2, "gone".into()), (3, "whole".into())]);
    }

    #[test]
    fn what_is_for_everybody_reaches_who_sees_little() {
        let for_all = Frame { for_all: true, conversation: None, ..frame(2, 7, None, None) };
        assert_eq!(seen(&[frame(1, 7, Some(RANI), None), for_all], Some(&[SEKAR])), [(2, "whole".to_owned())]);
    }

    #[test]
    fn what_moves_within_a_team_stays_in_its_sight() {
        let frames = [frame(1, 7, Some(RANI), Some(SEKAR)), frame(2, 8, Some(Uuid::from_u128(3)), Some(RANI)), frame(3, 9, None, None)];
        assert_eq!(seen(&frames, Some(&[SEKAR, RANI])), [(1, "whole".to_owned()), (2, "gone".into())]);
    }
}
