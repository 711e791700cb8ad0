//! Somebody's browser: four tabs with the product's own store in each, fed by one real stream, and what a fresh load would show beside it.

mod acting;
mod checks;

pub use acting::Answer;

use super::model::{PEOPLE, Who};
use crate::support::*;
use leptos::{
    prelude::{GetUntracked, Owner, Set, WithUntracked},
    server_fn::ServerFn,
};
use my21staff::{
    error::{AppError, Conflict},
    ids::ConversationId,
    inbox::{
        api::CountConversations,
        list_view::{ListView, Totals, Whose},
        model::*,
        store::{Current, Inbox},
    },
    time::Millis,
    words::Locale,
};
use proptest::test_runner::TestCaseError;
use reqwest::StatusCode;
use std::time::Duration;

/// How a browser comes back to the stream.
#[derive(Clone, Copy, Debug)]
pub enum Return {
    /// Where it stopped.
    Stream,
    /// First by request for what it missed, as it does after an error.
    Request,
    /// The stream has forgotten where it stopped: everything is loaded anew into the same page.
    Reset,
    /// The page is loaded anew.
    Reload,
}

/// A stream that breaks.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// So many frames come through before.
    pub after: usize,
    /// The process that it comes back to.
    pub to: usize,
    pub back: Return,
}

struct Tab {
    inbox: Inbox,
    /// The last event that it applied.
    last: i64,
    /// How often the totals had to be counted anew.
    recounts: u32,
    /// A list that was chosen and has been read, and is not shown yet.
    coming: Option<(ListView, ConversationPage)>,
}

pub struct Screen {
    pub who: Who,
    slug: String,
    bases: [String; 2],
    actor: Actor,
    owner: Owner,
    /// The first is the one that is worked in; the others show the standing lists.
    tabs: Vec<Tab>,
    stream: Option<LiveStream>,
    last: i64,
    /// Answers that are overtaken by what the stream says.
    late: Vec<Answer>,
    /// Conversations that have to be loaded, because a frame said that they are another thing now.
    changed: Vec<ConversationId>,
}

/// How long somebody waits for what must come.
const PATIENCE: Duration = Duration::from_secs(8);
const STANDING: [Whose; 3] = [Whose::All, Whose::Mine, Whose::Unassigned];

impl Screen {
    pub async fn open(who: Who, slug: &str, bases: [String; 2], actor: Actor) -> Self {
        let mut screen = Self {
            who,
            slug: slug.to_owned(),
            bases,
            actor,
            owner: Owner::new(),
            tabs: Vec::new(),
            stream: None,
            last: 0,
            late: Vec::new(),
            changed: Vec::new(),
        };
        screen.load().await;
        screen
    }

    /// The browser at one of the processes.
    pub fn at(&self, process: usize) -> Actor {
        self.actor.at(&self.bases[process])
    }

    pub fn slug(&self) -> &str {
        &self.slug
    }

    pub fn is_away(&self) -> bool {
        self.stream.is_none()
    }

    /// Looks into the store where its signals live.
    fn look<T>(&self, look: impl FnOnce(&Self) -> T) -> T {
        self.owner.with(|| look(self))
    }

    pub fn inbox(&self) -> Inbox {
        self.tabs[0].inbox
    }

    /// The conversation in the middle of the first tab.
    fn current(&self) -> Option<ConversationId> {
        self.look(|screen| screen.inbox().current.with_untracked(Current::id))
    }

    /// Every page is loaded anew, with the conversation that was open.
    async fn load(&mut self) {
        let viewer: Viewer = good(self.actor.try_viewer(&self.slug).await).await;
        let mut views = vec![ListView::default()];
        let mut open = None;
        if !self.tabs.is_empty() {
            views = vec![self.look(|screen| screen.inbox().view.get_untracked())];
            open = self.current();
        }
        views.extend(STANDING.map(|whose| ListView { whose, ..ListView::default() }));
        self.owner.cleanup();
        self.owner = Owner::new();
        self.tabs.clear();
        self.late.clear();
        self.changed.clear();
        for (place, view) in views.into_iter().enumerate() {
            let page = self.actor.view(&self.slug, &view.to_string(), None).await;
            let opened = match open.filter(|_| place == 0) {
                // The server leads on.
                Some(id) => match self.thread(id).await {
                    Err(AppError::Conflict(Conflict::MergedInto(into))) => Some((into, self.thread(into).await)),
                    page => Some((id, page)),
                },
                None => None,
            };
            let viewer = viewer.clone();
            let inbox = self.owner.with(|| Inbox::new(viewer, view, page, None, opened, Locale::Id.words()));
            self.tabs.push(Tab { inbox, last: inbox.starts_after, recounts: 0, coming: None });
        }
        self.last = self.tabs.iter().map(|tab| tab.last).min().unwrap_or_default();
        self.connect().await;
    }

    async fn connect(&mut self) {
        self.stream = Some(self.actor.live(&self.slug, Some(self.last)).await);
    }

    pub fn leave(&mut self) {
        self.stream = None;
    }

    pub async fn come_back(&mut self, to: usize, back: Return) {
        self.actor = self.at(to);
        match back {
            Return::Stream => self.connect().await,
            Return::Request => {
                for frame in self.missed().await {
                    self.apply(frame);
                }
                self.connect().await;
            }
            Return::Reset => self.reset().await,
            Return::Reload => self.load().await,
        }
    }

    /// As `Inbox::reload` does it in the browser.
    async fn reset(&mut self) {
        let open = self.current();
        for place in 0..self.tabs.len() {
            let inbox = self.tabs[place].inbox;
            let view = self.look(|_| inbox.view.get_untracked());
            let page = self.actor.view(&self.slug, &view.to_string(), None).await;
            let thread = match open.filter(|_| place == 0) {
                Some(id) => Some((id, self.thread(id).await)),
                None => None,
            };
            let mut seq = page.seq;
            if let Some((id, Err(AppError::Conflict(Conflict::MergedInto(_))))) = &thread {
                self.changed.push(*id);
            }
            self.owner.with(|| {
                inbox.replace(page);
                match thread {
                    Some((id, Ok(page))) if inbox.thread(id).is_some() => {
                        seq = seq.min(page.seq);
                        inbox.replace_thread(page);
                    }
                    Some((id, page)) => {
                        seq = page.as_ref().map_or(seq, |page| seq.min(page.seq));
                        inbox.loaded(id, page);
                    }
                    None => {}
                }
            });
            self.tabs[place].last = seq;
            self.tabs[place].coming = None;
        }
        self.last = self.tabs.iter().map(|tab| tab.last).min().unwrap_or_default();
        self.connect().await;
    }

    async fn thread(&self, id: ConversationId) -> Result<ThreadPage, AppError> {
        let answer = self.actor.try_thread(&self.slug, id, None).await;
        match answer.status() {
            StatusCode::OK => Ok(good(answer).await),
            status => Err(refused_as(answer, status).await),
        }
    }

    /// What happened after the last frame, by request.
    async fn missed(&self) -> Vec<LiveFrame> {
        good(self.actor.get(&format!("/api/{}/events?after={}", self.slug, self.last)).await).await
    }

    /// Applies a frame. As `Inbox::something_new` does it in the browser, it is noted what must be loaded because of it.
    fn apply(&mut self, frame: LiveFrame) {
        self.last = frame.seq;
        let told = frame.conversation.as_ref().filter(|_| frame.kind == THREAD_CHANGED).map(|view| view.id);
        self.changed.extend(told.into_iter().chain(frame.gone));
        for tab in self.tabs.iter_mut().filter(|tab| tab.last < frame.seq) {
            tab.last = frame.seq;
            self.owner.with(|| tab.inbox.apply(frame.clone(), true));
        }
    }

    /// Hears everything up to the newest event, and does what a page does then. `sees_all`: every event is for them.
    pub async fn catch_up(&mut self, newest: i64, sees_all: bool, cut: Option<Cut>) -> Result<(), TestCaseError> {
        // Of what is not theirs nothing is heard, so they are asked which the last one is that they hear.
        let until = match sees_all {
            true => newest,
            false => self.missed().await.last().map_or(self.last, |frame| frame.seq),
        };
        if let Some(cut) = cut {
            for _ in 0..cut.after {
                if self.last < until {
                    self.hear(sees_all).await?;
                }
            }
            self.leave();
            self.come_back(cut.to, cut.back).await;
        }
        while self.last < until {
            self.hear(sees_all).await?;
        }
        self.settle().await
    }

    async fn hear(&mut self, sees_all: bool) -> Result<(), TestCaseError> {
        let Some(stream) = &mut self.stream else { return Err(TestCaseError::fail("nobody listens")) };
        let Ok(frame) = tokio::time::timeout(PATIENCE, stream.frame()).await else {
            return Err(TestCaseError::fail(format!("{} hears nothing after event {}", PEOPLE[self.who], self.last)));
        };
        let in_order = if sees_all { frame.seq == self.last + 1 } else { frame.seq > self.last };
        if !in_order {
            return Err(TestCaseError::fail(format!("{} hears event {} after event {}", PEOPLE[self.who], frame.seq, self.last)));
        }
        self.apply(frame);
        Ok(())
    }

    /// What a page does by itself once it has heard something: lists that were chosen are shown, totals counted anew.
    async fn settle(&mut self) -> Result<(), TestCaseError> {
        for answer in std::mem::take(&mut self.late) {
            self.take(answer);
        }
        for id in std::mem::take(&mut self.changed) {
            self.load_again(id).await;
        }
        for place in 0..self.tabs.len() {
            if let Some((view, page)) = self.tabs[place].coming.take() {
                self.show(place, &view, page).await?;
            }
        }
        let mut counted: Option<Totals> = None;
        for tab in &mut self.tabs {
            let asked = self.owner.with(|| tab.inbox.recount.get_untracked());
            if tab.recounts != asked {
                tab.recounts = asked;
                if counted.is_none() {
                    let address = format!("{}?workspace={}", CountConversations::PATH, self.slug);
                    counted = Some(good(self.actor.get(&address).await).await);
                }
                if let Some(totals) = &counted {
                    self.owner.with(|| tab.inbox.see_totals(totals.clone()));
                }
            }
        }
        Ok(())
    }

    /// Loads a conversation that is remembered or looked at, and goes on to the one that it became part of.
    async fn load_again(&mut self, id: ConversationId) {
        let inbox = self.inbox();
        if self.current() != Some(id) && self.look(|_| inbox.thread(id).is_none()) {
            return;
        }
        let page = self.thread(id).await;
        let into = match &page {
            Err(AppError::Conflict(Conflict::MergedInto(into))) if self.current() == Some(id) => Some(*into),
            _ => None,
        };
        self.owner.with(|| match page {
            Ok(page) if inbox.thread(id).is_some() => inbox.replace_thread(page),
            page => inbox.loaded(id, page),
        });
        if let Some(into) = into {
            self.read(into).await;
        }
    }

    async fn show(&mut self, place: usize, view: &ListView, page: ConversationPage) -> Result<(), TestCaseError> {
        let inbox = self.tabs[place].inbox;
        if !self.owner.with(|| inbox.show(view, page)) {
            let page = self.actor.view(&self.slug, &view.to_string(), None).await;
            if !self.owner.with(|| inbox.show(view, page)) {
                return Err(TestCaseError::fail("a list that was just read is of no use"));
            }
        }
        Ok(())
    }

    /// Chooses another list in the first tab. `late`: it is read at once and comes after what happens next.
    pub async fn choose(&mut self, view: ListView, late: bool) -> Result<(), TestCaseError> {
        let inbox = self.inbox();
        if self.look(|_| inbox.view.get_untracked() == view) {
            return Ok(());
        }
        self.owner.with(|| inbox.switch(view.clone()));
        let page = self.actor.view(&self.slug, &view.to_string(), None).await;
        match late {
            true => self.tabs[0].coming = Some((view, page)),
            false => {
                self.tabs[0].coming = None;
                self.show(0, &view, page).await?;
            }
        }
        Ok(())
    }

    /// Opens a conversation. Answers whether it was read.
    pub async fn read(&mut self, id: ConversationId) -> bool {
        let inbox = self.inbox();
        if !self.owner.with(|| inbox.open(Some(id))) {
            return false;
        }
        let page = self.thread(id).await;
        let found = page.is_ok();
        self.owner.with(|| inbox.loaded(id, page));
        found
    }

    pub fn moves_to(&self, now: Millis) {
        self.owner.with(|| self.tabs.iter().for_each(|tab| tab.inbox.now.set(now)));
    }

    /// The event up to which a conversation was seen here.
    pub fn seen_of(&self, id: ConversationId) -> i64 {
        self.look(|screen| screen.inbox().seen_of(id))
    }
}
