//! The inbox's server functions: find out who calls, delegate, answer.
//!
//! Each is a public HTTP endpoint; `server::request::scope` is what refuses strangers. `workspace` is the slug in the address.

use super::{bulk::BulkAnswer, list_view::Totals, model::*, working::SnoozeUntil};
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId},
    wire::Json,
};
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use uuid::Uuid;

pub use super::contacts::api::*;

/// Who is looking, for the page around everything.
#[server(input = GetUrl, output = Json)]
pub async fn load_viewer(workspace: String) -> Result<Viewer, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        crate::workspace::server::viewer(&app, &scope).await
    })
    .await
}

/// One page of the conversation list in a view (as [`super::list_view::ListView`] is written in addresses); `before` is the last row already shown.
#[server(input = GetUrl, output = Json)]
pub async fn list_conversations(workspace: String, view: Option<String>, before: Option<String>) -> Result<ConversationPage, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::list_view::ListView::parse(&view.unwrap_or_default());
        super::server::list(&app, &scope, &view, before.and_then(|cursor| cursor.parse().ok())).await
    })
    .await
}

/// How many active conversations each view has.
#[server(input = GetUrl, output = Json)]
pub async fn count_conversations(workspace: String) -> Result<Totals, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::totals(&app, &scope).await
    })
    .await
}

/// One page of a thread, its newest messages unless `before` says where to continue or `at` which message it must have; with what the caller could
/// not send, if that is asked for.
#[server(input = GetUrl, output = Json)]
pub async fn load_thread(
    workspace: String,
    conversation: ConversationId,
    before: Option<String>,
    at: Option<MessageId>,
    #[server(default)] unsent: bool,
) -> Result<ThreadPage, AppError> {
    let slug = workspace.clone();
    let page = crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let page = super::server::thread(&app, &scope, conversation, before.and_then(|cursor| cursor.parse().ok()), at, unsent).await;
        match page {
            // What became part of another conversation is read there, by old links too.
            Err(AppError::NotFound) => match super::server::merging::went_into(&app, &scope, conversation).await? {
                Some(into) => Err(AppError::Conflict(crate::error::Conflict::MergedInto(into))),
                None => Err(AppError::NotFound),
            },
            page => page,
        }
    })
    .await;
    if let Err(AppError::Conflict(crate::error::Conflict::MergedInto(into))) = &page
        && crate::server::request::headers().is_ok_and(|headers| crate::server::request::wants_page(&headers))
    {
        leptos_axum::redirect(&format!("/{slug}/inbox/{into}"));
    }
    page
}

/// The number of a customer whose number is masked for the caller. Written down.
#[server(output = Json)]
pub async fn reveal_number(workspace: String, conversation: ConversationId) -> Result<String, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::reveal_number(&app, &scope, conversation).await
    })
    .await
}

/// Sends a reply. `client_id` makes it happen once, however often the request is repeated (F208); without JavaScript the form carries one
/// that the page was rendered with. Replying takes the conversation over from ARI. `seen_seq` is the event up to which the writer had seen the thread: what
/// others wrote since holds the reply (F207). `reply_to` is the message that it quotes. With `undo` it leaves after a moment in which it can be taken back;
/// with `until` at that time, `at` if it is one's own, if nobody writes before.
// Each is a field of the form; what the macro makes of it has them all.
#[allow(clippy::too_many_arguments)]
#[server(output = Json)]
pub async fn send_message(
    workspace: String,
    conversation: ConversationId,
    client_id: Uuid,
    text: String,
    seen_seq: i64,
    #[server(default)] reply_to: Option<MessageId>,
    #[server(default)] undo: bool,
    #[server(default)] until: Option<SnoozeUntil>,
    #[server(default)] at: Option<String>,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{Reply, send, unsent};
        let leaves = super::later::Leaves::of(undo, until, at);
        let reply = Reply { conversation, client_id, text: text.clone(), seen: seen_seq, to: reply_to, choices: None, file: None, leaves };
        let sent = send(&app, &scope, reply).await;
        let sent = unsent::keep(&app, &scope, conversation, unsent::Kind::Reply, &text, sent).await?;
        super::server::back(&workspace, conversation, "");
        Ok(sent)
    })
    .await
}

/// Sends a template with its gaps filled: what gets through when the window is shut. `client_id` and `seen_seq` as for a reply; `values` by the keys of
/// the gaps.
#[server(output = Json)]
pub async fn send_template(
    workspace: String,
    conversation: ConversationId,
    client_id: Uuid,
    seen_seq: i64,
    name: String,
    language: String,
    #[server(default)] values: std::collections::BTreeMap<String, String>,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{templates, unsent};
        let choice = templates::Choice { name, language, values };
        let sent = templates::send(&app, &scope, conversation, client_id, &choice, seen_seq).await;
        let filled_in = serde_json::to_string(&choice).unwrap_or_default();
        let sent = unsent::keep(&app, &scope, conversation, unsent::Kind::Template, &filled_in, sent).await?;
        super::server::back(&workspace, conversation, "");
        Ok(sent)
    })
    .await
}

/// Sends a text with choices under it, which the customer taps in place of an answer (F50). `client_id` and `seen_seq` as for a reply; choices that are empty are
/// left out; `label` opens them where they are a list.
#[server(output = Json)]
pub async fn send_choices(
    workspace: String,
    conversation: ConversationId,
    client_id: Uuid,
    seen_seq: i64,
    text: String,
    #[server(default)] choices: Vec<Offered>,
    #[server(default)] label: String,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{choices::Written, unsent};
        let written = Written { text, choices, label };
        let sent = written.send(&app, &scope, conversation, client_id, seen_seq).await;
        let filled_in = serde_json::to_string(&written).unwrap_or_default();
        let sent = unsent::keep(&app, &scope, conversation, unsent::Kind::Choices, &filled_in, sent).await?;
        super::server::back(&workspace, conversation, "");
        Ok(sent)
    })
    .await
}

/// Adds a note, which only the team sees. `client_id` as for a reply. With `due` (`2026-11-26T08:00`, by the workspace's clocks) something is to be done
/// about it by then.
#[server(output = Json)]
pub async fn add_note(
    workspace: String,
    conversation: ConversationId,
    client_id: Uuid,
    text: String,
    #[server(default)] due: Option<String>,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{drafts, notes, unsent};
        let note = notes::add(&app, &scope, conversation, client_id, text.clone(), due.as_deref()).await;
        let note = unsent::keep(&app, &scope, conversation, unsent::Kind::Note, &text, note).await?;
        if crate::server::request::headers().is_ok_and(|headers| crate::server::request::wants_page(&headers)) {
            drafts::sent_by_form(&app, &scope, conversation, unsent::Kind::Note).await;
        }
        super::server::back(&workspace, conversation, "write=note");
        Ok(note)
    })
    .await
}

/// Says that a task is done, and in a note (`text`) what came of it. `client_id` as for a reply.
#[server(output = Json)]
pub async fn finish_task(workspace: String, message: MessageId, client_id: Uuid, text: String) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{tasks, tasks_page};
        let done = tasks::finish(&app, &scope, message, client_id, &text).await;
        if done.is_err() {
            tasks_page::keep(&app, &scope, message, &text).await;
        }
        tasks_page::back(&workspace, message, <FinishTask as leptos::server_fn::ServerFn>::PATH, &done);
        done
    })
    .await
}

/// Gives a note another time by which something is to be done about it (`due` as for [`add_note`]), or none.
#[server(output = Json)]
pub async fn set_task(workspace: String, message: MessageId, #[server(default)] due: Option<String>) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let set = super::server::tasks::set(&app, &scope, message, due.as_deref()).await;
        super::server::tasks_page::back(&workspace, message, <SetTask as leptos::server_fn::ServerFn>::PATH, &set);
        set
    })
    .await
}

/// The texts kept ready, for the composer.
#[server(input = GetUrl, output = Json)]
pub async fn list_quick_replies(workspace: String) -> Result<Vec<QuickReply>, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::quick_replies::list(&app, &scope).await
    })
    .await
}

/// Makes a quick reply, or changes the one with this id.
#[server(output = Json)]
pub async fn save_quick_reply(
    workspace: String,
    #[server(default)] quick_reply: Option<Uuid>,
    shortcut: String,
    text: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::quick_replies::save(&app, &scope, quick_reply, &shortcut, &text).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/quick-replies?done=saved"));
        Ok(())
    })
    .await
}

/// Deletes a quick reply.
#[server(output = Json)]
pub async fn delete_quick_reply(workspace: String, quick_reply: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::quick_replies::delete(&app, &scope, quick_reply).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/quick-replies?done=deleted"));
        Ok(())
    })
    .await
}

/// Does all that a macro says with a conversation, or nothing (F198). `client_id` and `seen_seq` as for a reply; with `undo` the reply leaves after a moment in which it
/// can be taken back.
#[server(output = Json)]
pub async fn run_macro(
    workspace: String,
    conversation: ConversationId,
    id: Uuid,
    client_id: Uuid,
    seen_seq: i64,
    #[server(default)] undo: bool,
) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let what = super::server::macros::Use { id, conversation, client_id, seen: seen_seq, undo };
        let view = super::server::macros::run(&app, &scope, what).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// Makes a macro, or changes the one with this id.
// Each is a field of the form; what the macro makes of it has them all.
#[allow(clippy::too_many_arguments)]
#[server(output = Json)]
pub async fn save_macro(
    workspace: String,
    #[server(default)] id: Option<Uuid>,
    name: String,
    #[server(default)] text: String,
    #[server(default)] assign: String,
    #[server(default)] priority: String,
    #[server(default)] stage: String,
    #[server(default)] tag: String,
    #[server(default)] ending: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let written = super::server::macros::Written { name, text, assign, priority, stage, tag, ending, reason };
        if let Err(error) = super::server::macros::save(&app, &scope, id, &written).await {
            let page = format!("/{workspace}/settings/macros?{}", written.query(id));
            crate::server::request::back_with_error(&page, <SaveMacro as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/macros?done=saved"));
        Ok(())
    })
    .await
}

/// Deletes a macro.
#[server(output = Json)]
pub async fn delete_macro(workspace: String, id: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::macros::delete(&app, &scope, id).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/macros?done=deleted"));
        Ok(())
    })
    .await
}

/// Sends a failed message again.
#[server(output = Json)]
pub async fn resend_message(workspace: String, conversation: ConversationId, message: MessageId) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let sent = super::server::resend(&app, &scope, message).await?;
        super::server::back(&workspace, conversation, "");
        Ok(sent)
    })
    .await
}

/// Takes back what has not left: one's own reply in its moment, or what waits for its time.
#[server(output = Json)]
pub async fn take_back(workspace: String, conversation: ConversationId, message: MessageId) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::later::take_back(&app, &scope, message).await?;
        if crate::server::request::headers().is_ok_and(|headers| crate::server::request::wants_page(&headers)) {
            // Its words stand in the box again.
            use super::server::unsent;
            unsent::keep_for_page(&app, &scope, conversation, unsent::Kind::Reply, &view.text).await;
        }
        super::server::back(&workspace, conversation, "taken-back=1");
        Ok(view)
    })
    .await
}

/// Puts an emoji to a message from our side, in place of the one that is there; with an empty `emoji` takes it back.
#[server(output = Json)]
pub async fn react_to_message(
    workspace: String,
    conversation: ConversationId,
    message: MessageId,
    #[server(default)] emoji: String,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::react(&app, &scope, conversation, message, &emoji).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// Sends now what waits for its time, or was held when it came. `seen_seq` as for a reply.
#[server(output = Json)]
pub async fn send_waiting(
    workspace: String,
    conversation: ConversationId,
    message: MessageId,
    seen_seq: i64,
) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let sent = super::server::later::send_now(&app, &scope, message, seen_seq).await?;
        super::server::back(&workspace, conversation, "");
        Ok(sent)
    })
    .await
}

/// The caller holds the conversation from now on; a pending answer of ARI's is dropped.
#[server(output = Json)]
pub async fn take_over(workspace: String, conversation: ConversationId) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::take_over(&app, &scope, conversation).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// ARI answers again.
#[server(output = Json)]
pub async fn hand_back(workspace: String, conversation: ConversationId) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::hand_back(&app, &scope, conversation).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// The thread was seen: clears its unread count for the workspace.
#[server(output = Json)]
pub async fn mark_read(workspace: String, conversation: ConversationId) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::mark_read(&app, &scope, conversation).await
    })
    .await
}

/// The caller looks at a conversation, or at none, and writes in it or not; `away`: at nothing any more, though the page is open. Told to colleagues, stored
/// nowhere (F75).
#[server(output = Json)]
pub async fn be_here(
    workspace: String,
    #[server(default)] conversation: Option<ConversationId>,
    #[server(default)] typing: bool,
    #[server(default)] away: bool,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::presence::tell(&app, &scope, conversation, typing, away).await
    })
    .await
}

/// The conversation is done. `seen_seq` is the event up to which the caller had seen it: what the customer said since is not put away unread.
#[server(output = Json)]
pub async fn close_conversation(
    workspace: String,
    conversation: ConversationId,
    reason: Option<String>,
    #[server(default)] seen_seq: Option<i64>,
) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::close(&app, &scope, conversation, &reason.unwrap_or_default(), seen_seq).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// A closed or snoozed conversation is open again.
#[server(output = Json)]
pub async fn reopen_conversation(workspace: String, conversation: ConversationId) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::reopen(&app, &scope, conversation).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// Gives the conversation to somebody of the team; with an empty `assignee` to nobody.
#[server(output = Json)]
pub async fn assign_conversation(workspace: String, conversation: ConversationId, assignee: String) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let to = match assignee.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| AppError::NotFound)?),
        };
        let view = super::server::assign(&app, &scope, conversation, to).await?;
        match scope.only_assigned_to() {
            // Who gave it away may no longer see it.
            Some(people) if view.assignee.as_ref().is_none_or(|person| !people.contains(&person.id.0)) => {
                crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox"));
            }
            _ => super::server::back(&workspace, conversation, ""),
        }
        Ok(view)
    })
    .await
}

/// Marks the conversation as more urgent than others, or takes the mark off.
#[server(output = Json)]
pub async fn prioritise_conversation(workspace: String, conversation: ConversationId, high: bool) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::prioritise(&app, &scope, conversation, high).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// Puts the conversation off; `at` is a time of one's own by the workspace's clocks. `seen_seq` as for [`close_conversation`].
#[server(output = Json)]
pub async fn snooze_conversation(
    workspace: String,
    conversation: ConversationId,
    until: SnoozeUntil,
    at: Option<String>,
    #[server(default)] seen_seq: Option<i64>,
) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::snooze(&app, &scope, conversation, until, &at.unwrap_or_default(), seen_seq).await?;
        super::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// The same with many conversations at once (F195), each `picked` as [`super::bulk::Picked`] is written. `action` is a fresh id of the caller's: what was done under
/// it is done once, and can be undone. `deed` is the button: `close` (with `reason`), `reopen`, `assign` (to `assignee`), `take`, `raise`, `lower`, `read`, `unread`,
/// or until when to put off (`at` for a time of one's own).
#[allow(clippy::too_many_arguments)]
#[server(output = Json)]
pub async fn bulk_work(
    workspace: String,
    action: Uuid,
    #[server(default)] picked: Vec<String>,
    deed: String,
    #[server(default)] assignee: String,
    #[server(default)] stage: String,
    #[server(default)] tag: String,
    #[server(default)] reason: String,
    #[server(default)] at: String,
) -> Result<BulkAnswer, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{bulk, picking_page};
        let words = crate::server::request::preferences().locale.picking();
        let asked = bulk::Asked { deed, assignee, stage, tag, reason, at };
        let (answer, did) = bulk::work(&app, &scope, words, action, &picked, &asked).await?;
        picking_page::back(&workspace, did, &answer);
        Ok(answer)
    })
    .await
}

/// Puts back what the caller did under this id, where nothing happened since.
#[server(output = Json)]
pub async fn undo_bulk_work(workspace: String, action: Uuid) -> Result<BulkAnswer, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use super::server::{bulk, picking_page};
        let words = crate::server::request::preferences().locale.picking();
        let answer = bulk::undo(&app, &scope, words, action).await?;
        picking_page::back(&workspace, "undone", &answer);
        Ok(answer)
    })
    .await
}

/// Makes a list out of what a form says, and answers its address. Each of `terms` is `group:field:value` (see [`super::filter`]), `typed` what was typed of fields that the workspace made; or `view` is the list as an
/// address has it. `deed` is the button: `show`, `save` (under `name`, in place of the view `id` if there is one), `enter` for whichever was meant, or
/// `restore` for a view that was deleted.
#[allow(clippy::too_many_arguments)]
#[server(output = Json)]
pub async fn shape_view(
    workspace: String,
    deed: String,
    #[server(default)] terms: Vec<String>,
    #[server(default)] typed: std::collections::BTreeMap<String, String>,
    #[server(default)] view: Option<String>,
    #[server(default)] sort: String,
    #[server(default)] name: String,
    #[server(default)] shared: bool,
    #[server(default)] id: Option<Uuid>,
) -> Result<String, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = view.as_deref().map(super::list_view::ListView::parse);
        let shaped = super::server::views_page::Shaped { terms, typed, sort, view, deed, name, shared, id };
        super::server::views_page::shape(&app, &scope, &workspace, shaped).await
    })
    .await
}

/// Deletes a view that has a name.
#[server(output = Json)]
pub async fn delete_view(workspace: String, id: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let gone = super::server::saved_views::delete(&app, &scope, id).await?;
        super::server::views_page::deleted(&workspace, &gone);
        Ok(())
    })
    .await
}
