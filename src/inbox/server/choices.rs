//! A text with choices under it, as somebody writes it (F50). On its way it is a reply like any other.

use super::{Reply, send};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::{
        later::Leaves,
        model::{MessageView, Offered},
    },
    server::{scope::Scope, state::App, whatsapp::choices::Choices},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What opens a list where nobody said it, in the language of most customers.
const LABEL: &str = "Lihat pilihan";

/// What was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub text: String,
    pub choices: Vec<Offered>,
    pub label: String,
}

impl Written {
    /// Sends it, at once.
    ///
    /// # Errors
    /// Those of [`Choices::new`], and those of a reply.
    pub async fn send(
        &self,
        app: &App,
        scope: &Scope,
        conversation: ConversationId,
        client_id: Uuid,
        seen: i64,
    ) -> Result<MessageView, AppError> {
        let label = if self.label.trim().is_empty() { LABEL } else { &self.label };
        let choices = Choices::new(&self.choices, label)?;
        let text = self.text.clone();
        let reply = Reply { conversation, client_id, text, seen, to: None, choices: Some(choices), file: None, leaves: Leaves::Now };
        send(app, scope, reply).await
    }
}
