//! `/{workspace}/inbox/{conversation}/media?kind=media|files|links`: a contact's pictures and films, files, links. A plain page of links, which a
//! script makes larger on the spot (`lightbox`).

use super::{
    gallery::{self, Gallery, Kind},
    lightbox, links, plain,
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::{bubble::extension, model::*},
    server::request,
    ui::{icon::icon, load::blank, title::in_title},
    words::{
        self, Words,
        server::{GalleryWords, fill},
        use_words,
    },
};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};

/// Everything a part of the page is made of.
struct Page {
    say: &'static GalleryWords,
    words: &'static Words,
    viewer: Viewer,
    kind: Kind,
    /// It does not begin with the newest.
    goes_on: bool,
    gallery: Gallery,
}

/// The page.
#[component]
pub fn GalleryPage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let (kind, before) = use_location().query.with_untracked(|query| {
        (Kind::parse(&query.get("kind").unwrap_or_default()), query.get("before").and_then(|cursor| cursor.parse::<ListCursor>().ok()))
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let id = conversation.ok_or(AppError::NotFound)?;
            let gallery = gallery::page(&app, &scope, id, kind, before).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            Ok(Page { say: words.locale.gallery(), words, viewer, kind, goes_on: before.is_some(), gallery })
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

impl Page {
    fn view(&self) -> AnyView {
        let say = self.say;
        let title = fill(say.title, &[&self.gallery.conversation.name]);
        let tabs = Kind::ALL.map(|kind| {
            let name = match kind {
                Kind::Media => say.media,
                Kind::Files => say.files,
                Kind::Links => say.links,
            };
            view! {
                <li>
                    <a class="tab" href=format!("?kind={}", kind.as_str()) rel="external" aria-current=(kind == self.kind).then_some("true")>
                        {name}
                    </a>
                </li>
            }
        });
        let newest = self.goes_on.then(|| view! { <a class="more" href=self.address("") rel="external">{say.newest}</a> });
        let older = self.gallery.older.map(|cursor| {
            view! {
                <a class="more" href=self.address(&format!("&before={cursor}")) rel="external">
                    {say.older}
                    {icon("chevron-down")}
                </a>
            }
        });
        let shown = match (self.gallery.messages.is_empty(), self.kind) {
            (true, _) => self.nothing(),
            (false, Kind::Media) => self.pictures(),
            (false, Kind::Files) => self.listed(|message| vec![self.file(message)]),
            (false, Kind::Links) => {
                self.listed(|message| links::found(&message.text).iter().map(|link| self.link(message, link)).collect())
            }
        };
        let content = view! {
            <h1>{title.clone()}</h1>
            <nav class="views" aria-label=say.kinds>
                <ul>{tabs.collect_view()}</ul>
            </nav>
            {newest}
            {shown}
            {older}
            {(self.kind == Kind::Media).then(|| lightbox::parts(self.words))}
        };
        let back = self.conversation(self.gallery.conversation.id);
        plain::page(in_title(&title), back, self.words.back_to_conversation, "plain-main gallery", content.into_any())
    }

    fn nothing(&self) -> AnyView {
        let say = self.say;
        let (icon_name, title, text) = match self.kind {
            Kind::Media => ("image", say.no_media_title, say.no_media_text),
            Kind::Files => ("file-text", say.no_files_title, say.no_files_text),
            Kind::Links => ("link", say.no_links_title, say.no_links_text),
        };
        // Further on, or with more to come, it would not be true that there are none.
        if self.goes_on || self.gallery.older.is_some() {
            return view! { <p class="muted">{say.nothing_here}</p> }.into_any();
        }
        blank(2, icon_name, title.into(), text.into(), ().into_any())
    }

    /// The messages day by day.
    fn days(&self) -> Vec<(String, &[MessageView])> {
        let offset = self.viewer.offset_minutes;
        let today = words::local(self.viewer.now, offset);
        let days = self.gallery.messages.chunk_by(|a, b| words::local(a.at, offset).day_number == words::local(b.at, offset).day_number);
        days.filter_map(|day| Some((self.words.day(words::local(day.first()?.at, offset), today), day))).collect()
    }

    fn pictures(&self) -> AnyView {
        let days = self.days().into_iter().map(|(day, messages)| {
            view! {
                <section class="gallery-day">
                    <h2>{day}</h2>
                    <ul class="tiles">{messages.iter().map(|message| self.tile(message)).collect_view()}</ul>
                </section>
            }
        });
        days.collect_view().into_any()
    }

    fn tile(&self, message: &MessageView) -> AnyView {
        let Some(media) = &message.media else { return ().into_any() };
        let (say, source) = (self.say, self.source(media));
        let name = self.name(message, media);
        let inside = match (media.state, media.mime.split('/').next()) {
            (MediaState::Waiting, _) => self.missing("clock", say.waiting),
            (MediaState::Failed, _) => self.missing("triangle-alert", say.failed),
            (MediaState::Stored, Some("video")) => view! { <video controls preload="none" src=source aria-label=name></video> }.into_any(),
            (MediaState::Stored, _) => {
                let alt =
                    if message.text.is_empty() { name } else { format!("{}: {}", self.words.placeholder(&message.kind), message.text) };
                view! {
                    <a
                        class="tile-photo"
                        href=source.clone()
                        target="_blank"
                        rel="external noopener"
                        title=self.words.enlarge
                        data-who=self.who(message)
                        data-when=self.when(message)
                        data-caption=message.text.clone()
                    >
                        <img src=source.clone() alt=alt loading="lazy" decoding="async"/>
                    </a>
                }
                .into_any()
            }
        };
        let time = self.words.time(words::local(message.at, self.viewer.offset_minutes));
        view! {
            <li class="tile">
                {inside}
                <a class="tile-go" href=self.place(message) rel="external" aria-label=self.place_label(message)>
                    <span class="tile-who">{self.who(message)}</span>
                    <span class="num">{time}</span>
                </a>
            </li>
        }
        .into_any()
    }

    fn missing(&self, icon_name: &'static str, state: &'static str) -> AnyView {
        view! { <span class="tile-missing">{icon(icon_name)} {state}</span> }.into_any()
    }

    /// Messages as rows under their days.
    fn listed<'a>(&'a self, rows: impl Fn(&'a MessageView) -> Vec<AnyView>) -> AnyView {
        let days = self.days().into_iter().map(|(day, messages)| {
            view! {
                <section class="gallery-day">
                    <h2>{day}</h2>
                    <ul class="found-part">{messages.iter().flat_map(&rows).collect_view()}</ul>
                </section>
            }
        });
        days.collect_view().into_any()
    }

    fn file(&self, message: &MessageView) -> AnyView {
        let Some(media) = &message.media else { return ().into_any() };
        let name = self.name(message, media);
        let size = media.size.map(|bytes| self.words.size(bytes));
        let open = match media.state {
            MediaState::Stored => {
                let (label, saved_as, corner) = ((self.words.download)(&name), name.clone(), extension(&name, &media.mime));
                view! {
                    <a class="kept-open" href=self.source(media) download=saved_as rel="external" aria-label=label>
                        <span class="kept-sign" aria-hidden="true">{corner}</span>
                        {self.said(message, name, String::new(), size)}
                    </a>
                }
                .into_any()
            }
            state => {
                let waits = state == MediaState::Waiting;
                let (sign, said) = if waits { ("clock", self.say.waiting) } else { ("triangle-alert", self.say.failed) };
                view! {
                    <span class="kept-open">
                        <span class="kept-sign">{icon(sign)}</span>
                        {self.said(message, name, String::new(), Some(said.to_owned()))}
                    </span>
                }
                .into_any()
            }
        };
        view! { <li class="kept">{open} {self.go(message)}</li> }.into_any()
    }

    fn link(&self, message: &MessageView, link: &links::Link) -> AnyView {
        // Text nodes and an address that `links` has judged, whatever was written.
        view! {
            <li class="kept">
                <a class="kept-open" href=link.address.clone() target="_blank" rel="external noopener noreferrer nofollow">
                    <span class="kept-sign">{icon("link")}</span>
                    {self.said(message, link.host.clone(), link.rest.clone(), None)}
                </a>
                {self.go(message)}
            </li>
        }
        .into_any()
    }

    /// A row's two lines: what it is; how large, from whom and when.
    fn said(&self, message: &MessageView, what: String, more: String, state: Option<String>) -> AnyView {
        let about = [state, Some(self.who(message)), Some(self.when(message))].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        view! {
            <span class="kept-text">
                <span class="kept-name">
                    <b>{what}</b>
                    {more}
                </span>
                <small>{about}</small>
            </span>
        }
        .into_any()
    }

    /// The way to the message.
    fn go(&self, message: &MessageView) -> AnyView {
        let label = self.place_label(message);
        view! {
            <a class="tool kept-go" href=self.place(message) rel="external" title=label.clone() aria-label=label>
                {icon("message-circle")}
            </a>
        }
        .into_any()
    }

    fn place_label(&self, message: &MessageView) -> String {
        fill(self.say.open_message, &[&self.who(message), &self.when(message)])
    }

    fn place(&self, message: &MessageView) -> String {
        let id = message.id;
        format!("{}?at={id}#m-{id}", self.conversation(message.conversation_id))
    }

    fn who(&self, message: &MessageView) -> String {
        let mine = message.sender_id == Some(self.viewer.person.id);
        self.words.sender(message.sender, message.sender_name.as_deref(), mine).unwrap_or_else(|| self.gallery.conversation.name.clone())
    }

    fn when(&self, message: &MessageView) -> String {
        let at = |at| words::local(at, self.viewer.offset_minutes);
        self.words.moment(at(message.at), at(self.viewer.now))
    }

    fn name(&self, message: &MessageView, media: &MediaView) -> String {
        media.file_name.clone().unwrap_or_else(|| self.words.placeholder(&message.kind))
    }

    fn source(&self, media: &MediaView) -> String {
        format!("/api/{}/media/{}", self.viewer.workspace_slug, media.id)
    }

    fn conversation(&self, id: ConversationId) -> String {
        format!("/{}/inbox/{id}", self.viewer.workspace_slug)
    }

    fn address(&self, more: &str) -> String {
        format!("?kind={}{more}", self.kind.as_str())
    }
}
