//! What whoever takes over from ARI should know (F214): a strip between the head and the thread, each line a way to the message in which it stands.

use super::{
    model::*,
    store::{Inbox, Thread},
};
use crate::ui::icon::{icon, icon_of};
use leptos::prelude::*;

/// The strip, where there is something to know and the team answers. Open until a person has.
pub fn strip(inbox: Inbox, thread: &Thread) -> AnyView {
    let (row, card) = (thread.row.view.clone(), thread.handover.clone());
    // Once ARI answers, what was known is out of date: whoever takes over again waits for what is known then.
    Effect::new({
        let (row, card) = (row.clone(), card.clone());
        move |_| {
            if row.with(|view| view.holder == Holder::Ari) && card.with_untracked(Option::is_some) {
                card.set(None);
            }
        }
    });
    // That somebody has answered does not shut what one is reading; it is shut when one comes back.
    let lines = {
        let card = card.clone();
        Memo::new(move |_| card.with(|card| card.as_ref().map(|card| card.lines.clone())))
    };
    let thread = thread.clone();
    (move || {
        let lines = lines.get()?;
        let fresh = card.with_untracked(|card| card.as_ref().is_some_and(|card| card.fresh));
        Some(shown(inbox, &thread, &lines, fresh))
    })
    .into_any()
}

fn shown(inbox: Inbox, thread: &Thread, lines: &[HandoverLine], fresh: bool) -> AnyView {
    let work = inbox.words.locale.work();
    let line = |line: &HandoverLine| {
        let (thread, id) = (thread.clone(), line.message);
        view! {
            <dd>
                <a
                    class="cite"
                    href=inbox.address(Some(thread.row.id), &format!("at={id}"))
                    on:click=move |event| {
                        event.prevent_default();
                        inbox.reveal(thread.clone(), id);
                    }
                >
                    {line.text.clone()}
                </a>
            </dd>
        }
    };
    let groups = HandoverField::ALL.into_iter().zip(work.handover_fields).filter_map(|(field, name)| {
        let lines: Vec<_> = lines.iter().filter(|line| line.field == field).map(line).collect();
        let class = (field == HandoverField::Missing).then_some("need");
        (!lines.is_empty()).then(|| view! { <div class=class><dt>{name}</dt>{lines}</div> })
    });
    view! {
        <details class="handover" open=fresh>
            <summary>
                {icon_of("sparkles", "i size-3.5")}
                <span>{work.handover}</span>
                {icon("chevron-down")}
            </summary>
            <dl>{groups.collect_view()}</dl>
        </details>
    }
    .into_any()
}
