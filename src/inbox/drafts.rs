//! Unsent texts. Each belongs to a conversation, a person and a workspace, is kept in the browser across reloads, and goes when it is sent or somebody
//! signs out. Browser only, save for the names.

use super::store::{Inbox, Thread, Writing};
use crate::{ids::ConversationId, ui::browser};
use leptos::{html, prelude::*};

/// What the keys of drafts begin with: a person's in a workspace. Whoever signs in next at the same browser has another.
fn prefix(inbox: Inbox) -> String {
    inbox.viewer.with_value(|viewer| format!("{}/{}/", viewer.workspace_slug, viewer.person.id))
}

/// The key of one draft; a note's ends in a mark.
fn key(inbox: Inbox, conversation: ConversationId, writing: Writing) -> String {
    let mark = match writing {
        Writing::Reply => "",
        Writing::Note => "/note",
    };
    format!("{}{conversation}{mark}", prefix(inbox))
}

impl Inbox {
    /// Keeps what is written under a thread, or forgets it once it is empty.
    pub(super) fn keep_drafts(self, thread: &Thread) {
        let id = thread.row.id;
        for writing in [Writing::Reply, Writing::Note] {
            thread.draft_of(writing).with_untracked(|draft| browser::keep_draft(&key(self, id, writing), draft));
        }
        let has = [Writing::Reply, Writing::Note]
            .iter()
            .any(|writing| thread.draft_of(*writing).with_untracked(|draft| !draft.trim().is_empty()));
        if self.drafts.with_untracked(|drafts| drafts.contains(&id)) != has {
            self.drafts.update(|drafts| match has {
                true => drafts.push(id),
                false => drafts.retain(|known| *known != id),
            });
        }
    }

    /// Finds out where something unsent was left in this browser.
    pub(super) fn find_drafts(self) {
        let of = |kept: &String| kept.trim_end_matches("/note").parse().ok();
        let mut found: Vec<ConversationId> = browser::kept_drafts(&prefix(self)).iter().filter_map(of).collect();
        found.sort_unstable();
        found.dedup();
        self.drafts.set(found);
    }
}

/// The box and its draft follow each other. What was typed before this code ran is taken over, not wiped; else what was kept comes back.
pub fn follow(inbox: Inbox, thread: &Thread, writing: Writing, box_ref: NodeRef<html::Textarea>) {
    let thread = thread.clone();
    Effect::new(move |before: Option<()>| {
        let Some(element) = box_ref.get() else { return };
        let draft = thread.draft_of(writing);
        let text = draft.get();
        let typed = element.value();
        if before.is_none() && text.is_empty() {
            // The other draft is read at the same moment: keeping writes both.
            for other in [Writing::Reply, Writing::Note] {
                let unread = thread.draft_of(other).with_untracked(String::is_empty);
                let kept = browser::kept_draft(&key(inbox, thread.row.id, other));
                if unread && !kept.is_empty() && (other != writing || typed.is_empty()) {
                    thread.draft_of(other).set(kept);
                }
            }
            if !typed.is_empty() {
                draft.set(typed);
            }
        } else {
            if typed != text {
                element.set_value(&text);
            }
            inbox.keep_drafts(&thread);
        }
        browser::grow(&element);
    });
}
