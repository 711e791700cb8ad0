//! Notices that pass by: five seconds, longer while the pointer or the focus is on them.

use super::{
    each::each,
    icon::{icon, icon_of},
};
use leptos::prelude::*;
use std::time::Duration;

const SHOWN_FOR: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Toast {
    id: u32,
    text: String,
}

/// The notices on the screen. Provided by the page, shown by [`Toaster`].
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    held: RwSignal<bool>,
    next: StoredValue<u32>,
}

impl Toasts {
    pub fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), held: RwSignal::new(false), next: StoredValue::new(0) }
    }

    /// Shows that something failed.
    pub fn failed(self, text: String) {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.shown.update(|shown| shown.push(Toast { id, text }));
        self.dismiss_later(id);
    }

    fn dismiss_later(self, id: u32) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.dismiss_later(id),
                Some(false) => self.dismiss(id),
                None => {}
            },
            SHOWN_FOR,
        );
    }

    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the notices appear.
#[component]
pub fn Toaster(toasts: Toasts, label: &'static str, close: &'static str) -> impl IntoView {
    let toast = move |toast: Toast| {
        view! {
            <div role="alert" class="pop toast-row">
                {icon_of("circle-x", "i text-danger")}
                <span class="flex-1">{toast.text}</span>
                <button type="button" class="tool" aria-label=close on:click=move |_| toasts.dismiss(toast.id)>
                    {icon("x")}
                </button>
            </div>
        }
        .into_any()
    };
    view! {
        <section
            class="toasts"
            aria-label=label
            on:pointerenter=move |_| toasts.held.set(true)
            on:pointerleave=move |_| toasts.held.set(false)
            on:focusin=move |_| toasts.held.set(true)
            on:focusout=move |_| toasts.held.set(false)
        >
            {each(move || toasts.shown.get(), |toast| toast.id, toast)}
        </section>
    }
    .into_any()
}
