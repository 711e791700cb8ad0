//! Language and theme: chosen per browser, kept in cookies, known to the server before it renders.

use crate::words::{Locale, use_words};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Light, dark or what the system says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    Light,
    Dark,
    #[default]
    System,
}

impl Theme {
    /// The value of the cookie and of `<html data-theme>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            "system" => Some(Self::System),
            _ => None,
        }
    }
}

/// How this browser wants the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    pub locale: Locale,
    pub theme: Theme,
}

/// On the server out of the request's cookies; in the browser out of the page that the server made from them, so that both halves agree.
pub fn preferences() -> Preferences {
    #[cfg(feature = "ssr")]
    return crate::server::request::preferences();
    #[cfg(not(feature = "ssr"))]
    {
        let attribute = |name| document().document_element().and_then(|html| html.get_attribute(name)).unwrap_or_default();
        Preferences {
            locale: Locale::parse(&attribute("lang")).unwrap_or_default(),
            theme: Theme::parse(&attribute("data-theme")).unwrap_or_default(),
        }
    }
}

/// Runs before the first paint: the class `dark` follows `data-theme`, and the system's wish where that says `system`. The only part of
/// the theme that needs a script: a fixed choice is in the server's HTML.
pub const THEME_SCRIPT: &str = "(()=>{const h=document.documentElement,m=matchMedia('(prefers-color-scheme:dark)'),\
f=()=>h.classList.toggle('dark',h.dataset.theme==='dark'||h.dataset.theme==='system'&&m.matches);\
f();m.addEventListener('change',f);new MutationObserver(f).observe(h,{attributes:true,attributeFilter:['data-theme']})})()";

/// Language and theme as forms that work without script. `back` is where the server returns to.
#[component]
pub fn PreferencesForms(#[prop(into)] back: Signal<String>) -> impl IntoView {
    let words = use_words();
    let theme = RwSignal::new(preferences().theme);
    let locales = [(Locale::Id, "Bahasa Indonesia"), (Locale::En, "English")]
        .map(|(locale, name)| {
            let current = locale == words.locale;
            view! {
                <button class="mi" name="locale" value=locale.as_str() lang=locale.as_str() aria-pressed=current.to_string()>
                    {name}
                </button>
            }
        })
        .collect_view();
    let themes = [(Theme::Light, words.theme_light), (Theme::Dark, words.theme_dark), (Theme::System, words.theme_system)]
        .map(|(choice, name)| {
            view! {
                <button
                    class="mi"
                    name="theme"
                    value=choice.as_str()
                    aria-pressed=move || (theme.get() == choice).to_string()
                    on:click=move |event| {
                        if super::browser::choose_theme(choice.as_str()) {
                            event.prevent_default();
                            theme.set(choice);
                        }
                    }
                >
                    {name}
                </button>
            }
        })
        .collect_view();
    view! {
        <form method="post" action="/preferences" class="menu-group">
            <input type="hidden" name="back" value=move || back.get()/>
            <p class="menu-title" id="menu-language">{words.language}</p>
            <div role="group" aria-labelledby="menu-language">{locales}</div>
        </form>
        <form method="post" action="/preferences" class="menu-group">
            <input type="hidden" name="back" value=move || back.get()/>
            <p class="menu-title" id="menu-theme">{words.theme}</p>
            <div role="group" aria-labelledby="menu-theme">{themes}</div>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookie_values_survive_a_round_trip() {
        for theme in [Theme::Light, Theme::Dark, Theme::System] {
            assert_eq!(Theme::parse(theme.as_str()), Some(theme));
        }
        for locale in [Locale::Id, Locale::En] {
            assert_eq!(Locale::parse(locale.as_str()), Some(locale));
        }
        assert_eq!(Theme::parse("sepia"), None);
    }
}
