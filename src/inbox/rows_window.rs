//! Which rows of a long list stand in the page. Ten thousand loaded rows would be a hundred and seventy thousand elements, each row with clocks and marks that
//! follow the store; so only those near what is seen are there, and gaps as high as the others stand for them.
//!
//! Some stay wherever one scrolls to: the first ones, as many as can be picked at once; those that are ticked, have the focus or are open, with a few beside
//! them, so that nothing that was picked is lost and keys find the next row.

use super::{
    bulk::MAX_PICKED,
    store::{Inbox, Row},
};
use crate::{ids::ConversationId, ui::browser};
use leptos::prelude::*;
use std::{collections::HashSet, ops::Range};

/// Shorter lists are there whole.
const WHOLE: usize = 300;
/// Rows before and after the middle of what is seen; while something is picked as many as a range may have.
const NEAR: usize = 100;
/// The middle moves by so many rows at a time.
const STEP: usize = 10;
/// Rows beside one that stays.
const BESIDE: usize = 3;

/// What the list is made of.
#[derive(Clone)]
pub enum Item {
    Row(Row),
    /// So many rows that are not there; which gap of the list it is.
    Gap {
        rows: usize,
        nth: usize,
    },
}

impl Item {
    /// Changes when the item must be made anew.
    pub fn key(&self) -> (Option<ConversationId>, usize, usize) {
        match self {
            Self::Row(row) => (Some(row.id), 0, 0),
            Self::Gap { rows, nth } => (None, *rows, *nth),
        }
    }
}

/// What is seen of a list.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    /// The row in the middle.
    middle: usize,
    near: usize,
    /// Height of a row (hundredths of a pixel).
    height: usize,
    /// Those that stay.
    stay: HashSet<ConversationId>,
}

/// The window of one list.
#[derive(Clone, Copy)]
pub struct RowsWindow {
    seen: RwSignal<Seen>,
}

impl RowsWindow {
    pub fn new() -> Self {
        Self { seen: RwSignal::new(Seen::default()) }
    }

    /// The list was scrolled.
    pub fn scrolled(self, inbox: Inbox) {
        let rows = inbox.rows.with_untracked(Vec::len);
        if rows <= WHOLE {
            return;
        }
        let (middle, height, picks, stay) = browser::rows_seen(rows);
        let middle = middle / STEP * STEP;
        let near = if picks { MAX_PICKED } else { NEAR };
        if self.seen.with_untracked(|seen| (seen.middle, seen.near) != (middle, near)) {
            browser::hold_rows();
            self.seen.set(Seen { middle, near, height, stay });
        }
    }

    /// What stands in the list. Follows both.
    pub fn items(self, inbox: Inbox) -> Vec<Item> {
        inbox.rows.with(|rows| {
            // Before it is scrolled nobody knows how high a row is.
            if rows.len() <= WHOLE || self.seen.with(|seen| seen.height == 0) {
                return rows.iter().cloned().map(Item::Row).collect();
            }
            self.seen.with(|seen| {
                let stay = rows.iter().enumerate().filter(|(_, row)| seen.stay.contains(&row.id)).map(|(place, _)| place);
                let stay: Vec<usize> = if seen.stay.is_empty() { Vec::new() } else { stay.collect() };
                let mut items = Vec::new();
                let mut at = 0;
                let shown = shown(rows.len(), seen.middle, seen.near, &stay);
                for (nth, range) in shown.into_iter().enumerate() {
                    if range.start > at {
                        items.push(Item::Gap { rows: range.start - at, nth });
                    }
                    at = range.end;
                    items.extend(rows[range].iter().cloned().map(Item::Row));
                }
                if at < rows.len() {
                    items.push(Item::Gap { rows: rows.len() - at, nth: usize::MAX });
                }
                items
            })
        })
    }

    /// How high a gap is, as CSS says it. What it stands for may be a little more or less; the browser keeps in its place what is seen.
    pub fn height(self, rows: usize) -> String {
        format!("{}px", self.seen.with_untracked(|seen| seen.height) * rows / 100)
    }
}

/// The rows that are there: ranges in order that do not touch.
fn shown(rows: usize, middle: usize, near: usize, stay: &[usize]) -> Vec<Range<usize>> {
    let beside = |place: usize, by: usize| place.saturating_sub(by)..(place + by + 1).min(rows);
    let mut ranges: Vec<Range<usize>> = vec![0..MAX_PICKED.min(rows), beside(middle.min(rows.saturating_sub(1)), near)];
    ranges.extend(stay.iter().map(|place| beside(*place, BESIDE)));
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rows_those_near_and_those_that_stay_are_there() {
        let there = |rows, middle, near, stay: &[usize]| -> Vec<(usize, usize)> {
            shown(rows, middle, near, stay).into_iter().map(|range| (range.start, range.end)).collect()
        };
        assert_eq!(there(10_000, 0, 100, &[]), [(0, 200)]);
        assert_eq!(there(10_000, 150, 100, &[]), [(0, 251)]);
        assert_eq!(there(10_000, 5_000, 100, &[]), [(0, 200), (4_900, 5_101)]);
        assert_eq!(there(10_000, 5_000, 200, &[]), [(0, 200), (4_800, 5_201)]);
        assert_eq!(there(10_000, 9_999, 100, &[]), [(0, 200), (9_899, 10_000)]);
        assert_eq!(there(1_000, 20_000, 100, &[]), [(0, 200), (899, 1_000)], "a list that got shorter");
        assert_eq!(there(10_000, 5_000, 100, &[9_000, 4_897, 3]), [(0, 200), (4_894, 5_101), (8_997, 9_004)]);
        assert_eq!(there(310, 100, 100, &[]), [(0, 201)]);
    }
}
