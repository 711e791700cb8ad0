//! Conversations and messages as screens see them, and the pure rules about them.

use super::{concerns::Deaf, labels::Labels, list_view::Totals};
use crate::{
    ids::{ContactId, ConversationId, MediaId, MessageId, PersonId},
    time::{Millis, WINDOW},
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// WhatsApp's limit for a text body, counted in characters (protocols: "Text body 4096 chars").
pub const MAX_TEXT: usize = 4096;
/// What a note is called among the kinds of messages (see [`MessageView::is_note`]).
pub const NOTE: &str = "note";
/// The events of a promised time that went by: for an answer, and for the end of a conversation.
pub const LATE: [&str; 2] = ["answer_late", "resolution_late"];
/// What a reaction's emoji is called in a form and in what is said about it.
pub const EMOJI: &str = "emoji";
/// Longest shortcut of a quick reply, in characters.
pub const MAX_SHORTCUT: usize = 50;
/// Longest text of a quick reply, in characters.
pub const MAX_QUICK_REPLY: usize = 1000;
/// Rows of the conversation list loaded at a time.
pub const LIST_PAGE: i64 = 50;
/// Messages of a thread loaded at a time.
pub const THREAD_PAGE: i64 = 50;

macro_rules! stored_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),* }
        impl $name {
            /// As stored in the database and sent over the wire.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),* } }
            /// The inverse of [`Self::as_str`].
            pub fn parse(text: &str) -> Option<Self> { match text { $($text => Some(Self::$variant),)* _ => None } }
        }
    };
}

stored_enum! {
    /// Which way a message went. System lines ("Rani took over") go nowhere.
    Direction { Inbound = "inbound", Outbound = "outbound", System = "system" }
}
stored_enum! {
    /// Who wrote a message.
    Sender {
        Contact = "contact",
        /// A person of the team, in my21staff.
        Teammate = "teammate",
        /// ARI.
        Assistant = "assistant",
        /// Somebody of the team in the WhatsApp app, or another program with the same number.
        Phone = "phone",
        System = "system",
    }
}
stored_enum! {
    /// Who answers a conversation.
    Holder { Ari = "ari", Team = "team" }
}
stored_enum! {
    /// How far an outbound message got. Provider statuses only move forward in this order; `Failed` is final.
    Status {
        /// Waits for its time, which is the message's.
        Scheduled = "scheduled",
        /// Its time came, and something stands against it ([`Failure::reason`]): a person has to look.
        Held = "held",
        /// Stored, waiting its turn.
        Pending = "pending",
        /// Handed to the provider, no answer yet.
        Sending = "sending",
        /// The provider did not answer in time: it may have gone out. Settled by asking the provider.
        Unknown = "unknown",
        Sent = "sent",
        Delivered = "delivered",
        Read = "read",
        Failed = "failed",
        /// Withdrawn before it left: ARI's answer, when a person spoke first; what its writer took back.
        Cancelled = "cancelled",
    }
}

/// How long what a person sent can be taken back, if they want that (F209).
pub const UNDO: Millis = 5_000;

impl Status {
    /// Whether a report that a message is at `next` moves it on from `self`. The order of the variants decides, as `status_rank` does in
    /// the database, so that reports give the same result in any order.
    pub fn may_become(self, next: Status) -> bool {
        next > self
    }
}

/// A customer as named in lists: the given name, else the WhatsApp profile name, else the number, else the user name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactView {
    pub id: ContactId,
    pub display_name: String,
    pub given_name: Option<String>,
    pub profile_name: Option<String>,
    /// E.164, or none for a person who hides it.
    pub phone: Option<String>,
    /// Further numbers of theirs, since two contacts became one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_phones: Vec<String>,
    pub username: Option<String>,
    pub source: String,
    pub since: Millis,
    /// The number is masked, and the viewer may have it shown.
    #[serde(default)]
    pub may_reveal: bool,
    /// What stands in the workspace's own fields, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldView>,
}

/// What stands in a field that the workspace keeps of contacts, as people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldView {
    pub name: String,
    pub text: String,
}

/// A teammate by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRef {
    pub id: PersonId,
    pub name: String,
}

/// One row of the conversation list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationView {
    pub id: ConversationId,
    pub contact_id: ContactId,
    pub name: String,
    pub holder: Holder,
    pub assignee: Option<PersonRef>,
    pub closed: bool,
    /// The team does not want to hear from the contact: it is closed, and nothing that they write opens it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocked: bool,
    /// When it comes back by itself, if the team put it off.
    #[serde(default)]
    pub snoozed_until: Option<Millis>,
    #[serde(default)]
    pub high_priority: bool,
    pub unread: i32,
    pub last_at: Millis,
    /// When free text stops being allowed; none if the customer never wrote.
    pub window_closes: Option<Millis>,
    /// The WhatsApp number to which the customer writes.
    #[serde(default)]
    pub number: Option<Uuid>,
    /// The stage that the contact is in, and its tags by name: see [`Labels`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Uuid>,
    /// What stands in the contact's own fields, as [`super::filter::Facts::values`] has it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Since when the customer waits for an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Millis>,
    /// When the answer is promised, and when that the conversation is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_due: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve_due: Option<Millis>,
    /// What the customer's messages come to, of 100 (F78). None until it was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_score: Option<u8>,
    pub last: Option<Preview>,
}

fn is_false(flag: &bool) -> bool {
    !*flag
}

/// How warm somebody with this score is, of [`crate::words::Words::temperatures`] (F120): cold below 40, hot from 70.
pub fn temperature(score: u8) -> usize {
    match score {
        70.. => 2,
        40.. => 1,
        _ => 0,
    }
}

impl ConversationView {
    /// What is promised next.
    pub fn due(&self) -> Option<Millis> {
        self.answer_due.into_iter().chain(self.resolve_due).min()
    }
}

impl MessageView {
    /// The order of a thread: the provider's time, ties by id.
    pub fn cursor(&self) -> ListCursor {
        ListCursor { at: self.at, id: self.id.0 }
    }

    /// Whether this is what the team says to itself: it never leaves the house.
    pub fn is_note(&self) -> bool {
        self.direction == Direction::System && self.kind == NOTE
    }

    /// Whether a reply can quote it: WhatsApp knows it, because it came from there or got there.
    pub fn quotable(&self) -> bool {
        match self.direction {
            // It is not there any more.
            _ if self.revoked.is_some() => false,
            Direction::Inbound => true,
            Direction::Outbound => matches!(self.status, Some(Status::Sent | Status::Delivered | Status::Read)),
            Direction::System => false,
        }
    }

    /// As it stands in a reply to it.
    pub fn as_quote(&self) -> Quote {
        Quote {
            id: Some(self.id),
            sender: self.sender,
            sender_name: self.sender_name.clone(),
            kind: if self.revoked.is_some() { REVOKED.into() } else { self.kind.clone() },
            text: self.text.chars().take(200).collect(),
        }
    }
}

/// The last message in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub sender: Sender,
    pub sender_id: Option<PersonId>,
    pub sender_name: Option<String>,
    /// See [`MessageView::kind`].
    pub kind: String,
    /// At most 120 characters.
    pub text: String,
    pub status: Option<Status>,
}

/// Something that a customer may tap in place of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Offered {
    pub title: String,
    /// Only rows of a list have one.
    pub description: String,
}

/// A position in a list ordered by (time, id) descending: the last row already shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListCursor {
    pub at: Millis,
    pub id: Uuid,
}

impl std::fmt::Display for ListCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.at, self.id)
    }
}

impl std::str::FromStr for ListCursor {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('.').ok_or(())?;
        Ok(Self { at: at.parse().map_err(|_| ())?, id: id.parse().map_err(|_| ())? })
    }
}

/// One message of a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// What the sending browser called it, to replace its optimistic bubble.
    pub client_id: Option<Uuid>,
    pub direction: Direction,
    pub sender: Sender,
    pub sender_id: Option<PersonId>,
    pub sender_name: Option<String>,
    /// WhatsApp's type (`text`, `image`, `audio`, `location` …), or for system lines what happened: `took_over`, `handed_back`,
    /// `ari_handed_over`, `ari_failed`, those of [`super::working`], and `note` for what the team says to itself.
    pub kind: String,
    /// Body or caption; for system lines the reason where there is one.
    pub text: String,
    pub detail: Option<Detail>,
    pub media: Option<MediaView>,
    pub quote: Option<Quote>,
    /// Emoji of customer and team, newest of each side; the team's with what somebody wants to stand there and is on its way.
    pub reactions: Vec<String>,
    /// More about the team's, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_reaction: Option<OwnReaction>,
    /// Of a note: the names after an `@` that are somebody of the team, as they stand in the text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<String>,
    /// Of a note: that something is to be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    pub at: Millis,
    pub status: Option<Status>,
    pub failure: Option<Failure>,
    /// What it said before whoever sent it wrote it anew, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// When whoever sent it took it back for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Millis>,
}

/// The kind of what was taken back, where only a line of it is shown.
pub const REVOKED: &str = "revoked";

/// What a message said until it was written anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    pub text: String,
    pub until: Millis,
}

/// What is to be done about a note (F79).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub due: Millis,
    /// Whose it is; none for nobody who belongs here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<PersonRef>,
    /// When it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Millis>,
}

/// What our side put to a message. WhatsApp counts the number: there is one, whoever of the team put it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnReaction {
    /// What stands there, or is on its way; empty for nothing.
    pub emoji: String,
    /// Who of the team; none if it was put there in the WhatsApp app.
    pub by: Option<PersonRef>,
    /// It has not got there yet.
    #[serde(default)]
    pub waits: bool,
    /// What somebody wanted and failed; empty where it was to be taken back.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub failed: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The provider's or Meta's number (131026 …), 0 when it had none.
    pub code: i32,
    /// The provider's words, for the details; people first read ours, by code. Of a message that is held: the key of what stands against it.
    pub reason: String,
}

/// What a message has beyond text and file, reduced to what a bubble shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    pub title: String,
    pub lines: Vec<String>,
    /// `https:` only.
    pub link: Option<String>,
}

/// A file of a message. Its bytes are at `/api/{workspace}/media/{id}` once stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaView {
    pub id: MediaId,
    pub state: MediaState,
    pub mime: String,
    pub file_name: Option<String>,
    /// bytes
    pub size: Option<i64>,
}

stored_enum! {
    /// Where a file's bytes are.
    MediaState { Waiting = "waiting", Stored = "stored", Failed = "failed" }
}

/// The message that another one answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// None when we never saw it.
    pub id: Option<MessageId>,
    pub sender: Sender,
    pub sender_name: Option<String>,
    pub kind: String,
    pub text: String,
}

/// A text kept ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickReply {
    pub id: Uuid,
    /// What is typed after the slash.
    pub shortcut: String,
    pub text: String,
}

/// A page of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationPage {
    pub rows: Vec<ConversationView>,
    pub next: Option<ListCursor>,
    /// Unread messages over all conversations the person may see.
    pub unread_total: i64,
    /// How many active conversations each view has.
    pub totals: Totals,
    /// The view's filter in words, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// What stages and tags there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
    /// The workspace's newest event when this was read; the stream continues after it.
    pub seq: i64,
}

/// A page of a thread, oldest message first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPage {
    pub conversation: ConversationView,
    pub contact: ContactView,
    pub messages: Vec<MessageView>,
    /// Where older messages continue.
    pub older: Option<ListCursor>,
    /// There are newer messages than these: the page was asked for one far back.
    #[serde(default)]
    pub sliced: bool,
    pub seq: i64,
    /// A fresh random id for the next reply, so that a form without script is sent once too.
    pub next_client_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover: Option<Handover>,
    /// It comes from what the browser keeps for reading without a connection, and may lack something.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// What the caller has begun to write, on whichever device; or, where that was asked for, wrote without script and could not be sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsent_note: Option<String>,
}

/// What a line of a handover card is about, in the order in which one reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HandoverField {
    /// What the customer wants.
    Wants,
    /// What was promised to the customer.
    Promised,
    /// What nobody has answered or asked yet.
    Missing,
    /// The last price that was named.
    Price,
}

impl HandoverField {
    pub const ALL: [Self; 4] = [Self::Wants, Self::Promised, Self::Missing, Self::Price];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wants => "wants",
            Self::Promised => "promised",
            Self::Missing => "missing",
            Self::Price => "price",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == text)
    }
}

/// One line of it: a few words of a model's, and the message in which that stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverLine {
    pub field: HandoverField,
    pub text: String,
    pub message: MessageId,
}

/// What whoever takes over from ARI should know. Never without lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handover {
    pub lines: Vec<HandoverLine>,
    /// No person has answered since it was made.
    pub fresh: bool,
}

/// The kind of the frame that tells that a conversation has a new one.
pub const HANDOVER_MADE: &str = "handover_made";
/// The kind of a frame that tells that a thread has other messages than before: two conversations became one, or two again.
pub const THREAD_CHANGED: &str = "thread_changed";

/// Where a colleague is right now. Kept nowhere: whoever is there says so again and again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    pub person: PersonId,
    pub name: String,
    /// The conversation on their screen; none while they look at none, or not at all.
    pub conversation: Option<ConversationId>,
    /// Whether they write in it.
    pub typing: bool,
}

/// What a stream carries: one committed change, with the views it touched as the receiver may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveFrame {
    pub seq: i64,
    /// Past tense: `message_received`, `message_sent`, `message_status_changed`, `message_changed`, `message_edited`, `conversation_changed`, `conversation_read`, `media_stored`,
    /// `waiting_changed`, [`HANDOVER_MADE`], [`THREAD_CHANGED`], [`super::labels::LABELS_CHANGED`], [`super::labels::CONTACT_CHANGED`] and those of [`LATE`].
    pub kind: String,
    pub conversation: Option<ConversationView>,
    pub message: Option<MessageView>,
    /// This conversation left the receiver's sight.
    pub gone: Option<ConversationId>,
    pub unread_delta: i32,
    /// What stages and tags there are from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels>,
}

/// What is often done together, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroRef {
    pub id: Uuid,
    pub name: String,
}

/// Who looks at the screen, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    pub person: PersonRef,
    pub email: String,
    pub workspace_slug: String,
    pub workspace_name: String,
    pub role: String,
    /// Minutes east of UTC in the workspace's zone.
    pub offset_minutes: i32,
    /// The server's clock when the page was made; screens count on from it.
    pub now: Millis,
    pub ari_enabled: bool,
    /// A customer-phone page exists (demo mode).
    pub sandbox: bool,
    /// May answer customers, and with that close and snooze conversations.
    #[serde(default)]
    pub may_reply: bool,
    /// Whom the viewer may give conversations to, by name; empty where that is not allowed.
    #[serde(default)]
    pub team: Vec<PersonRef>,
    /// What the viewer does not want to be called for.
    #[serde(default)]
    pub deaf: Deaf,
    /// What the workspace does together, by name.
    #[serde(default)]
    pub macros: Vec<MacroRef>,
    /// May make a tag that there is none of yet.
    #[serde(default)]
    pub may_label: bool,
    /// Stands for all that the viewer may see and do: what was kept in a browser under other rights is of no use.
    #[serde(default)]
    pub rights: String,
}

/// Below this many minutes a window is about to close.
pub const SOON: i64 = 120;

/// When the window that `last_inbound` opened closes.
pub fn window_closes(last_inbound: Option<Millis>) -> Option<Millis> {
    last_inbound.map(|at| at + WINDOW)
}

/// Whether free text may be sent at `now`. Open up to, not at, the closing instant.
pub fn window_open(closes: Option<Millis>, now: Millis) -> bool {
    closes.is_some_and(|closes| now < closes)
}

/// The name rule of lists and threads (F52).
pub fn display_name(given: Option<&str>, profile: Option<&str>, phone: Option<&str>, username: Option<&str>) -> String {
    let filled = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    filled(given)
        .or_else(|| filled(profile))
        .or_else(|| filled(phone))
        .or_else(|| filled(username).map(|name| format!("@{name}")))
        .unwrap_or_else(|| "WhatsApp".into())
}

/// The stable avatar colour (1–8) of a contact.
pub fn avatar_colour(id: Uuid) -> u8 {
    // The last byte of a UUIDv7 is random, so colours spread evenly.
    id.as_bytes()[15] % 8 + 1
}

/// Up to two initials for an avatar.
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_only_move_forward() {
        use Status::*;
        let all = [Scheduled, Held, Pending, Sending, Unknown, Sent, Delivered, Read, Failed, Cancelled];
        for status in all {
            assert!(!status.may_become(status), "{status:?} to itself");
            assert!(!Failed.may_become(status) || status == Cancelled);
            assert!(!Cancelled.may_become(status));
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert!(Sent.may_become(Delivered) && Sent.may_become(Read) && Delivered.may_become(Read));
        assert!(!Read.may_become(Delivered) && !Delivered.may_become(Sent) && !Read.may_become(Sent));
        assert!(Sent.may_become(Failed) && Delivered.may_become(Failed) && Read.may_become(Failed));
        assert!(Scheduled.may_become(Held) && Held.may_become(Pending) && Scheduled.may_become(Cancelled));
        assert!(Unknown.may_become(Sent) && Sending.may_become(Unknown) && !Sent.may_become(Pending));
    }

    #[test]
    fn the_window_is_open_until_its_last_millisecond() {
        let closes = window_closes(Some(1_000));
        assert!(window_open(closes, 1_000 + WINDOW - 1));
        assert!(!window_open(closes, 1_000 + WINDOW));
        assert!(!window_open(None, 0));
    }

    #[test]
    fn a_given_name_wins_over_the_profile_name_and_the_number() {
        assert_eq!(display_name(Some("Ayu"), Some("ayu ✨"), Some("+628"), None), "Ayu");
        assert_eq!(display_name(Some(" "), Some("ayu ✨"), Some("+628"), None), "ayu ✨");
        assert_eq!(display_name(None, None, Some("+628"), Some("ayu")), "+628");
        assert_eq!(display_name(None, None, None, Some("ayu")), "@ayu");
    }

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        assert_eq!(initials("Nadia Putri Kusumawardhani"), "NK");
        assert_eq!(initials("@wulan.studi"), "W");
        assert_eq!(initials("+62 812"), "68");
        assert_eq!(initials("✨"), "");
    }

    #[test]
    fn cursors_survive_a_url() {
        let cursor = ListCursor { at: 5, id: Uuid::from_u128(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!("".parse::<ListCursor>(), Err(()));
    }
}
