//! One case: each step done in the product and in the model, and everybody's screen looked at.

use super::{
    Happens, Place, REFUSED, Step,
    model::{Deed, Model, Refused, SEKAR, Who, snoozed_until},
    screen::{Answer, Return, Screen},
    sent_as,
};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::{api::*, model::*, store::Writing},
    server::clock::from_millis,
    time::{DAY, HOUR, Millis},
};
use proptest::{prelude::*, test_runner::TestCaseError};
use reqwest::Response;
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How far the clock goes from step to step. With waits of whole hours no two steps have the same second, nor has a message that comes late.
const STEP: Millis = 1_000_000;
/// How long a case may take, by its clock: sessions end after a week.
const LONGEST: Millis = 5 * DAY;

/// One of our messages as the provider knows it, and which line it is; none once it was sent again under another name.
struct Sent {
    name: String,
    /// Whose it is by now, and whose number it went to.
    customer: usize,
    phone: usize,
    line: Option<usize>,
}

pub struct Play<'a> {
    place: &'a Place,
    number: String,
    workspace: Uuid,
    people: [Uuid; 3],
    began: Millis,
    model: Model,
    screens: Vec<Screen>,
    /// The customers' deliveries so far.
    said: Vec<String>,
    /// Their messages: whose number, what the provider calls it, what it said first.
    messages: Vec<(usize, String, String)>,
    sent: Vec<Sent>,
    /// Our messages by customer and line, with how often they were sent.
    ours: BTreeMap<(usize, usize), (MessageId, u32)>,
}

fn phone(customer: usize) -> String {
    format!("628110000000{customer}")
}

impl<'a> Play<'a> {
    pub async fn begin(place: &'a Place, slug: &str, number: String, workspace: Uuid, emails: [&str; 3]) -> Self {
        let began = place.clock.millis() + HOUR;
        place.clock.set(began);
        let bases = [place.apps[0].base.clone(), place.apps[1].base.clone()];
        let mut screens = Vec::new();
        let mut people = [Uuid::nil(); 3];
        for (who, email) in emails.into_iter().enumerate() {
            let actor = place.apps[who % 2].sign_in(email).await;
            let screen = Screen::open(who, slug, bases.clone(), actor).await;
            people[who] = screen.inbox().me().0;
            screens.push(screen);
        }
        let (said, messages, sent, ours) = Default::default();
        Self { place, number, workspace, people, began, model: Model::new(began), screens, said, messages, sent, ours }
    }

    /// The clock moves, something happens, and everybody hears of it.
    pub async fn step(&mut self, step: &Step) -> Result<(), TestCaseError> {
        self.model.step += 1;
        self.pass(STEP).await;
        match &step.happens {
            Happens::Says { customer, messages, name, late } => self.says(step.at, *customer, *messages, *name, *late).await,
            Happens::Again(which) if !self.said.is_empty() => {
                let body = which.get(&self.said).clone();
                self.place.apps[step.at].deliver(body).await;
            }
            Happens::Again(_) => {}
            Happens::Changes { message, text } if !self.messages.is_empty() => {
                let message = message.get(&self.messages).clone();
                self.changes(step.at, message, *text).await;
            }
            Happens::Changes { .. } => {}
            Happens::Typed { customer } => self.typed(step.at, *customer).await,
            Happens::Report { message, status } if !self.sent.is_empty() => {
                let sent = message.get(&self.sent);
                self.place.apps[step.at].deliver(self.report(&sent.name, sent.phone, *status)).await;
                if let Some(line) = sent.line {
                    self.model.report(sent.customer, line, *status);
                }
            }
            Happens::Report { .. } => {}
            Happens::Does { who, customer, deed, late } => self.does(step.at, *who, self.model.whose(*customer), deed, *late).await?,
            Happens::Merges { who, keep, other } => self.merges(step.at, *who, *keep, *other).await?,
            Happens::Waits { hours } => {
                if self.place.clock.millis() + hours * HOUR < self.began + LONGEST {
                    self.pass(hours * HOUR).await;
                }
            }
            Happens::Leaves { who } => self.screens[*who].leave(),
            Happens::Returns { who, to, back } => self.returns(*who, *to, *back).await,
            Happens::Opens { who, customer } => {
                let customer = self.model.whose(*customer);
                let id = self.id_of(customer);
                if self.screens[*who].read(id).await {
                    self.model.reads(*who, customer);
                }
            }
            Happens::Chooses { who, view, late } => self.screens[*who].choose(view.clone(), *late).await?,
        }
        self.done().await;
        self.look(step).await
    }

    /// Who is away comes back, and sees the same.
    pub async fn end(&mut self) -> Result<(), TestCaseError> {
        for who in 0..self.screens.len() {
            if self.screens[who].is_away() {
                self.returns(who, who % 2, Return::Stream).await;
            }
        }
        self.look(&Step { happens: Happens::Waits { hours: 0 }, at: 0, cut: None }).await
    }

    async fn returns(&mut self, who: Who, to: usize, back: Return) {
        self.screens[who].leave();
        self.screens[who].come_back(to, back).await;
    }

    /// Time goes by, and what was put off until now comes back.
    async fn pass(&mut self, time: Millis) {
        self.place.clock.set(self.place.clock.millis() + time);
        self.model.now = self.place.clock.millis();
        self.model.wake();
        for screen in &self.screens {
            screen.moves_to(self.model.now);
        }
        self.done().await;
    }

    /// Waits until no job is due.
    async fn done(&self) {
        eventually("all jobs are done", async || {
            let due: i64 = sqlx::query_scalar(
                "select count(*) from job where workspace_id = $1 and (state = 'running' or (state = 'waiting' and run_at <= $2))",
            )
            .bind(self.workspace)
            .bind(self.place.clock.now())
            .fetch_one(&self.place.pool)
            .await
            .expect("the queue");
            if due > 0 {
                self.place.apps.iter().for_each(|app| app.app.jobs.bell.notify_one());
            }
            (due == 0).then_some(())
        })
        .await;
    }

    /// Everybody who is there hears of all that happened, and their screens are compared.
    async fn look(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let newest: i64 = sqlx::query_scalar("select last_seq from workspace_sequence where workspace_id = $1")
            .bind(self.workspace)
            .fetch_one(&self.place.pool)
            .await
            .expect("a counter");
        let (model, people) = (&self.model, &self.people);
        let looks = self.screens.iter_mut().filter(|screen| !screen.is_away()).map(async |screen| {
            let cut = step.cut.filter(|(who, _)| *who == screen.who).map(|(_, cut)| cut);
            screen.catch_up(newest, screen.who != SEKAR, cut).await?;
            screen.check(model, people).await
        });
        futures::future::join_all(looks).await.into_iter().collect::<Result<Vec<()>, _>>()?;
        for screen in self.screens.iter().filter(|screen| !screen.is_away()) {
            self.model.hears(screen.who);
        }
        Ok(())
    }

    fn id_of(&self, customer: usize) -> ConversationId {
        ConversationId(self.model.talks.get(&customer).map_or_else(Uuid::new_v4, |talk| talk.id))
    }

    /// The conversation with a customer, which may have begun just now.
    async fn find(&self, customer: usize) -> Uuid {
        sqlx::query_scalar(
            "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id
             where c.workspace_id = $1 and i.value = $2",
        )
        .bind(self.workspace)
        .bind(format!("+{}", phone(customer)))
        .fetch_one(&self.place.pool)
        .await
        .expect("a conversation")
    }

    async fn says(&mut self, at: usize, customer: usize, messages: usize, name: u8, late: bool) {
        let step = self.model.step;
        let begin = match late {
            true => self.model.now - 5 * STEP / 2 - step as Millis * 1_000,
            false => self.model.now,
        };
        let name = format!("Pelanggan {customer} {name}");
        let said: Vec<(Millis, String)> =
            (0..if late { 1 } else { messages }).map(|nth| (begin + nth as Millis * 1_000, format!("pesan {step}.{nth}"))).collect();
        let bodies: Vec<String> = said
            .iter()
            .enumerate()
            .map(|(nth, (at, text))| {
                let content = json!({ "type": "text", "text": { "body": text } });
                let mut body = inbound(&self.number, &phone(customer), &format!("wamid.{}.in.{step}.{nth}", self.number), *at, content);
                body["conversation"]["contact_name"] = json!(name);
                body.to_string()
            })
            .collect();
        let named =
            said.iter().enumerate().map(|(nth, (_, text))| (customer, format!("wamid.{}.in.{step}.{nth}", self.number), text.clone()));
        self.messages.extend(named);
        let body = if let [only] = &bodies[..] { only.clone() } else { batch(&bodies) };
        self.place.apps[at].deliver(body.clone()).await;
        self.said.push(body);
        let id = self.find(customer).await;
        self.model.customer_says(self.model.whose(customer), id, &name, &said);
    }

    /// The customer writes a message anew, or takes it back.
    async fn changes(&mut self, at: usize, (customer, wamid, first): (usize, String, String), anew: bool) {
        let step = self.model.step;
        let text = format!("jadi {step}");
        let own = match anew {
            true => {
                let message = json!({ "type": "text", "text": { "body": text } });
                json!({ "type": "edit", "edit": { "original_message_id": wamid, "message": message } })
            }
            false => json!({ "type": "revoke", "revoke": { "original_message_id": wamid } }),
        };
        let id = format!("wamid.{}.change.{step}", self.number);
        let mut body = inbound(&self.number, &phone(customer), &id, self.model.now, own);
        let name = format!("Pelanggan {customer} 0");
        body["conversation"]["contact_name"] = json!(name);
        let body = body.to_string();
        self.place.apps[at].deliver(body.clone()).await;
        self.said.push(body);
        self.model.customer_changes(self.model.whose(customer), &name, &first, anew.then_some(&*text));
    }

    async fn typed(&mut self, at: usize, customer: usize) {
        let (phone_of, customer) = (customer, self.model.whose(customer));
        let Some(talk) = self.model.talks.get(&customer) else { return };
        let (id, step) = (talk.id, self.model.step);
        let (name, text) = (format!("wamid.{}.typed.{step}", self.number), format!("dari ponsel {step}"));
        let body = outbound(&self.number, &phone(phone_of), &name, &text, "business_app", &[("sent", self.model.now)]);
        self.place.apps[at].deliver(body).await;
        self.model.typed_on_phone(customer, id, &text);
        let line = self.model.talks.get(&customer).and_then(|talk| talk.ours().last()).map(|(line, _)| line);
        self.sent.push(Sent { name, customer, phone: phone_of, line });
    }

    async fn merges(&mut self, at: usize, who: Who, keep: usize, other: usize) -> Result<(), TestCaseError> {
        let (keep, other) = (self.model.whose(keep), self.model.whose(other));
        if keep == other {
            return Ok(());
        }
        let contact: Option<Uuid> = sqlx::query_scalar("select contact_id from conversation where workspace_id = $1 and id = $2")
            .bind(self.workspace)
            .bind(self.id_of(other).0)
            .fetch_optional(&self.place.pool)
            .await
            .expect("a conversation");
        let (into, with) = (self.id_of(keep).to_string(), contact.unwrap_or_else(Uuid::new_v4).to_string());
        let screen = &self.screens[who];
        let form = [("workspace", screen.slug()), ("conversation", &into), ("other", &with)];
        let answer = screen.at(at).post(MergeContacts::PATH, &form).await;
        let expected = self.model.merge(who, keep, other);
        let found = if answer.status().is_success() { Ok(()) } else { Err(refusal(answer).await) };
        let outcome = found.as_ref().map(|_| ()).map_err(meaning);
        let known = expected.as_ref().map(|_| ()).map_err(|refused| Some(*refused));
        prop_assert_eq!(outcome, known, "found, and expected by the model: {:?}", found);
        let Ok(places) = expected else { return Ok(()) };
        let moved = |(customer, line): (usize, usize)| match customer {
            customer if customer == keep => (keep, places.kept[line]),
            customer if customer == other => (keep, places.other[line]),
            customer => (customer, line),
        };
        for sent in &mut self.sent {
            let (customer, line) = (sent.customer, sent.line.map(|line| moved((sent.customer, line)).1));
            (sent.customer, sent.line) = (if customer == other { keep } else { customer }, line);
        }
        self.ours = std::mem::take(&mut self.ours).into_iter().map(|(place, known)| (moved(place), known)).collect();
        Ok(())
    }

    /// A report without the message, as Meta sends it.
    fn report(&self, name: &str, customer: usize, status: Status) -> String {
        let at = (self.model.now / 1000).to_string();
        let mut status = json!({ "id": name, "status": status.as_str(), "timestamp": at, "recipient_id": phone(customer) });
        if status["status"] == "failed" {
            status["errors"] = json!([{ "code": 131_049, "title": "Not delivered" }]);
        }
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "1", "phone_number_id": self.number },
            "statuses": [status],
        });
        let changes = json!([{ "field": "messages", "value": value }]);
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": changes }] }).to_string()
    }

    async fn does(&mut self, at: usize, who: Who, customer: usize, deed: &Deed, late: bool) -> Result<(), TestCaseError> {
        let id = self.id_of(customer);
        let step = self.model.step;
        let text = match deed {
            Deed::Reply { refused: true } => format!("{REFUSED} {step}"),
            Deed::Close => format!("alasan {step}"),
            _ => format!("kata {step}"),
        };
        let failed = self.model.talks.get(&customer).and_then(|talk| talk.to_resend()).filter(|_| matches!(deed, Deed::Resend));
        let expected = self.model.act(who, customer, deed, &text);
        let screen = &self.screens[who];
        let (actor, asked, seen) = (screen.at(at), screen.ask(id), screen.seen_of(id).to_string());
        let (slug, conversation) = (screen.slug().to_owned(), id.to_string());
        let ask = async |path: &'static str, more: &[(&str, &str)]| -> Response {
            let mut form = vec![("workspace", slug.as_str()), ("conversation", conversation.as_str())];
            form.extend(more);
            actor.post(path, &form).await
        };
        let client_id = Uuid::new_v4();
        let client = client_id.to_string();
        let (mut changed, mut message, mut resent_at, mut writing) = (true, None, None, None);
        let answer = match deed {
            Deed::Reply { .. } => {
                writing = Some(Writing::Reply);
                screen.writes(id, client_id, &text, Writing::Reply);
                ask(SendMessage::PATH, &[("client_id", &client), ("text", &text), ("seen_seq", &seen)]).await
            }
            Deed::Note => {
                writing = Some(Writing::Note);
                screen.writes(id, client_id, &text, Writing::Note);
                ask(AddNote::PATH, &[("client_id", &client), ("text", &text)]).await
            }
            Deed::Resend => {
                changed = false;
                let known = failed.and_then(|line| self.ours.get(&(customer, line)).copied());
                let of = known.map_or_else(|| MessageId(Uuid::new_v4()), |(of, _)| of);
                message = known.map(|_| of);
                resent_at = screen.seq_of(id, of);
                ask(ResendMessage::PATH, &[("message", &of.to_string())]).await
            }
            Deed::TakeOver => ask(TakeOver::PATH, &[]).await,
            Deed::HandBack => ask(HandBack::PATH, &[]).await,
            Deed::Assign(to) => {
                let to = to.map(|to| self.people[to].to_string()).unwrap_or_default();
                ask(AssignConversation::PATH, &[("assignee", &to)]).await
            }
            Deed::Close => ask(CloseConversation::PATH, &[("reason", &text), ("seen_seq", &seen)]).await,
            Deed::Reopen => ask(ReopenConversation::PATH, &[]).await,
            Deed::Snooze { hours } => {
                // By the clocks of Jakarta.
                let until = from_millis(snoozed_until(self.model.now, *hours) + 7 * HOUR).format("%Y-%m-%dT%H:%M").to_string();
                ask(SnoozeConversation::PATH, &[("until", "own"), ("at", &until), ("seen_seq", &seen)]).await
            }
            Deed::Prioritise(high) => ask(PrioritiseConversation::PATH, &[("high", if *high { "true" } else { "false" })]).await,
            Deed::Stage(stage) => {
                let stage = stage.map(|stage| Uuid::from_u128(stage).to_string()).unwrap_or_default();
                ask(MoveToStage::PATH, &[("stage", &stage)]).await
            }
            Deed::Tag(tag, on) => {
                let tag = Uuid::from_u128(*tag).to_string();
                ask(TagContact::PATH, &[("tag", &tag), ("on", if *on { "true" } else { "false" })]).await
            }
            Deed::Block(blocked) => ask(BlockContact::PATH, &[("blocked", if *blocked { "true" } else { "false" })]).await,
            Deed::MarkRead => {
                changed = false;
                ask(MarkRead::PATH, &[]).await
            }
        };
        let found = if answer.status().is_success() { Ok(answer.text().await.expect("a body")) } else { Err(refusal(answer).await) };
        let outcome = found.as_ref().map(|_| ()).map_err(meaning);
        prop_assert_eq!(outcome, expected.map_err(Some), "found, and expected by the model: {:?}", found);
        match (found, writing) {
            (Ok(found), Some(writing)) => {
                let sent: MessageView = serde_json::from_str(&found).expect("a message");
                let of = sent.id;
                self.screens[who].answered(Answer::Message(Box::new(sent), None), late);
                if writing == Writing::Reply {
                    self.keep(customer, of, matches!(deed, Deed::Reply { refused: true }));
                }
            }
            (Ok(found), None) if changed => {
                let view = Box::new(serde_json::from_str(&found).expect("a conversation"));
                self.screens[who].answered(Answer::Changed(asked, view), late);
            }
            (Ok(found), None) => {
                if let (Some(of), Some(line)) = (message, failed) {
                    let message = Box::new(serde_json::from_str(&found).expect("a message"));
                    self.screens[who].answered(Answer::Message(message, resent_at), late);
                    self.keep_again(customer, line, of);
                }
            }
            (Err(error), Some(writing)) => {
                if self.screens[who].refused(id, client_id, &text, writing, error).await {
                    self.model.reads(who, customer);
                }
            }
            (Err(_), None) => {}
        }
        Ok(())
    }

    /// A reply went out, or was refused at the first attempt.
    fn keep(&mut self, customer: usize, message: MessageId, refused: bool) {
        let Some((line, _)) = self.model.talks.get(&customer).and_then(|talk| talk.ours().last()) else { return };
        self.ours.insert((customer, line), (message, 1));
        if !refused {
            self.sent.push(Sent { name: sent_as(&message.to_string(), 1), customer, phone: customer, line: Some(line) });
        }
    }

    /// A message that failed went out again; reports of the attempt before mean nothing any more.
    fn keep_again(&mut self, customer: usize, line: usize, message: MessageId) {
        let Some((_, attempts)) = self.ours.get_mut(&(customer, line)) else { return };
        *attempts += 1;
        let name = sent_as(&message.to_string(), *attempts);
        for sent in self.sent.iter_mut().filter(|sent| sent.customer == customer && sent.line == Some(line)) {
            sent.line = None;
        }
        self.sent.push(Sent { name, customer, phone: customer, line: Some(line) });
    }
}

async fn refusal(answer: Response) -> AppError {
    let text = answer.text().await.expect("a body");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// What the model calls it; none for what it does not know.
fn meaning(error: &AppError) -> Option<Refused> {
    Some(match error {
        AppError::NotFound => Refused::NotFound,
        AppError::Forbidden(_) => Refused::Forbidden,
        AppError::Conflict(Conflict::ConversationClosed) => Refused::ConversationClosed,
        AppError::Conflict(Conflict::WindowClosed(_)) => Refused::WindowClosed,
        AppError::Conflict(Conflict::Unseen { .. }) => Refused::Unseen,
        AppError::Conflict(Conflict::CustomerWrote) => Refused::CustomerWrote,
        AppError::Conflict(Conflict::NotFailed) => Refused::NotFailed,
        AppError::Conflict(Conflict::ContactBlocked) => Refused::Blocked,
        _ => return None,
    })
}
