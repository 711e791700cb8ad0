//! The one error that crosses the wire.

use crate::ids::{ConversationId, MessageId};
use leptos::{
    prelude::FromServerFnError,
    server_fn::{codec::JsonEncoding, error::ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// What went wrong, in a form that may be shown to anybody. Database and provider texts never get in here: they are logged once,
/// under the reference that `Internal` carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppError {
    /// Nobody is signed in, or the session ended.
    SignedOut,
    /// Signed in, but the role lacks this permission (its key, for "ask the owner").
    Forbidden(String),
    /// The workspace is closed for now; nobody may do anything in it.
    Suspended,
    /// No such thing in this workspace. A foreign id is this too.
    NotFound,
    /// The input broke a rule.
    Invalid { field: String, rule: Rule },
    /// The state moved meanwhile; nothing was changed.
    Conflict(Conflict),
    /// Too many requests; wait this many seconds.
    TooMany(u32),
    /// A service we depend on failed (its name).
    Upstream(String),
    /// The request never reached the server (set in the browser).
    Offline,
    /// Our fault. The reference stands in the log beside the cause.
    Internal(String),
}

/// Rules that input can break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// Nothing was given.
    Missing,
    /// More than this many characters, as WhatsApp counts them.
    TooLong(u32),
    /// Not in the form the field needs.
    Malformed,
    /// A file of more than this many MB (2^20 bytes each), the most that WhatsApp takes of its kind; 0: more than something on the way takes.
    TooLarge(u32),
    /// A file whose bytes are of no kind that WhatsApp takes.
    Unsupported,
    /// A time at which the 24-hour window will be shut.
    AfterWindow,
    /// More than this many things at once.
    TooMany(u32),
}

/// How many messages a held reply names.
pub const UNSEEN_NAMED: usize = 3;

/// Ways in which a request can come too late.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conflict {
    /// The 24-hour window closed at this time (Unix milliseconds; none: it never opened). Only templates get through.
    WindowClosed(Option<i64>),
    /// The conversation is closed.
    ConversationClosed,
    /// The same client id came with another text.
    ClientIdReused,
    /// Only failed messages can be sent again.
    NotFailed,
    /// The message is on its way, or a colleague's that is about to be: nobody can take it back.
    HasLeft,
    /// The message was taken back.
    TakenBack,
    /// The customer wrote something that the caller had not seen yet.
    CustomerWrote,
    /// While a reply was being written somebody else wrote, the customer or a colleague: these messages, oldest first and at most
    /// [`UNSEEN_NAMED`] of them. Whoever knows of `seq`, the event up to which was looked, may send it nevertheless.
    Unseen { seq: i64, messages: Vec<MessageId> },
    /// The contact has another conversation that is open.
    OpenElsewhere,
    /// The conversation is part of this one now.
    MergedInto(ConversationId),
    /// The team does not want to hear from the contact: first they are let through again.
    ContactBlocked,
    /// The contact has as many tags as a contact may have.
    TooManyTags,
    /// A rule of people and roles stands against it (its key: `last_owner`); plain pages have the sentence for each.
    Refused(String),
}

impl AppError {
    /// The HTTP status that says the same.
    pub fn status(&self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden(_) | Self::Suspended => 403,
            Self::NotFound => 404,
            Self::Invalid { .. } => 422,
            Self::Conflict(_) => 409,
            Self::TooMany(_) => 429,
            Self::Upstream(_) => 502,
            Self::Offline => 503,
            Self::Internal(_) => 500,
        }
    }

    /// Shorthand for a broken rule.
    pub fn invalid(field: &str, rule: Rule) -> Self {
        Self::Invalid { field: field.into(), rule }
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // For logs and developers; people read `words::Words::error`.
        write!(f, "{self:?}")
    }
}

impl std::error::Error for AppError {}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Offline,
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Self::invalid("request", Rule::Malformed),
            _ => Self::Internal(String::new()),
        }
    }
}
