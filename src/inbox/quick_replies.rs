//! Texts kept ready, in the composer: `/` opens the list, what follows filters it, and the chosen one takes the place of what was typed.

use super::{
    model::*,
    store::{Inbox, Thread},
};
use crate::ui::{browser, icon::icon};
use leptos::prelude::*;

/// How many are offered at a time.
const OFFERED: usize = 20;
/// The list's id, and what the ids of its items begin with.
pub const LIST: &str = "quick-replies";

/// What follows the slash, when the box holds nothing but one word that begins with one.
fn asked(text: &str) -> Option<&str> {
    text.strip_prefix('/').filter(|word| !word.contains(char::is_whitespace))
}

/// Those that fit: first by the beginning of the shortcut, then by what they say.
fn fitting(all: &[QuickReply], word: &str) -> Vec<QuickReply> {
    let word = word.to_lowercase();
    let begins = |reply: &&QuickReply| reply.shortcut.to_lowercase().starts_with(&word);
    let says = |reply: &&QuickReply| reply.shortcut.to_lowercase().contains(&word) || reply.text.to_lowercase().contains(&word);
    let others = all.iter().filter(|reply| !begins(reply) && says(reply));
    all.iter().filter(begins).chain(others).take(OFFERED).cloned().collect()
}

/// The text with its variables filled. A customer without a name, whom lists call by the number, is left unnamed.
pub fn filled(text: &str, customer: &str, agent: &str) -> String {
    let named = customer.chars().any(char::is_alphabetic) && !customer.starts_with('+');
    let customer = if named { customer } else { "" };
    // One pass: what a name brings along is no variable.
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let value = after.split_once("}}").and_then(|(variable, after)| match variable.trim() {
            "name" => Some((customer, after)),
            "agent" => Some((agent, after)),
            _ => None,
        });
        rest = match value {
            Some((value, after)) => {
                // "Halo {{name}}, …" to nobody is "Halo, …".
                if value.is_empty() && out.ends_with(' ') && after.starts_with(|c: char| !c.is_alphanumeric()) {
                    out.pop();
                }
                out.push_str(value);
                after
            }
            None => {
                out.push_str("{{");
                after
            }
        };
    }
    out.push_str(rest);
    out
}

/// The list above the box, and what is chosen in it.
#[derive(Clone)]
pub struct Picker {
    inbox: Inbox,
    thread: Thread,
    /// What is offered; nothing while the list is shut.
    offered: Memo<Option<Vec<QuickReply>>>,
    at: RwSignal<usize>,
    /// Shut by hand, until the word is another.
    shut: RwSignal<bool>,
}

impl Picker {
    pub fn new(inbox: Inbox, thread: &Thread) -> Self {
        let (at, shut) = (RwSignal::new(0), RwSignal::new(false));
        let draft = thread.draft.clone();
        let asks = Memo::new({
            let draft = draft.clone();
            move |_| draft.with(|draft| asked(draft).map(str::to_owned))
        });
        let offered = Memo::new(move |_| {
            let word = asks.get().filter(|_| !shut.get())?;
            Some(inbox.quick_replies.with(|all| fitting(all.as_deref().unwrap_or_default(), &word)))
        });
        // Each time the list opens it is looked at anew; each further letter begins at the top.
        Effect::new(move |before: Option<bool>| {
            let asks = asks.get().is_some();
            at.set(0);
            if asks && before != Some(true) {
                inbox.fetch_quick_replies();
            }
            if !asks {
                shut.set(false);
            }
            asks
        });
        Self { inbox, thread: thread.clone(), offered, at, shut }
    }

    pub fn is_open(&self) -> bool {
        self.offered.with(Option::is_some)
    }

    /// The id of the chosen item, for `aria-activedescendant`.
    pub fn active(&self) -> Option<String> {
        let some = self.offered.with(|offered| offered.as_ref().is_some_and(|offered| !offered.is_empty()));
        some.then(|| format!("{LIST}-{}", self.at.get()))
    }

    /// Opens the list for somebody without a slash at hand.
    fn open(&self) {
        self.shut.set(false);
        self.thread.draft.update(|draft| {
            if draft.trim().is_empty() {
                *draft = "/".into();
            }
        });
        browser::focus_on("reply");
    }

    fn insert(&self, reply: &QuickReply) {
        let customer = self.thread.row.view.with_untracked(|view| view.name.clone());
        let agent = self.inbox.viewer.with_value(|viewer| viewer.person.name.clone());
        self.thread.draft.set(filled(&reply.text, &customer, &agent));
        browser::focus_on("reply");
    }

    /// A key in the box. True when it was meant for the list.
    pub fn takes(&self, event: &web_sys::KeyboardEvent) -> bool {
        let Some(offered) = self.offered.get_untracked().filter(|_| !event.is_composing()) else { return false };
        let (count, at) = (offered.len(), self.at.get_untracked());
        match (event.key().as_str(), offered.get(at)) {
            ("Escape", _) => self.shut.set(true),
            ("ArrowDown", Some(_)) => self.choose((at + 1) % count),
            ("ArrowUp", Some(_)) => self.choose((at + count - 1) % count),
            ("Enter", Some(reply)) if !event.shift_key() => self.insert(reply),
            ("Tab", Some(reply)) if !event.shift_key() => self.insert(reply),
            // The list is on its way: what was typed is its shortcut and nothing for the customer.
            ("Enter", None) if self.inbox.quick_replies.with_untracked(Option::is_none) => {}
            _ => return false,
        }
        event.prevent_default();
        true
    }

    fn choose(&self, at: usize) {
        self.at.set(at);
        browser::into_view(&format!("{LIST}-{at}"));
    }

    /// The list.
    pub fn view(&self) -> AnyView {
        let picker = self.clone();
        let words = self.inbox.words;
        (move || {
            let offered = picker.offered.get()?;
            let empty = offered.is_empty().then(|| view! { <p class="ready-none">{words.no_quick_replies}</p> });
            let items = offered
                .into_iter()
                .enumerate()
                .map(|(place, reply)| {
                    let (at, picker) = (picker.at, picker.clone());
                    let (shortcut, text) = (format!("/{}", reply.shortcut), reply.text.clone());
                    view! {
                        <li
                            id=format!("{LIST}-{place}")
                            role="option"
                            aria-selected=move || (at.get() == place).to_string()
                            // The box keeps the focus.
                            on:mousedown=|event| event.prevent_default()
                            on:click=move |_| picker.insert(&reply)
                        >
                            <b>{shortcut}</b>
                            <span>{text}</span>
                        </li>
                    }
                })
                .collect_view();
            Some(view! {
                <div class="ready">
                    <ul id=LIST role="listbox" aria-label=words.quick_replies>
                        {items}
                    </ul>
                    {empty}
                </div>
            })
        })
        .into_any()
    }

    /// The way in for the mouse; without script to the page where they stand.
    pub fn link(&self) -> AnyView {
        let words = self.inbox.words;
        let picker = self.clone();
        view! {
            <a
                class="tool"
                href=format!("/{}/settings/quick-replies", self.inbox.slug())
                rel="external"
                aria-label=words.quick_replies
                title=words.quick_replies
                on:click=move |event| {
                    event.prevent_default();
                    picker.open();
                }
            >
                {icon("zap")}
            </a>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replies() -> Vec<QuickReply> {
        [
            ("alamat", "Kantor kami di Bandung"),
            ("harga", "Harga paket"),
            ("jam", "Buka 9 sampai 5, lihat alamat"),
            ("Halo", "Halo {{name}}"),
        ]
        .into_iter()
        .map(|(shortcut, text)| QuickReply { id: uuid::Uuid::nil(), shortcut: shortcut.into(), text: text.into() })
        .collect()
    }

    fn found(word: &str) -> Vec<String> {
        fitting(&replies(), word).into_iter().map(|reply| reply.shortcut).collect()
    }

    #[test]
    fn a_slash_asks_only_at_the_beginning_of_the_only_word() {
        assert_eq!(asked("/"), Some(""));
        assert_eq!(asked("/ha"), Some("ha"));
        for text in ["", "ha", "a/b", " /ha", "/ha rga", "/\n"] {
            assert_eq!(asked(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_shortcut_counts_before_the_text() {
        assert_eq!(found("").len(), 4);
        assert_eq!(found("HA"), ["harga", "Halo", "jam"], "lihat comes last");
        assert_eq!(found("alamat"), ["alamat", "jam"]);
        assert!(found("xyz").is_empty());
    }

    #[test]
    fn variables_are_filled_once() {
        assert_eq!(filled("Halo {{name}}, saya {{ agent }}.", "Nadia Putri", "Rani"), "Halo Nadia Putri, saya Rani.");
        assert_eq!(filled("Halo {{name}}, apa kabar?", "+62 812-0000", "Rani"), "Halo, apa kabar?");
        assert_eq!(filled("{{name}}", "{{agent}}", "Rani"), "{{agent}}", "a name is no variable");
        assert_eq!(filled("{{price}} {{name", "Nadia", "Rani"), "{{price}} {{name");
    }
}
