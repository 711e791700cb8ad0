//! `/{workspace}/inbox/{conversation}/score`: what a conversation's chat score is made of (F78), each point with the message that it is for. A plain page.

use super::{
    plain,
    scoring::{self, Mark, Part, Reason, Score},
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::*,
    server::request,
    time::Millis,
    ui::{load::blank, title::in_title},
    words::{
        self, Words,
        server::{ScoreWords, fill},
        use_words,
    },
};
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_params_map};

/// Everything a part of the page is made of.
struct Page {
    say: &'static ScoreWords,
    words: &'static Words,
    viewer: Viewer,
    id: ConversationId,
    score: Score,
}

/// The page.
#[component]
pub fn ScorePage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let id = conversation.ok_or(AppError::NotFound)?;
            let score = scoring::read(&app, &scope, id).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            Ok(Page { say: words.locale.score(), words, viewer, id, score })
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
        let title = fill(self.say.title, &[&self.score.name]);
        let content = match self.score.days {
            0 => blank(2, "message-circle", self.say.nothing_title.into(), self.say.nothing_text.into(), ().into_any()),
            _ => self.score(),
        };
        let content = view! {
            <h1>{title.clone()}</h1>
            {content}
        };
        let back = format!("/{}/inbox/{}?panel=contact", self.viewer.workspace_slug, self.id);
        plain::page(in_title(&title), back, self.words.back_to_conversation, "plain-main score", content.into_any())
    }

    fn score(&self) -> AnyView {
        let say = self.say;
        let score = scoring::score(self.score.marks);
        let degree = temperature(score);
        let parts = Part::ALL.map(|part| {
            let (id, name) = match part {
                Part::Engagement => ("engagement", say.engagement),
                Part::Interest => ("interest", say.interest),
                Part::Given => ("given", say.given),
                Part::Deeds => ("deeds", say.deeds),
            };
            let (points, most) = (scoring::points(self.score.marks, part), part.most());
            let of = fill(say.of, &[&points.to_string(), &most.to_string()]);
            view! {
                <li>
                    <span id=id>{name}</span>
                    <meter min="0" max=most value=points aria-labelledby=id>
                        {of}
                    </meter>
                    <span class="num">
                        <b>{points}</b>
                        "/"
                        {most}
                    </span>
                </li>
            }
        });
        let off = scoring::put_off(self.score.marks).then(|| {
            view! { <li><span>{say.put_off}</span> <span></span> <span class="num">{worth(Mark::PutOff.points())}</span></li> }
        });
        let days = match self.score.days {
            1 => say.one_day.to_owned(),
            days @ 2..4 => fill(say.days, &[&days.to_string()]),
            _ => say.many_days.to_owned(),
        };
        let days = view! { <li>{worth(scoring::points(self.score.marks, Part::Engagement))} <span>{days}</span></li> };
        let reasons = self.score.reasons.iter().map(|reason| self.reason(reason)).collect_view();
        let missing: Vec<_> = Mark::ALL
            .into_iter()
            .filter(|mark| !self.score.reasons.iter().any(|reason| reason.mark == *mark))
            .map(|mark| view! { <li>{worth(mark.points())} <span>{self.named(mark)}</span></li> })
            .collect();
        let more_days = (scoring::points(self.score.marks, Part::Engagement) < Part::Engagement.most())
            .then(|| view! { <li>{worth(scoring::next_day(self.score.marks))} <span>{say.missing_day}</span></li> });
        let rest = (!missing.is_empty() || more_days.is_some()).then(|| {
            view! {
                <section class="card" aria-labelledby="missing">
                    <h2 id="missing">{say.missing}</h2>
                    <ul class="reasons muted">{more_days} {missing}</ul>
                </section>
            }
        });
        view! {
            <section class="card" aria-label=say.parts>
                <p class="total">
                    <b class="num">{score}</b>
                    <span class="muted">{say.of_hundred}</span>
                    <span class="temperature">
                        <i class="degree" data-degree=degree></i>
                        {self.words.temperatures[degree]}
                    </span>
                </p>
                <ul class="parts">{parts.collect_view()} {off}</ul>
            </section>
            <section class="card" aria-labelledby="why">
                <h2 id="why">{fill(say.why, &[&score.to_string()])}</h2>
                <ul class="reasons">{days} {reasons}</ul>
            </section>
            {rest}
            <p class="cap muted">{say.how}</p>
        }
        .into_any()
    }

    fn reason(&self, reason: &Reason) -> impl IntoView + use<> {
        let id = reason.message;
        let href = format!("/{}/inbox/{}?at={id}#m-{id}", self.viewer.workspace_slug, self.id);
        let words = (!reason.words.is_empty()).then(|| view! { <span class="muted">" “" {reason.words.clone()} "”"</span> });
        view! {
            <li>
                {worth(reason.mark.points())}
                <a href=href rel="external">
                    {self.named(reason.mark)}
                    {words}
                </a>
                <span class="cap muted">{self.moment(reason.at)}</span>
            </li>
        }
    }

    fn named(&self, mark: Mark) -> &'static str {
        let say = self.say;
        match mark {
            Mark::Price => say.price,
            Mark::Time => say.time,
            Mark::Details => say.details,
            Mark::Wants => say.wants,
            Mark::File => say.file,
            Mark::Reachable => say.reachable,
            Mark::Form => say.form,
            Mark::Order => say.order,
            Mark::Referred => say.referred,
            Mark::PutOff => say.put_off,
        }
    }

    fn moment(&self, at: Millis) -> String {
        let local = |at| words::local(at, self.viewer.offset_minutes);
        self.words.moment(local(at), local(self.viewer.now))
    }
}

/// Points as they are added or taken off.
fn worth(points: i32) -> impl IntoView {
    let sign = if points < 0 { "−" } else { "+" };
    view! { <b class="num worth" data-off=(points < 0).then_some("")>{format!("{sign}{}", points.abs())}</b> }
}
