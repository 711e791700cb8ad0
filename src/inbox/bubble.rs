//! One message: who speaks is visible at a glance, and what it holds is shown as what it is.

use super::{
    api::ResendMessage,
    later::{undo, waiting},
    model::*,
    notes::note,
    parts::{link_to, tick, time_of},
    quoting::{quoted_words, reply_link},
    reacting,
    store::{Entry, Inbox, Thread},
    working::until_of,
};
use crate::{
    time::Millis,
    ui::icon::{icon, icon_of},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What was said less than this ago (ms) is seen to come. Everything else stands there at once.
const FRESH: Millis = 10_000;

/// A message as an item of the thread, live.
pub fn message(inbox: Inbox, thread: Thread, entry: Entry) -> AnyView {
    let view = entry.view;
    let fresh = view.with_untracked(|view| (inbox.now.get_untracked() - view.at).abs() < FRESH).then_some("");
    let dom_id = {
        let view = view.clone();
        move || view.with(|view| format!("m-{}", view.id))
    };
    let class = {
        let view = view.clone();
        move || view.with(side)
    };
    let withdrawn = {
        let view = view.clone();
        move || view.with(|view| view.status == Some(Status::Cancelled))
    };
    let links = links(inbox, &thread, &view);
    let said = view;
    view! {
        <li id=dom_id class=class data-fresh=fresh hidden=withdrawn>
            {move || {
                said.with(|now| match now.direction {
                    Direction::System if now.is_note() => note(inbox, now),
                    Direction::System => system_line(inbox, now),
                    _ => bubble(inbox, &thread, now),
                })
            }}
            {links}
        </li>
    }
    .into_any()
}

/// The ways to answer a message, beside it. Nobody points at them before they see it, so they are made after the paint; and they stay as they are while it changes, for one of them may have the focus.
fn links(inbox: Inbox, thread: &Thread, view: &ArcRwSignal<MessageView>) -> Option<AnyView> {
    if !inbox.may_reply() || view.with_untracked(|view| view.direction == Direction::System) {
        return None;
    }
    let (thread, view) = (thread.clone(), view.clone());
    let painted = thread.painted.clone();
    let links = move || {
        painted.get().then(|| {
            let (thread, view) = (thread.clone(), view.clone());
            let quotable = {
                let view = view.clone();
                ArcMemo::new(move |_| view.with(MessageView::quotable))
            };
            move || quotable.get().then(|| vec![reply_link(inbox, &thread, &view), reacting::react_link(inbox, &thread, &view)])
        })
    };
    Some(links.into_any())
}

fn side(view: &MessageView) -> &'static str {
    match (view.direction, view.sender) {
        (Direction::System, _) if view.is_note() => "msg out note",
        (Direction::System, _) => "sys",
        (Direction::Inbound, _) => "msg in",
        (Direction::Outbound, Sender::Assistant) => "msg out ari",
        (Direction::Outbound, _) if matches!(view.status, Some(Status::Scheduled | Status::Held)) => "msg out waiting",
        (Direction::Outbound, _) => "msg out",
    }
}

fn system_line(inbox: Inbox, view: &MessageView) -> AnyView {
    let words = inbox.words;
    let who = match inbox.is_me(view.sender_id) {
        true => words.you,
        false => view.sender_name.as_deref().map_or(words.team, crate::words::first_word),
    };
    let text = match view.kind.as_str() {
        "assigned" if inbox.viewer.with_value(|viewer| viewer.person.name == view.text) => words.system_line("assigned", who, words.you),
        "snoozed" => {
            let until = until_of(&view.text).map(|at| words.moment(inbox.local(at), inbox.today.get()));
            words.system_line("snoozed", who, &until.unwrap_or_default())
        }
        kind => words.system_line(kind, who, &view.text),
    };
    let at = words.time(inbox.local(view.at));
    view! {
        {icon("arrow-right-left")}
        <span>{text} " · " {time_of(inbox, view.at, "", at)}</span>
    }
    .into_any()
}

/// Only what is there is made: each gap for something that may come would be a node of its own, and there are many messages.
fn bubble(inbox: Inbox, thread: &Thread, view: &MessageView) -> AnyView {
    let words = inbox.words;
    let nameless =
        matches!(view.kind.as_str(), "text" | "image" | "video" | "audio" | "voice" | "sticker" | "document" | "button" | "interactive");
    // A type without words, file or card is named rather than blank.
    let bare = view.text.is_empty() && view.media.is_none() && view.detail.is_none();
    let card = view.detail.as_ref().map(|detail| card(inbox, detail));
    // What we offer stands under the question, as on the phone.
    let (above, below) = if view.direction == Direction::Outbound && view.kind == "interactive" { (None, card) } else { (card, None) };
    let mut parts = vec![speaker(inbox, thread, view)];
    parts.extend(view.quote.as_ref().map(|quote| quoted(inbox, thread, quote)));
    parts.extend(view.media.as_ref().map(|media| file(inbox, view, media)));
    parts.extend(above);
    if bare || !nameless {
        parts.push(view! { <span class="kind">{words.placeholder(&view.kind)}</span> }.into_any());
    }
    if !view.text.is_empty() {
        parts.push(view! { <span class="text">{view.text.clone()}</span> }.into_any());
    }
    parts.extend(below);
    if !view.earlier.is_empty() {
        parts.push(earlier(inbox, view));
    }
    parts.extend(view.revoked.map(|at| revoked(inbox, at)));
    let mut meta = vec![link_to(inbox, view)];
    meta.extend(undo(inbox, thread, view));
    meta.extend(view.status.map(|status| tick(inbox, status)));
    parts.push(view! { <span class="meta">{meta}</span> }.into_any());
    parts.extend(reacting::chip(inbox, view));
    let mut beside = Vec::new();
    beside.extend(waiting(inbox, thread, view));
    beside
        .extend(view.failure.as_ref().filter(|_| view.status == Some(Status::Failed)).map(|failure| failed(inbox, thread, view, failure)));
    beside.extend(reacting::failed(inbox, thread, view));
    view! {
        <div class="bubble" class:taken-back=view.revoked.is_some()>
            {parts}
        </div>
        {beside}
    }
    .into_any()
}

/// What it said before it was written anew, folded away. No list: a message is an item of one already.
fn earlier(inbox: Inbox, view: &MessageView) -> AnyView {
    let line = |earlier: &Earlier| {
        let until = inbox.words.time(inbox.local(earlier.until));
        let text = if earlier.text.is_empty() { inbox.words.placeholder(&view.kind) } else { earlier.text.clone() };
        view! { <p><s>{text}</s> " " {time_of(inbox, earlier.until, "", until)}</p> }
    };
    view! {
        <details class="earlier">
            <summary>{icon("pencil")} {inbox.words.edited}</summary>
            {view.earlier.iter().map(line).collect_view()}
        </details>
    }
    .into_any()
}

/// That whoever sent it took it back for everybody. What it said stays: somebody may have acted on it.
fn revoked(inbox: Inbox, at: Millis) -> AnyView {
    let when = inbox.words.moment(inbox.local(at), inbox.today.get());
    view! { <span class="revoked">{icon("ban")} {(inbox.words.revoked)(&when)}</span> }.into_any()
}

/// The name above a reply. The customer's stands in the heading; a screen reader hears it with each message.
fn speaker(inbox: Inbox, thread: &Thread, view: &MessageView) -> AnyView {
    let name = inbox.words.sender(view.sender, view.sender_name.as_deref(), inbox.is_me(view.sender_id));
    match name {
        None => {
            let row = thread.row.view.clone();
            view! { <span class="sr-only">{move || row.with(|row| format!("{}: ", row.name))}</span> }.into_any()
        }
        Some(name) => {
            let sign = (view.sender == Sender::Assistant).then(|| icon("sparkles"));
            view! { <div class="who">{sign} {name}</div> }.into_any()
        }
    }
}

fn quoted(inbox: Inbox, thread: &Thread, quote: &Quote) -> AnyView {
    let words = inbox.words;
    let inside = quoted_words(inbox, thread, quote);
    let Some(id) = quote.id else { return view! { <div class="quote">{inside}</div> }.into_any() };
    let thread = thread.clone();
    view! {
        <a
            class="quote"
            href=format!("#m-{id}")
            title=words.quote_of
            on:click=move |event| {
                event.prevent_default();
                inbox.reveal(thread.clone(), id);
            }
        >
            {inside}
        </a>
    }
    .into_any()
}

fn file(inbox: Inbox, view: &MessageView, media: &MediaView) -> AnyView {
    let words = inbox.words;
    let source = format!("/api/{}/media/{}", inbox.slug(), media.id);
    let name = media.file_name.clone().unwrap_or_else(|| words.placeholder(&view.kind));
    match media.state {
        MediaState::Waiting => state_of_file("clock", &name, words.media_waiting),
        MediaState::Failed => state_of_file("triangle-alert", &name, words.media_failed),
        MediaState::Stored => match media.mime.split('/').next() {
            Some("image") => {
                let class = if view.kind == "sticker" { "photo sticker" } else { "photo" };
                let alt = if view.text.is_empty() { name } else { format!("{}: {}", words.placeholder(&view.kind), view.text) };
                view! {
                    <a class=class href=source.clone() target="_blank" rel="external noopener" title=words.enlarge>
                        <img src=source.clone() alt=alt loading="lazy" decoding="async"/>
                    </a>
                }
                .into_any()
            }
            Some("video") => view! { <video class="clip" controls preload="metadata" src=source aria-label=name></video> }.into_any(),
            Some("audio") => view! { <audio class="voice" controls preload="none" src=source aria-label=name></audio> }.into_any(),
            _ => {
                let size = media.size.map(|bytes| words.size(bytes));
                let (label, corner, saved_as) = ((words.download)(&name), extension(&name, &media.mime), name.clone());
                view! {
                    <a class="file" href=source download=saved_as rel="external" aria-label=label>
                        <span class="ic" aria-hidden="true">{corner}</span>
                        <span class="file-name">
                            <b>{name}</b>
                            <small>{size}</small>
                        </span>
                        {icon("download")}
                    </a>
                }
                .into_any()
            }
        },
    }
}

fn state_of_file(icon_name: &'static str, name: &str, state: &'static str) -> AnyView {
    view! {
        <div class="file">
            <span class="ic">{icon(icon_name)}</span>
            <span class="file-name">
                <b>{name.to_owned()}</b>
                <small>{state}</small>
            </span>
        </div>
    }
    .into_any()
}

/// Up to four letters for the corner of a file: its extension, else what its type says.
pub(super) fn extension(name: &str, mime: &str) -> String {
    let of_name = name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| (1..=4).contains(&extension.len()));
    let shown = of_name.unwrap_or_else(|| mime.rsplit('/').next().unwrap_or_default());
    shown.chars().take(4).collect::<String>().to_uppercase()
}

/// A location, a contact, an order: what it says in a few lines.
fn card(inbox: Inbox, detail: &Detail) -> AnyView {
    let lines = detail.lines.iter().map(|line| view! { <span>{line.clone()}</span> }).collect_view();
    let link = detail.link.as_ref().filter(|link| link.starts_with("https:")).map(|link| {
        view! {
            <a href=link.clone() target="_blank" rel="external noopener noreferrer">
                {inbox.words.open_link}
            </a>
        }
    });
    view! {
        <div class="detail">
            <b>{detail.title.clone()}</b>
            {lines}
            {link}
        </div>
    }
    .into_any()
}

/// Why a message did not arrive, and the way to try again.
fn failed(inbox: Inbox, thread: &Thread, view: &MessageView, failure: &Failure) -> AnyView {
    let words = inbox.words;
    let details = (!failure.reason.is_empty()).then(|| {
        let code = (failure.code != 0).then(|| format!("{}: ", failure.code));
        view! {
            <details class="failure-details">
                <summary>{words.failure_details}</summary>
                {code}
                {failure.reason.clone()}
            </details>
        }
    });
    let (thread, id) = (thread.clone(), view.id);
    let again = inbox.may_reply().then(|| {
        view! {
            <form
                method="post"
                action=ResendMessage::url()
                on:submit={
                    let thread = thread.clone();
                    move |event| {
                        event.prevent_default();
                        inbox.resend(thread.clone(), id);
                    }
                }
            >
                <input type="hidden" name="workspace" value=inbox.slug()/>
                <input type="hidden" name="conversation" value=thread.row.id.to_string()/>
                <input type="hidden" name="message" value=id.to_string()/>
                <button class="btn" data-size="xs" data-variant="outline">
                    {words.resend}
                </button>
            </form>
        }
    });
    view! {
        <div class="failure">
            {icon_of("circle-alert", "i")}
            <span>{(words.failed)(words.failure_reason(failure))}</span>
            {again}
            {details}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::extension;

    #[test]
    fn a_file_wears_its_extension() {
        assert_eq!(extension("Rincian biaya.pdf", "application/octet-stream"), "PDF");
        assert_eq!(extension("catatan", "text/plain"), "PLAI");
        assert_eq!(extension("a.backup2026", "application/zip"), "ZIP");
    }
}
