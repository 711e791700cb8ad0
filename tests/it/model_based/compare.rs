//! What was found beside what the model says, and how the difference is told.

use super::model::{Line, Model, PEOPLE, Row, State, Talk, Who};
use my21staff::inbox::{
    list_view::{ListView, Totals},
    model::*,
};
use proptest::test_runner::TestCaseError;
use std::fmt::Debug;
use uuid::Uuid;

/// Messages of a thread that are loaded at once.
const PAGE: usize = 50;

/// What a tab shows.
pub struct Found {
    pub rows: Vec<ConversationView>,
    pub switching: bool,
    pub totals: Totals,
    pub unread: i64,
}

/// Fails with the two lists side by side, where they are not the same.
pub fn equal<T: Debug + PartialEq>(what: &str, expected: &[T], found: &[T]) -> Result<(), TestCaseError> {
    if expected == found {
        return Ok(());
    }
    let mut text = format!("{what}:\n");
    for place in 0..expected.len().max(found.len()) {
        match (expected.get(place), found.get(place)) {
            (Some(expected), Some(found)) if expected == found => text.push_str(&format!("    {found:?}\n")),
            (expected, found) => {
                expected.iter().for_each(|expected| text.push_str(&format!("  - {expected:?}\n")));
                found.iter().for_each(|found| text.push_str(&format!("  + {found:?}\n")));
            }
        }
    }
    text.push_str("  (- expected, + found)");
    Err(TestCaseError::fail(text))
}

fn person(id: Option<Uuid>, people: &[Uuid; 3]) -> Option<Who> {
    id.and_then(|id| people.iter().position(|person| *person == id))
}

/// A kind by the name that the model uses for it.
fn kind(kind: &str) -> &'static str {
    const KINDS: [&str; 22] = [
        "revoked",
        "text",
        "note",
        "took_over",
        "handed_back",
        "assigned",
        "unassigned",
        "closed",
        "reopened",
        "reopened_by_customer",
        "snoozed",
        "woken",
        "woken_by_customer",
        "woke_up",
        "priority_raised",
        "priority_lowered",
        "stage_changed",
        "stage_cleared",
        "contact_blocked",
        "contact_unblocked",
        "contacts_merged",
        "image",
    ];
    KINDS.into_iter().find(|known| *known == kind).unwrap_or("of a kind that the model does not know")
}

fn line(message: &MessageView, people: &[Uuid; 3]) -> Line {
    Line {
        at: message.at,
        direction: message.direction,
        sender: message.sender,
        by: person(message.sender_id.map(|id| id.0), people),
        kind: kind(&message.kind),
        text: message.text.clone(),
        status: message.status,
        earlier: message.earlier.iter().map(|earlier| earlier.text.clone()).collect(),
        revoked: message.revoked.is_some(),
    }
}

fn row(view: &ConversationView, people: &[Uuid; 3]) -> Row {
    let state = match (view.closed, view.snoozed_until) {
        (true, _) => State::Closed,
        (false, Some(until)) => State::Snoozed(until),
        (false, None) => State::Open,
    };
    let last = view.last.as_ref();
    Row {
        id: view.id.0,
        name: view.name.clone(),
        holder: view.holder,
        assignee: person(view.assignee.as_ref().map(|person| person.id.0), people),
        state,
        high: view.high_priority,
        blocked: view.blocked,
        stage: view.stage.map(|id| id.as_u128()),
        tags: view.tags.iter().map(|id| id.as_u128()).collect(),
        unread: view.unread,
        window_closes: view.window_closes,
        waiting: view.waiting_since,
        last: Line {
            at: view.last_at,
            // A preview does not say it, and its sender does.
            direction: match last.map(|last| last.sender) {
                Some(Sender::Contact) => Direction::Inbound,
                Some(Sender::System) | None => Direction::System,
                Some(_) => Direction::Outbound,
            },
            sender: last.map_or(Sender::System, |last| last.sender),
            by: person(last.and_then(|last| last.sender_id).map(|id| id.0), people),
            kind: last.map_or("nothing", |last| kind(&last.kind)),
            text: last.map(|last| last.text.clone()).unwrap_or_default(),
            status: last.and_then(|last| last.status),
            ..Line::default()
        },
    }
}

/// A page of the list as it was loaded, beside the model.
pub fn page(
    what: &str,
    fresh: &ConversationPage,
    model: &Model,
    who: Who,
    view: &ListView,
    people: &[Uuid; 3],
) -> Result<(), TestCaseError> {
    let found: Vec<Row> = fresh.rows.iter().map(|view| row(view, people)).collect();
    equal(&format!("{what}: a fresh load is not what the model says"), &model.list(who, view), &found)?;
    let totals = &fresh.totals;
    equal(
        &format!("{what}: mine, nobody's and all of a fresh load are not what the model says"),
        &model.totals(who).map(|n| n as i64),
        &[totals.mine, totals.unassigned, totals.all],
    )?;
    let named = |name: &str| model.list(who, &ListView::parse(name)).iter().filter(|row| row.unread > 0).count() as i64;
    equal(
        &format!("{what}: what is unread in named views of a fresh load is not what the model says"),
        &totals.saved.iter().map(|saved| named(&saved.view)).collect::<Vec<_>>(),
        &totals.saved.iter().map(|saved| saved.unread).collect::<Vec<_>>(),
    )?;
    equal(&format!("{what}: the unread total of a fresh load is not what the model says"), &[model.unread(who)], &[fresh.unread_total])
}

/// What a tab shows, beside the page as it would be loaded.
pub fn screen(what: &str, shown: &Found, fresh: &ConversationPage) -> Result<(), TestCaseError> {
    if !shown.switching {
        equal(&format!("{what}: the screen is not what a fresh load shows"), &fresh.rows, &shown.rows)?;
    }
    let numbers = |totals: &Totals, unread: i64| [totals.mine, totals.unassigned, totals.all, unread];
    equal(
        &format!("{what}: mine, nobody's, all and unread on the screen are not what a fresh load shows"),
        &numbers(&fresh.totals, fresh.unread_total),
        &numbers(&shown.totals, shown.unread),
    )?;
    equal(
        &format!("{what}: what is unread in named views on the screen is not what a fresh load shows"),
        &fresh.totals.saved,
        &shown.totals.saved,
    )
}

/// A thread beside the model; `older`: more of it has not been loaded.
pub fn thread(what: &str, messages: &[MessageView], older: bool, talk: &Talk, people: &[Uuid; 3]) -> Result<(), TestCaseError> {
    let found: Vec<Line> = messages.iter().map(|message| line(message, people)).collect();
    let expected = talk.thread();
    let newest = if older { expected.len().saturating_sub(found.len()) } else { 0 };
    if older && found.len() < PAGE {
        return Err(TestCaseError::fail(format!("{what}: a page of {} messages, and yet there are older ones", found.len())));
    }
    equal(&format!("{what}: not what the model says"), &expected[newest..], &found)?;
    let failures: Vec<bool> = messages.iter().map(|message| message.failure.is_some()).collect();
    let failed: Vec<bool> = messages.iter().map(|message| message.status == Some(Status::Failed)).collect();
    equal(&format!("{what}: a failure without its reason, or a reason without a failure"), &failed, &failures)?;
    let names: Vec<Option<&str>> = messages.iter().map(|message| message.sender_name.as_deref()).collect();
    let expected: Vec<Option<&str>> = found.iter().map(|line| line.by.map(|who| PEOPLE[who])).collect();
    equal(&format!("{what}: the wrong name"), &expected, &names)
}
