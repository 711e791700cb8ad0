//! Two customers whom somebody makes one.

use super::{Model, Refused, State, Talk, Who};
use my21staff::{
    inbox::model::{Direction, Holder},
    time::DAY,
};

/// Where the lines of both are afterwards, by where they were.
pub struct Places {
    pub kept: Vec<usize>,
    pub other: Vec<usize>,
}

impl Model {
    /// `keep` stays, `other` becomes part of it. What is refused changes nothing.
    pub fn merge(&mut self, who: Who, keep: usize, other: usize) -> Result<Places, Refused> {
        let sees = |customer| self.talks.get(&customer).filter(|talk| talk.is_visible_to(who)).ok_or(Refused::NotFound);
        if sees(keep)?.blocked != sees(other)?.blocked {
            return Err(Refused::Blocked);
        }
        let (step, now) = (self.step, self.now);
        let mut gone = self.talks.remove(&other).ok_or(Refused::NotFound)?;
        let talk = self.talks.get_mut(&keep).ok_or(Refused::NotFound)?;
        let name = gone.name.1.clone();
        // Whoever looked at the one that stays saw nothing of it: what is of today is news.
        for (heard, line) in &mut gone.lines {
            if line.direction != Direction::System && line.at > now - DAY {
                *heard = step;
            }
        }
        self.gone.push(gone.id);
        let places = talk.take_in(gone);
        talk.system(step, now, "contacts_merged", Some(who), &name);
        self.became.values_mut().filter(|into| **into == other).for_each(|into| *into = keep);
        self.became.insert(other, keep);
        Ok(places)
    }
}

impl Talk {
    /// Of an open and a closed one it is worked on as the open one was; of two others people stay in charge where they were in one of them.
    fn take_in(&mut self, other: Talk) -> Places {
        let rests = |talk: &Talk| talk.state == State::Closed;
        let began = |talk: &Talk| talk.opened.unwrap_or(talk.created);
        let both = rests(self) == rests(&other);
        if !both && rests(self) {
            (self.holder, self.assignee, self.high, self.opened) = (other.holder, other.assignee, other.high, Some(began(&other)));
        } else if !both {
            self.opened = Some(began(self));
        } else {
            self.holder = if Holder::Team == self.holder || Holder::Team == other.holder { Holder::Team } else { Holder::Ari };
            self.assignee = self.assignee.or(other.assignee);
            self.high |= other.high;
            self.opened = Some(began(self).min(began(&other)));
        }
        self.state = match (self.state, other.state) {
            (State::Open, _) | (_, State::Open) => State::Open,
            (State::Snoozed(until), _) | (_, State::Snoozed(until)) => State::Snoozed(until),
            (State::Closed, State::Closed) => State::Closed,
        };
        self.name = self.name.clone().max(other.name);
        self.stage = self.stage.or(other.stage);
        self.tags.extend(other.tags);
        self.changed.extend(&other.changed);
        self.unread += other.unread;
        self.last_inbound = self.last_inbound.max(other.last_inbound);
        let last = match self.lines[self.last].1.at >= other.lines[other.last].1.at {
            true => (0, self.last),
            false => (1, other.last),
        };
        let mut all: Vec<_> = [std::mem::take(&mut self.lines), other.lines]
            .into_iter()
            .enumerate()
            .flat_map(|(side, lines)| lines.into_iter().enumerate().map(move |(place, line)| ((side, place), line)))
            .collect();
        all.sort_by_key(|(_, (step, _))| *step);
        let place_of = |was: (usize, usize)| all.iter().position(|(from, _)| *from == was);
        let places = |side: usize| (0..).map_while(|place| place_of((side, place))).collect();
        let places = Places { kept: places(0), other: places(1) };
        self.last = place_of(last).unwrap_or_default();
        self.lines = all.into_iter().map(|(_, line)| line).collect();
        self.settle();
        places
    }
}
