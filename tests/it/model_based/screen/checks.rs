//! What is on the screen, beside the model and what a fresh load shows.

use super::Screen;
use crate::model_based::{
    compare::{self, Found},
    model::{Model, PEOPLE},
};
use leptos::prelude::{GetUntracked, WithUntracked};
use my21staff::{
    error::AppError,
    ids::ConversationId,
    inbox::{model::*, store::Current},
};
use proptest::test_runner::TestCaseError;
use uuid::Uuid;

impl Screen {
    /// Compares what is on the screen with the model and with a fresh load.
    pub async fn check(&mut self, model: &Model, people: &[Uuid; 3]) -> Result<(), TestCaseError> {
        for tab in 0..self.tabs.len() {
            let inbox = self.tabs[tab].inbox;
            let view = self.look(|_| inbox.view.get_untracked());
            let fresh = self.actor.view(&self.slug, &view.to_string(), None).await;
            let what = format!("{} in tab {tab}, list “{view}”", PEOPLE[self.who]);
            compare::page(&what, &fresh, model, self.who, &view, people)?;
            let shown = self.look(|_| Found {
                rows: inbox.rows.with_untracked(|rows| rows.iter().map(|row| row.view.get_untracked()).collect()),
                switching: inbox.switching.get_untracked(),
                totals: inbox.totals.get_untracked(),
                unread: inbox.unread.get_untracked(),
            });
            compare::screen(&what, &shown, &fresh)?;
        }
        self.check_threads(model, people).await
    }

    async fn check_threads(&mut self, model: &Model, people: &[Uuid; 3]) -> Result<(), TestCaseError> {
        let current = self.current();
        for id in model.gone.iter().map(|id| ConversationId(*id)) {
            let inbox = self.inbox();
            // Whoever did not see it looks at nothing.
            let nothing = self.look(|_| {
                inbox.current.with_untracked(|current| matches!(current, Current::Failed(_, AppError::NotFound | AppError::Forbidden(_))))
            });
            if (current == Some(id) && !nothing) || self.look(|_| inbox.thread(id).is_some()) {
                return Err(TestCaseError::fail(format!(
                    "{}: conversation {id}, which became part of another, is still there",
                    PEOPLE[self.who]
                )));
            }
        }
        for (customer, talk) in &model.talks {
            let id = ConversationId(talk.id);
            let inbox = self.inbox();
            let is_current = current == Some(id);
            let failed = is_current && self.look(|_| inbox.current.with_untracked(|current| matches!(current, Current::Failed(..))));
            let what = format!("{}, thread of customer {customer}", PEOPLE[self.who]);
            let Some(talk) = model.sees(self.who, *customer) else {
                if self.look(|_| inbox.thread(id).is_some()) || (is_current && !failed) {
                    return Err(TestCaseError::fail(format!("{what} is still there")));
                }
                continue;
            };
            if failed {
                // It left their sight and came back; they look again.
                self.read(id).await;
            }
            let Some(thread) = self.look(|_| inbox.thread(id)) else {
                if is_current {
                    return Err(TestCaseError::fail(format!("{what} cannot be opened")));
                }
                continue;
            };
            let shown: Vec<MessageView> =
                self.look(|_| thread.entries.with_untracked(|entries| entries.iter().map(|entry| entry.view.get_untracked()).collect()));
            let older = self.look(|_| thread.older.with_untracked(Option::is_some));
            compare::thread(&format!("{what}, on the screen"), &shown, older, talk, people)?;
            if is_current {
                let fresh = self.thread(id).await.map_err(|error| TestCaseError::fail(format!("{what}: {error}")))?;
                compare::thread(&format!("{what}, loaded anew"), &fresh.messages, fresh.older.is_some(), talk, people)?;
                // Of a long one the screen may have more.
                let newest = if fresh.older.is_some() { shown.len().saturating_sub(fresh.messages.len()) } else { 0 };
                compare::equal(&format!("{what}: the screen is not what a fresh load shows"), &fresh.messages, &shown[newest..])?;
                let row = self.look(|_| thread.row.view.get_untracked());
                compare::equal(&format!("{what}: its head is not what a fresh load shows"), &[fresh.conversation], &[row])?;
            }
        }
        Ok(())
    }
}
