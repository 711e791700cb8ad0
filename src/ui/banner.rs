//! A line across a pane that says what is going on.

use super::icon::icon;
use leptos::prelude::*;

/// What a banner means: its colour and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Time or connection is short.
    Attention,
    /// It failed.
    Danger,
    /// Worth knowing.
    Info,
}

/// `icon_name` beside `text`. Failures are announced at once; what comes and goes by itself is not.
pub fn banner(tone: Tone, icon_name: &'static str, text: AnyView) -> AnyView {
    let (class, role) = match tone {
        Tone::Attention => ("banner off", "note"),
        Tone::Danger => ("banner err", "alert"),
        Tone::Info => ("banner info", "note"),
    };
    view! {
        <div class=class role=role>
            {icon(icon_name)}
            <div class="flex-1">{text}</div>
        </div>
    }
    .into_any()
}
