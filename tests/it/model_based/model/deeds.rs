//! What somebody can do with a conversation, and when it is refused.

use super::{Line, Model, PEOPLE, SEKAR, State, Talk, WINDOW, Who, stage_name};
use my21staff::{
    inbox::model::{Direction, Holder, Sender, Status},
    time::{HOUR, MINUTE, Millis},
};

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    NotFound,
    Forbidden,
    ConversationClosed,
    WindowClosed,
    /// A reply, because others wrote something unseen.
    Unseen,
    /// Closing and putting off, because the customer did.
    CustomerWrote,
    NotFailed,
    /// The customer is blocked.
    Blocked,
}

/// What somebody does with a conversation.
#[derive(Clone, Debug)]
pub enum Deed {
    /// `refused`: the gateway does not take it at the first attempt.
    Reply {
        refused: bool,
    },
    Note,
    TakeOver,
    HandBack,
    Assign(Option<Who>),
    Close,
    Reopen,
    Snooze {
        hours: i64,
    },
    Prioritise(bool),
    /// Moves the customer to the stage with this number, or to none.
    Stage(Option<u128>),
    /// Gives them a tag, or takes it off.
    Tag(u128, bool),
    /// Does not want to hear from the customer, or does again.
    Block(bool),
    MarkRead,
    /// Sends the newest failed message again, or else the newest.
    Resend,
}

/// A time of one's own is told in minutes.
pub fn snoozed_until(now: Millis, hours: i64) -> Millis {
    (now + hours * HOUR) / MINUTE * MINUTE
}

impl Model {
    /// Somebody does something; `text` is what they write or why they close. What is refused changes nothing.
    pub fn act(&mut self, who: Who, customer: usize, deed: &Deed, text: &str) -> Result<(), Refused> {
        let (now, step) = (self.now, self.step);
        if who == SEKAR && matches!(deed, Deed::Assign(to) if *to != Some(SEKAR)) {
            return Err(Refused::Forbidden);
        }
        let known = &self.people[who];
        let seen = known.heard.max(known.read.get(&customer).copied().unwrap_or_default());
        let talk = self.talks.get_mut(&customer).filter(|talk| talk.is_visible_to(who)).ok_or(Refused::NotFound)?;
        let me = Some(who);
        match *deed {
            Deed::Reply { refused } => {
                if talk.state == State::Closed {
                    return Err(Refused::ConversationClosed);
                }
                if talk.last_inbound.is_none_or(|at| now >= at + WINDOW) {
                    return Err(Refused::WindowClosed);
                }
                if talk.has_unseen(who, seen, false) {
                    return Err(Refused::Unseen);
                }
                if talk.holder == Holder::Ari || talk.assignee.is_none() {
                    talk.holder = Holder::Team;
                    talk.assignee = talk.assignee.or(me);
                    talk.system(step, now, "took_over", me, "");
                }
                talk.waiting = None;
                let status = Some(if refused { Status::Failed } else { Status::Sent });
                let sender = Sender::Teammate;
                talk.say(
                    step,
                    Line {
                        at: now,
                        direction: Direction::Outbound,
                        sender,
                        by: me,
                        kind: "text",
                        text: text.into(),
                        status,
                        ..Line::default()
                    },
                );
                if refused {
                    talk.settle();
                }
            }
            Deed::Note => {
                let sender = Sender::Teammate;
                talk.add(
                    step,
                    Line { at: now, direction: Direction::System, sender, by: me, kind: "note", text: text.into(), ..Line::default() },
                );
            }
            Deed::TakeOver => {
                if (talk.holder, talk.assignee) != (Holder::Team, me) {
                    (talk.holder, talk.assignee) = (Holder::Team, me);
                    talk.system(step, now, "took_over", me, "");
                }
            }
            Deed::HandBack => {
                if talk.holder == Holder::Team {
                    talk.holder = Holder::Ari;
                    // She keeps what she would lose sight of.
                    talk.assignee = talk.assignee.filter(|_| who == SEKAR);
                    talk.system(step, now, "handed_back", me, "");
                }
            }
            Deed::Assign(to) => {
                let holder = if to.is_some() { Holder::Team } else { talk.holder };
                if (talk.holder, talk.assignee) != (holder, to) {
                    (talk.holder, talk.assignee) = (holder, to);
                    match to {
                        Some(to) if to == who => talk.system(step, now, "took_over", me, ""),
                        Some(to) => talk.system(step, now, "assigned", me, PEOPLE[to]),
                        None => talk.system(step, now, "unassigned", me, ""),
                    }
                }
            }
            Deed::Close => {
                if talk.state != State::Closed {
                    if talk.has_unseen(who, seen, true) {
                        return Err(Refused::CustomerWrote);
                    }
                    (talk.state, talk.waiting) = (State::Closed, None);
                    talk.system(step, now, "closed", me, text);
                }
            }
            Deed::Reopen => match talk.state {
                State::Open => {}
                State::Snoozed(_) => {
                    talk.state = State::Open;
                    talk.system(step, now, "woken", me, "");
                }
                State::Closed if talk.blocked => return Err(Refused::Blocked),
                State::Closed => {
                    (talk.state, talk.holder, talk.opened) = (State::Open, Holder::Team, Some(now));
                    talk.settle();
                    talk.system(step, now, "reopened", me, "");
                }
            },
            Deed::Snooze { hours } => {
                if talk.state == State::Closed {
                    return Err(Refused::ConversationClosed);
                }
                if talk.has_unseen(who, seen, true) {
                    return Err(Refused::CustomerWrote);
                }
                let until = snoozed_until(now, hours);
                talk.state = State::Snoozed(until);
                talk.system(step, now, "snoozed", me, &(until / MINUTE).to_string());
            }
            Deed::Prioritise(high) => {
                if talk.high != high {
                    talk.high = high;
                    talk.system(step, now, if high { "priority_raised" } else { "priority_lowered" }, me, "");
                }
            }
            Deed::Stage(stage) => {
                if talk.stage != stage {
                    talk.stage = stage;
                    match stage {
                        Some(stage) => talk.system(step, now, "stage_changed", me, &stage_name(stage)),
                        None => talk.system(step, now, "stage_cleared", me, ""),
                    }
                }
            }
            Deed::Tag(tag, true) => {
                talk.tags.insert(tag);
            }
            Deed::Tag(tag, false) => {
                talk.tags.remove(&tag);
            }
            Deed::Block(true) => {
                if !talk.blocked {
                    (talk.blocked, talk.state, talk.waiting, talk.unread) = (true, State::Closed, None, 0);
                    talk.system(step, now, "contact_blocked", me, "");
                }
            }
            Deed::Block(false) => {
                if talk.blocked {
                    talk.blocked = false;
                    talk.last_inbound = talk.last_said();
                    talk.system(step, now, "contact_unblocked", me, "");
                }
            }
            Deed::MarkRead => talk.unread = 0,
            Deed::Resend => {
                let line = talk.to_resend().ok_or(Refused::NotFound)?;
                if talk.blocked {
                    return Err(Refused::Blocked);
                }
                if talk.last_inbound.is_none_or(|at| now >= at + WINDOW) {
                    return Err(Refused::WindowClosed);
                }
                let status = talk.status_of(line);
                if *status != Some(Status::Failed) {
                    return Err(Refused::NotFailed);
                }
                *status = Some(Status::Sent);
                talk.settle();
            }
        }
        Ok(())
    }
}

impl Talk {
    /// The newest of our messages from here that failed, or else the newest.
    pub fn to_resend(&self) -> Option<usize> {
        let ours = || self.ours().filter(|(_, line)| line.sender == Sender::Teammate).rev();
        ours().find(|(_, line)| line.status == Some(Status::Failed)).or_else(|| ours().next()).map(|(place, _)| place)
    }
}
