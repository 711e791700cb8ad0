//! What stands where content is not there: still loading, nothing yet, or out of reach.

use super::icon::icon_of;
use leptos::prelude::*;

/// A picture, one sentence and the next step. `level` is the heading's: 1 when it is the page's only content.
pub fn blank(level: u8, icon_name: &'static str, title: String, text: String, next: AnyView) -> AnyView {
    let heading = match level {
        1 => view! { <h1 class="blank-title">{title}</h1> }.into_any(),
        _ => view! { <h2 class="blank-title">{title}</h2> }.into_any(),
    };
    view! {
        <div class="blank">
            <span class="blank-icon">{icon_of(icon_name, "i size-5")}</span>
            {heading}
            <p class="blank-text">{text}</p>
            <div class="blank-next">{next}</div>
        </div>
    }
    .into_any()
}

/// Grey rows in the height of a list's rows; CSS shows them only after 150 ms.
pub fn skeleton_rows(label: &'static str, count: usize) -> AnyView {
    let rows = (0..count)
        .map(|_| {
            view! {
                <div class="row">
                    <span class="sk sk-avatar"></span>
                    <span class="sk-lines">
                        <span class="sk sk-line"></span>
                        <span class="sk sk-line sk-long"></span>
                        <span class="sk sk-pill"></span>
                    </span>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="skeleton" aria-busy="true" role="status">
            <span class="sr-only">{label}</span>
            {rows}
        </div>
    }
    .into_any()
}

/// Grey bubbles, shown after 150 ms.
pub fn skeleton_bubbles(label: &'static str) -> AnyView {
    let bubbles = ["in", "out", "in", "in", "out"].map(|side| view! { <span class=format!("sk sk-bubble {side}")></span> }).collect_view();
    view! {
        <div class="skeleton skeleton-thread" aria-busy="true" role="status">
            <span class="sr-only">{label}</span>
            {bubbles}
        </div>
    }
    .into_any()
}
