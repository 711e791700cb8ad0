//! Working on many conversations at once (F195): what is asked and what is answered. `server::bulk` does it.

use crate::{error::AppError, ids::ConversationId};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Conversations that one request may name.
pub const MAX_PICKED: usize = 200;

/// A conversation that was picked, and the event up to which it was seen then: what the customer said since is not put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picked {
    pub seen: i64,
    pub id: ConversationId,
}

impl fmt::Display for Picked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.seen, self.id)
    }
}

impl FromStr for Picked {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (seen, id) = text.split_once('.').ok_or(())?;
        Ok(Self { seen: seen.parse().map_err(|_| ())?, id: id.parse().map_err(|_| ())? })
    }
}

/// Why a conversation was left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is none, or none that the caller may see.
    NotFound,
    /// The customer wrote since it was picked.
    CustomerWrote,
    /// It is closed: there is nothing to put off.
    Closed,
    /// The contact has another one that is open.
    OpenElsewhere,
    /// It changed after what was to be undone.
    Changed,
    /// The contact has as many tags as a contact may have.
    TooManyTags,
    /// The team does not want to hear from the contact.
    Blocked,
    /// Our fault.
    Failed,
}

impl Refusal {
    pub const ALL: [Self; 8] = [
        Self::NotFound,
        Self::CustomerWrote,
        Self::Closed,
        Self::OpenElsewhere,
        Self::Changed,
        Self::TooManyTags,
        Self::Blocked,
        Self::Failed,
    ];
}

/// What became of each conversation, in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkAnswer {
    pub action: Uuid,
    /// As asked for, whether by this request or before.
    pub done: Vec<ConversationId>,
    pub refused: Vec<(ConversationId, Refusal)>,
    /// Something can be undone.
    pub undoable: bool,
    /// The same as a sentence, in the caller's language.
    pub said: String,
}

/// One error of a single conversation, as it is reported beside the others.
impl From<&AppError> for Refusal {
    fn from(error: &AppError) -> Self {
        use crate::error::Conflict;
        match error {
            AppError::NotFound => Self::NotFound,
            AppError::Conflict(Conflict::CustomerWrote) => Self::CustomerWrote,
            AppError::Conflict(Conflict::ConversationClosed) => Self::Closed,
            AppError::Conflict(Conflict::OpenElsewhere) => Self::OpenElsewhere,
            AppError::Conflict(Conflict::TooManyTags) => Self::TooManyTags,
            AppError::Conflict(Conflict::ContactBlocked) => Self::Blocked,
            AppError::Conflict(_) => Self::Changed,
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_picked_survives_a_form() {
        let picked = Picked { seen: 41, id: Uuid::from_u128(7).into() };
        assert_eq!(picked.to_string().parse(), Ok(picked));
        for wrong in ["", "41", "41.", ".00000000-0000-0000-0000-000000000007", "x.00000000-0000-0000-0000-000000000007", "41.siapa"] {
            assert_eq!(wrong.parse::<Picked>(), Err(()), "{wrong}");
        }
    }
}
