//! Icons out of one sprite (`public/icons.svg`, lucide). They carry no meaning of their own: the control beside them has the name.

use leptos::prelude::*;

/// The icon `name` of the sprite, one line of text high.
pub fn icon(name: &'static str) -> AnyView {
    icon_of(name, "i")
}

/// The same with more classes than `i` (a size, a colour).
pub fn icon_of(name: &'static str, class: &'static str) -> AnyView {
    view! {
        <svg class=class aria-hidden="true">
            <use href=format!("/icons.svg#{name}")></use>
        </svg>
    }
    .into_any()
}

/// The product's mark, `size` pixels square.
pub fn brand_mark(size: &'static str) -> AnyView {
    view! {
        <svg width=size height=size viewBox="0 0 32 32" aria-hidden="true">
            <use href="/icons.svg#brand"></use>
        </svg>
    }
    .into_any()
}
