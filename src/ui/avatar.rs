//! Round marks with initials, in one of eight stable colours.

use super::icon::icon;
use leptos::prelude::*;

/// `colour` is 1 to 8; `size` is empty (list), `s` (in text), `m` or `l` (heading of a panel). Hidden from screen readers: the name stands
/// beside it.
pub fn avatar(colour: u8, initials: String, size: &'static str) -> AnyView {
    view! {
        <span class=format!("av a{colour} {size}") aria-hidden="true">
            {initials}
        </span>
    }
    .into_any()
}

/// The assistant's mark.
pub fn assistant_avatar(size: &'static str) -> AnyView {
    view! {
        <span class=format!("av ari {size}") aria-hidden="true">
            {icon("sparkles")}
        </span>
    }
    .into_any()
}
