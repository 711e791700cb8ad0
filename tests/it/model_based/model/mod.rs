//! The rules of the inbox in a few plain lines, told apart from the product: lists of what was said, and who has it.
//!
//! It knows nothing of events, frames or rows. Time goes in steps; what was said in a step that somebody has not heard of yet is unseen by them.

mod deeds;
mod merging;

pub use deeds::{Deed, Refused, snoozed_until};

use my21staff::{
    inbox::{
        list_view::{ListView, Sort, Which, Whose},
        model::{Direction, Holder, Sender, Status},
    },
    time::{DAY, Millis},
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Somebody of the team, by the place in [`PEOPLE`].
pub type Who = usize;
pub const RANI: Who = 0;
/// Sees only what is assigned to her, and gives nothing to others.
pub const SEKAR: Who = 2;
pub const PEOPLE: [&str; 3] = ["Rani Prameswari", "Budi Hartono", "Sekar Ayu"];

/// How long one may answer after the customer's last message.
const WINDOW: Millis = DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Snoozed(Millis),
    Closed,
}

/// A line of a thread, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: Millis,
    pub direction: Direction,
    pub sender: Sender,
    pub by: Option<Who>,
    pub kind: &'static str,
    pub text: String,
    pub status: Option<Status>,
    /// What it said before it was written anew, oldest first.
    pub earlier: Vec<String>,
    /// It was taken back.
    pub revoked: bool,
}

/// A row of a list, as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: Uuid,
    pub name: String,
    pub holder: Holder,
    pub assignee: Option<Who>,
    pub state: State,
    pub high: bool,
    pub blocked: bool,
    /// The numbers of the stage and of the tags that the customer has.
    pub stage: Option<u128>,
    pub tags: BTreeSet<u128>,
    pub unread: i32,
    pub window_closes: Option<Millis>,
    /// Since when the customer waits for an answer.
    pub waiting: Option<Millis>,
    /// The last message.
    pub last: Line,
}

/// All that is known of one customer's conversation.
#[derive(Clone, Debug)]
pub struct Talk {
    pub id: Uuid,
    name: (Millis, String),
    holder: Holder,
    assignee: Option<Who>,
    state: State,
    high: bool,
    blocked: bool,
    stage: Option<u128>,
    tags: BTreeSet<u128>,
    unread: i32,
    /// In the order in which we heard of them, each with the step.
    lines: Vec<(usize, Line)>,
    /// The steps in which the customer did something to what they had said.
    changed: Vec<usize>,
    /// The one that lists show.
    last: usize,
    last_inbound: Option<Millis>,
    waiting: Option<Millis>,
    /// When it began, and when it was opened again last.
    created: Millis,
    opened: Option<Millis>,
}

/// What somebody knows of.
#[derive(Clone, Debug, Default)]
struct Knowledge {
    /// The last step whose news reached them.
    heard: usize,
    /// The step in which they opened a conversation, by customer.
    read: BTreeMap<usize, usize>,
}

pub struct Model {
    pub now: Millis,
    pub step: usize,
    /// By customer; of those that somebody made one, by the one that stays.
    pub talks: BTreeMap<usize, Talk>,
    /// Customers who became part of others.
    became: BTreeMap<usize, usize>,
    /// Conversations that became part of others.
    pub gone: Vec<Uuid>,
    people: [Knowledge; 3],
}

impl Default for Line {
    fn default() -> Self {
        Self {
            at: 0,
            direction: Direction::System,
            sender: Sender::System,
            by: None,
            kind: "",
            text: String::new(),
            status: None,
            earlier: Vec::new(),
            revoked: false,
        }
    }
}

impl Line {
    /// As a row of the list has it.
    fn as_preview(&self) -> Self {
        let kind = if self.revoked { "revoked" } else { self.kind };
        Self { kind, earlier: Vec::new(), revoked: false, ..self.clone() }
    }
}

impl Talk {
    fn row(&self) -> Row {
        Row {
            id: self.id,
            name: self.name.1.clone(),
            holder: self.holder,
            assignee: self.assignee,
            state: self.state,
            high: self.high,
            blocked: self.blocked,
            stage: self.stage,
            tags: self.tags.clone(),
            unread: self.unread,
            window_closes: self.last_inbound.map(|at| at + WINDOW),
            waiting: self.waiting,
            last: self.lines[self.last].1.as_preview(),
        }
    }

    /// The thread: by the times of the lines, what came first first.
    pub fn thread(&self) -> Vec<Line> {
        let mut lines: Vec<Line> = self.lines.iter().map(|(_, line)| line.clone()).collect();
        lines.sort_by_key(|line| line.at);
        lines
    }

    fn is_visible_to(&self, who: Who) -> bool {
        who != SEKAR || self.assignee == Some(SEKAR)
    }

    fn add(&mut self, step: usize, line: Line) {
        self.lines.push((step, line));
    }

    /// As [`Self::add`], and lists show it if it is the newest.
    fn say(&mut self, step: usize, line: Line) {
        if self.lines.is_empty() || line.at >= self.lines[self.last].1.at {
            self.last = self.lines.len();
        }
        self.add(step, line);
    }

    fn system(&mut self, step: usize, at: Millis, kind: &'static str, by: Option<Who>, text: &str) {
        self.add(step, Line { at, direction: Direction::System, sender: Sender::System, by, kind, text: text.into(), ..Line::default() });
    }

    /// The first thing the customer said after the last answer that did not fail; what they said before the conversation was opened again, they wait for since
    /// then.
    fn unanswered(&self) -> Option<Millis> {
        let of = |direction| self.lines.iter().map(|(_, line)| line).filter(move |line| line.direction == direction);
        let answered = of(Direction::Outbound).filter(|line| line.status != Some(Status::Failed)).map(|line| line.at).max();
        of(Direction::Inbound).map(|line| line.at).filter(|at| Some(*at) > answered).min().map(|at| at.max(self.opened.unwrap_or(at)))
    }

    /// When the customer said the last thing that we know of.
    fn last_said(&self) -> Option<Millis> {
        self.lines.iter().filter(|(_, line)| line.direction == Direction::Inbound).map(|(_, line)| line.at).max()
    }

    /// What became of an answer is another thing than was thought.
    fn settle(&mut self) {
        if self.state != State::Closed {
            self.waiting = self.unanswered();
        }
    }

    /// Whether somebody else (or only the customer) said something after this step.
    fn has_unseen(&self, who: Who, after: usize, customer_only: bool) -> bool {
        self.changed.iter().any(|step| *step > after)
            || self.lines.iter().any(|(step, line)| {
                *step > after
                    && match line.direction {
                        Direction::Inbound => true,
                        Direction::Outbound => !customer_only && line.by != Some(who),
                        Direction::System => false,
                    }
            })
    }

    /// Our messages, by their place among the lines.
    pub fn ours(&self) -> impl DoubleEndedIterator<Item = (usize, &Line)> {
        self.lines.iter().map(|(_, line)| line).enumerate().filter(|(_, line)| line.direction == Direction::Outbound)
    }

    pub fn status_of(&mut self, line: usize) -> &mut Option<Status> {
        &mut self.lines[line].1.status
    }
}

impl Model {
    pub fn new(now: Millis) -> Self {
        Self { now, step: 0, talks: BTreeMap::new(), became: BTreeMap::new(), gone: Vec::new(), people: Default::default() }
    }

    /// The customer that somebody is by now.
    pub fn whose(&self, customer: usize) -> usize {
        self.became.get(&customer).copied().unwrap_or(customer)
    }

    /// Conversations that were put off until now come back to the top.
    pub fn wake(&mut self) {
        for talk in self.talks.values_mut() {
            if matches!(talk.state, State::Snoozed(until) if until <= self.now) {
                talk.state = State::Open;
                talk.system(self.step, self.now, "woke_up", None, "");
                talk.last = talk.lines.len() - 1;
            }
        }
    }

    fn talk(&mut self, customer: usize, id: Uuid) -> &mut Talk {
        let now = self.now;
        self.talks.entry(customer).or_insert_with(|| Talk {
            id,
            name: (0, String::new()),
            holder: Holder::Team,
            assignee: None,
            state: State::Open,
            high: false,
            blocked: false,
            stage: None,
            tags: BTreeSet::new(),
            unread: 0,
            lines: Vec::new(),
            changed: Vec::new(),
            last: 0,
            last_inbound: None,
            waiting: None,
            created: now,
            opened: None,
        })
    }

    /// The customer writes, or what was written at `at` arrives only now. `id` is the conversation's, should this be the first message.
    pub fn customer_says(&mut self, customer: usize, id: Uuid, name: &str, said: &[(Millis, String)]) {
        let step = self.step;
        let talk = self.talk(customer, id);
        let first = said.iter().map(|(at, _)| *at).min().unwrap_or_default();
        match talk.state {
            State::Open => {}
            // It is kept, and that is all.
            State::Closed if talk.blocked => {}
            State::Snoozed(_) => talk.system(step, first, "woken_by_customer", None, ""),
            State::Closed => {
                talk.system(step, first, "reopened_by_customer", None, "");
                talk.opened = Some(first);
                // ARI is off.
                talk.holder = Holder::Team;
            }
        }
        if !talk.blocked {
            talk.state = State::Open;
            talk.waiting = talk.waiting.or(Some(first));
            talk.unread += said.len() as i32;
            talk.last_inbound = talk.last_inbound.max(said.iter().map(|(at, _)| *at).max());
        }
        for (at, text) in said {
            talk.name = talk.name.clone().max((*at, name.to_owned()));
            talk.say(
                step,
                Line {
                    at: *at,
                    direction: Direction::Inbound,
                    sender: Sender::Contact,
                    by: None,
                    kind: "text",
                    text: text.clone(),
                    ..Line::default()
                },
            );
        }
    }

    /// The customer writes anew what they had said first so, or takes it back.
    pub fn customer_changes(&mut self, customer: usize, name: &str, first: &str, text: Option<&str>) {
        let (step, now) = (self.step, self.now);
        let Some(talk) = self.talks.get_mut(&customer) else { return };
        talk.name = talk.name.clone().max((now, name.to_owned()));
        talk.changed.push(step);
        let is_it = |line: &Line| line.direction == Direction::Inbound && line.earlier.first().unwrap_or(&line.text) == first;
        for (_, line) in talk.lines.iter_mut().filter(|(_, line)| is_it(line)) {
            match text {
                Some(text) => line.earlier.push(std::mem::replace(&mut line.text, text.to_owned())),
                None => line.revoked = true,
            }
        }
    }

    /// Somebody of the team answers in the WhatsApp app: the conversation is the team's, and stays put away if it was.
    pub fn typed_on_phone(&mut self, customer: usize, id: Uuid, text: &str) {
        let (step, at) = (self.step, self.now);
        let talk = self.talk(customer, id);
        talk.holder = Holder::Team;
        talk.waiting = None;
        let status = Some(Status::Sent);
        let line = Line {
            at,
            direction: Direction::Outbound,
            sender: Sender::Phone,
            by: None,
            kind: "text",
            text: text.into(),
            status,
            ..Line::default()
        };
        talk.say(step, line);
    }

    /// How far a message of ours got: the furthest that was ever reported.
    pub fn report(&mut self, customer: usize, line: usize, status: Status) {
        if let Some(talk) = self.talks.get_mut(&customer) {
            let known = talk.status_of(line);
            let moves = Some(status) > *known;
            *known = (*known).max(Some(status));
            if moves && status == Status::Failed {
                talk.settle();
            }
        }
    }

    /// The news of this step reached somebody, and with it that of all steps before.
    pub fn hears(&mut self, who: Who) {
        self.people[who].heard = self.step;
    }

    /// Somebody opened a conversation.
    pub fn reads(&mut self, who: Who, customer: usize) {
        self.people[who].read.insert(customer, self.step);
    }

    pub fn sees(&self, who: Who, customer: usize) -> Option<&Talk> {
        self.talks.get(&customer).filter(|talk| talk.is_visible_to(who))
    }

    fn visible(&self, who: Who) -> impl Iterator<Item = &Talk> {
        self.talks.values().filter(move |talk| talk.is_visible_to(who))
    }

    pub fn list(&self, who: Who, view: &ListView) -> Vec<Row> {
        let mut rows: Vec<Row> = self.visible(who).map(Talk::row).filter(|row| belongs(row, who, view)).collect();
        if view.sort == Sort::Waiting {
            rows.retain(|row| row.waiting.is_some());
            rows.sort_by_key(|row| (row.waiting, row.id));
            return rows;
        }
        rows.sort_by_key(|row| (view.sort == Sort::Priority && row.high, row.last.at, row.id));
        if view.sort != Sort::Oldest {
            rows.reverse();
        }
        rows
    }

    /// How many active conversations are one's own, nobody's, and any.
    pub fn totals(&self, who: Who) -> [usize; 3] {
        [Whose::Mine, Whose::Unassigned, Whose::All].map(|whose| self.list(who, &ListView { whose, ..ListView::default() }).len())
    }

    pub fn unread(&self, who: Who) -> i64 {
        self.visible(who).map(|talk| i64::from(talk.unread)).sum()
    }
}

/// A filter, and what it says.
pub type Saying = (&'static str, fn(&Row, Who) -> bool);

/// Conditions that time alone does not change.
pub const FILTERS: [Saying; 10] = [
    ("", |_, _| true),
    ("priority:high", |row, _| row.high),
    ("assignee:me,none", |row, who| row.assignee.is_none_or(|assignee| assignee == who)),
    ("unread:yes~priority:high;holder:team", |row, _| row.unread > 0 || (row.high && row.holder == Holder::Team)),
    ("state:open,closed;holder:ari", |row, _| !matches!(row.state, State::Snoozed(_)) && row.holder == Holder::Ari),
    ("assignee:none;unread:no", |row, _| row.assignee.is_none() && row.unread == 0),
    ("waiting:yes;unread:no~priority:high;waiting:no", |row, _| match row.waiting {
        Some(_) => row.unread == 0,
        None => row.high,
    }),
    ("tag:00000000-0000-0000-0000-000000000001,none", |row, _| row.tags.is_empty() || row.tags.contains(&1)),
    ("tags:00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002", |row, _| row.tags.len() == 2),
    ("stage:00000000-0000-0000-0000-000000000002~stage:none;unread:yes", |row, _| match row.stage {
        Some(stage) => stage == 2,
        None => row.unread > 0,
    }),
];

/// How many stages there are, and tags, numbered from one.
pub const LABELS: u128 = 2;

/// What a stage is called.
pub fn stage_name(number: u128) -> String {
    format!("Tahap {number}")
}

fn belongs(row: &Row, who: Who, view: &ListView) -> bool {
    let whose = match view.whose {
        Whose::Mine => row.assignee == Some(who),
        Whose::Unassigned => row.assignee.is_none(),
        Whose::All => true,
    };
    let which = match view.which {
        Which::Active => row.state == State::Open,
        Which::Snoozed => matches!(row.state, State::Snoozed(_)),
        Which::Closed => row.state == State::Closed,
        Which::All => true,
    };
    let passes = FILTERS.iter().find(|(filter, _)| *filter == view.filter.as_str()).is_some_and(|(_, passes)| passes(row, who));
    whose && which && (!view.unread_only || row.unread > 0) && passes
}
