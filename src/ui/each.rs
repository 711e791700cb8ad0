//! Lists whose items keep their elements as they move. All of them go through one `For`: made anew for each type of item it weighs some 7 kB of WASM every time.

use leptos::prelude::*;
use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

/// An item as a list knows it: what it is recognised by, and how it is made.
struct Part {
    key: u64,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// The items, each made by `children` once for as long as one with its `key` is there. Keys are compared by a hash of 64 bits.
pub fn each<T, I, K>(
    items: impl Fn() -> I + Send + Sync + 'static,
    key: impl Fn(&T) -> K + Send + Sync + 'static,
    children: impl Fn(T) -> AnyView + Send + Sync + 'static,
) -> AnyView
where
    T: Send + 'static,
    I: IntoIterator<Item = T>,
    K: Hash,
{
    let children = Arc::new(children);
    parts(Box::new(move || {
        let part = |item: T| {
            let mut hasher = DefaultHasher::new();
            key(&item).hash(&mut hasher);
            let children = children.clone();
            Part { key: hasher.finish(), make: Box::new(move || children(item)) }
        };
        items().into_iter().map(part).collect()
    }))
}

fn parts(parts: Box<dyn Fn() -> Vec<Part> + Send + Sync>) -> AnyView {
    view! { <For each=parts key=|part| part.key children=|part: Part| (part.make)()/> }.into_any()
}
