//! Every sentence that a person sees, in Indonesian and English.
//!
//! [`Words`] has one field per sentence and one value per language, so a language that lacks a sentence does not compile. Sentences with
//! gaps are functions. Dates, durations and errors, whose rules are shared, are methods below.

mod en;
mod id;
mod to_do;
mod work;

#[cfg(feature = "ssr")]
pub mod server;

pub use work::WorkWords;

use crate::{
    error::AppError,
    inbox::model::{EMOJI, Failure, MessageView, Preview, Sender, Status},
    time::{LocalTime, Millis, Remaining},
};
use serde::{Deserialize, Serialize};

/// The languages of the interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    #[default]
    Id,
    En,
}

impl Locale {
    /// The two-letter code of the cookie and of `<html lang>`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "id" => Some(Self::Id),
            "en" => Some(Self::En),
            _ => None,
        }
    }

    pub fn words(self) -> &'static Words {
        match self {
            Self::Id => &id::WORDS,
            Self::En => &en::WORDS,
        }
    }
}

/// The words of the page's language, provided by `app::App`.
pub fn use_words() -> &'static Words {
    leptos::prelude::use_context::<Locale>().unwrap_or_default().words()
}

/// How a language writes times and lengths of time.
pub struct Forms {
    /// Between hours and minutes: `09.41`, `9:41`.
    pub clock_separator: char,
    /// Whether hours below ten get a zero.
    pub clock_padded: bool,
    pub hour_unit: &'static str,
    pub minute_unit: &'static str,
    pub day_unit: &'static str,
    /// Sunday first, short.
    pub weekdays: [&'static str; 7],
    /// January first, short.
    pub months: [&'static str; 12],
}

/// One language. See the module.
pub struct Words {
    pub locale: Locale,
    pub forms: Forms,

    // the frame
    pub skip_to_content: &'static str,
    pub main_navigation: &'static str,
    pub messages: &'static str,
    pub customer_phone: &'static str,
    pub account: &'static str,
    pub account_of: fn(&str) -> String,
    pub unread: fn(i64) -> String,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub theme_system: &'static str,
    pub sign_out: &'static str,
    pub settings: &'static str,
    pub switch_workspace: &'static str,
    pub close: &'static str,
    pub try_again: &'static str,
    pub notices: &'static str,

    // roles
    pub role: fn(&str) -> &'static str,

    // states of a page
    pub not_found_title: &'static str,
    pub not_found_text: &'static str,
    pub conversation_gone_title: &'static str,
    pub conversation_gone_text: &'static str,
    pub back_to_messages: &'static str,
    pub home: &'static str,
    pub forbidden_title: &'static str,
    pub list_failed: &'static str,
    pub thread_failed: &'static str,
    pub loading: &'static str,

    // connection
    pub connecting: &'static str,
    pub connected: &'static str,
    pub reconnecting: &'static str,
    pub offline: &'static str,
    pub reload_for_new: &'static str,
    pub keep_writing: fn(usize) -> String,

    // list
    pub conversations: &'static str,
    pub no_conversations_title: &'static str,
    pub no_conversations_text: &'static str,
    pub open_customer_phone: &'static str,
    pub older_conversations: &'static str,
    pub newer_conversations: &'static str,
    pub newest_conversations: &'static str,
    pub unowned: &'static str,
    pub you: &'static str,
    pub team: &'static str,
    pub closes_in: fn(&str) -> String,
    pub window_closes_in: &'static str,
    pub window_shut: &'static str,
    pub closed_conversation: &'static str,
    pub views: &'static str,
    pub view_mine: &'static str,
    pub view_all: &'static str,
    pub view_active: &'static str,
    pub view_snoozed: &'static str,
    pub view_unread: &'static str,
    pub view_empty_title: &'static str,
    pub view_empty_text: &'static str,
    pub view_reset: &'static str,
    pub search: &'static str,

    // thread
    pub conversation_with: fn(&str) -> String,
    pub pick_title: &'static str,
    pub pick_text: &'static str,
    pub back_to_list: fn(i64) -> String,
    pub open_contact: fn(&str) -> String,
    pub who_answers: &'static str,
    pub take_over: &'static str,
    pub hand_back: &'static str,
    pub thread: &'static str,
    pub thread_start: &'static str,
    pub older_messages: &'static str,
    pub older_failed: &'static str,
    pub newest_messages: &'static str,
    pub today: &'static str,
    pub yesterday: &'static str,
    pub new_messages: fn(usize) -> String,
    pub from_phone_app: &'static str,
    pub back_in_time: &'static str,
    pub chat_score: &'static str,
    /// Of a score: cold, warm, hot.
    pub temperatures: [&'static str; 3],
    /// Above what a message said before it was written anew.
    pub edited: &'static str,
    /// Under a message that was taken back; when.
    pub revoked: fn(&str) -> String,
    pub says: fn(&str, &str) -> String,
    pub withdrawn: &'static str,
    pub tick_waiting: &'static str,
    pub tick_unknown: &'static str,
    pub tick_sent: &'static str,
    pub tick_delivered: &'static str,
    pub tick_read: &'static str,
    pub resend: &'static str,
    pub failed: fn(&str) -> String,
    pub failure_details: &'static str,
    pub enlarge: &'static str,
    pub download: fn(&str) -> String,
    pub media_waiting: &'static str,
    pub media_failed: &'static str,
    pub open_link: &'static str,
    pub reactions: &'static str,
    pub quote_of: &'static str,

    // composer
    pub compose: &'static str,
    pub message_to: fn(&str) -> String,
    pub write_here: &'static str,
    pub writing_stops_ari: &'static str,
    pub send: &'static str,
    pub take_over_and_send: &'static str,
    pub send_hint: &'static str,
    pub characters_left: fn(i64) -> String,
    pub window_closed_at: fn(&str) -> String,
    pub window_never_opened: &'static str,
    pub window_reopens: &'static str,
    pub draft_kept: &'static str,
    pub conversation_is_closed: &'static str,
    pub write_what: &'static str,
    pub reply_tab: &'static str,
    pub note_tab: &'static str,
    pub write_note: &'static str,
    pub note_about: fn(&str) -> String,
    pub note_here: &'static str,
    pub note_hint: &'static str,
    pub save_note: &'static str,
    pub note_not_saved: fn(&str) -> String,
    pub only_team: &'static str,
    pub quoting: &'static str,
    pub cancel_quote: &'static str,
    pub reply_to_message: fn(&str) -> String,
    pub draft: &'static str,
    pub quick_replies: &'static str,
    pub no_quick_replies: &'static str,
    /// A form without script was refused; what it held is gone.
    pub refused: fn(&str) -> String,
    pub not_sent: fn(&str) -> String,
    pub not_sent_to: fn(&str, &str) -> String,

    // contact
    pub contact: &'static str,
    pub back_to_conversation: &'static str,
    pub since: fn(&str) -> String,
    pub phone_number: &'static str,
    pub hidden_number: &'static str,
    pub reveal_number: &'static str,
    pub username: &'static str,
    pub profile_name: &'static str,
    pub source: &'static str,
    pub source_name: fn(&str) -> Option<&'static str>,
    pub owner: &'static str,
    pub answered_by: &'static str,
    pub window: &'static str,

    // what happened
    pub took_over: fn(&str) -> String,
    pub handed_back: fn(&str) -> String,
    pub ari_handed_over: fn(&str) -> String,
    pub ari_failed: &'static str,
    pub something_happened: fn(&str) -> String,
    pub handover_reason: fn(&str) -> Option<&'static str>,
    /// What stands for a message without text: `Foto`. By WhatsApp's type.
    pub kind: fn(&str) -> Option<&'static str>,
    pub unknown_kind: fn(&str) -> String,
    /// Why WhatsApp refused, by Meta's code.
    pub failure: fn(i32) -> Option<&'static str>,
    pub failure_unknown: &'static str,

    // errors: what happened and what to do
    pub error_signed_out: &'static str,
    pub error_forbidden: &'static str,
    pub error_suspended: &'static str,
    pub error_not_found: &'static str,
    pub error_missing: &'static str,
    pub error_too_long: fn(u32) -> String,
    pub error_malformed: &'static str,
    pub error_window_closed: &'static str,
    pub error_conversation_closed: &'static str,
    pub error_client_id_reused: &'static str,
    pub error_not_failed: &'static str,
    pub error_too_many: fn(u32) -> String,
    pub error_upstream: fn(&str) -> String,
    pub error_offline: &'static str,
    pub error_internal: fn(&str) -> String,
}

impl Words {
    /// `09.41` or `9:41`.
    pub fn time(&self, at: LocalTime) -> String {
        let Forms { clock_separator, clock_padded, .. } = self.forms;
        match clock_padded {
            true => format!("{:02}{clock_separator}{:02}", at.hour, at.minute),
            false => format!("{}{clock_separator}{:02}", at.hour, at.minute),
        }
    }

    /// `Kam 26 Nov`, with the year when it is not this one.
    pub fn date(&self, at: LocalTime, today: LocalTime) -> String {
        let weekday = self.forms.weekdays[usize::from(at.weekday) % 7];
        format!("{weekday} {}", self.short_date(at, today))
    }

    /// `26 Nov`, with the year when it is not this one.
    pub fn short_date(&self, at: LocalTime, today: LocalTime) -> String {
        let month = self.forms.months[usize::from(at.month.saturating_sub(1)) % 12];
        match at.year == today.year {
            true => format!("{} {month}", at.day),
            false => format!("{} {month} {}", at.day, at.year),
        }
    }

    /// `26 Nov 2026`; the month counts from 0.
    pub fn date_of(&self, day: u32, month: u32, year: i32) -> String {
        format!("{day} {} {year}", self.forms.months[month as usize % 12])
    }

    /// The heading above a day's messages: today, yesterday or the date.
    pub fn day(&self, at: LocalTime, today: LocalTime) -> String {
        match today.day_number - at.day_number {
            0 => self.today.to_owned(),
            1 => self.yesterday.to_owned(),
            _ => self.date(at, today),
        }
    }

    /// When, as short as a list row has room: the time today, the weekday this week, else the date.
    pub fn row_time(&self, at: LocalTime, today: LocalTime) -> String {
        match today.day_number - at.day_number {
            i64::MIN..=0 => self.time(at),
            1 => self.yesterday.to_owned(),
            2..=6 => self.forms.weekdays[usize::from(at.weekday) % 7].to_owned(),
            _ => self.short_date(at, today),
        }
    }

    /// When, in a sentence: `kemarin 18.20`.
    pub fn moment(&self, at: LocalTime, today: LocalTime) -> String {
        let day = match today.day_number - at.day_number {
            0 => self.today.to_lowercase(),
            1 => self.yesterday.to_lowercase(),
            _ => self.date(at, today),
        };
        format!("{day} {}", self.time(at))
    }

    /// `5 j 12 m`, `23 j` from twelve hours on, `48 m` below one.
    pub fn remaining(&self, left: Remaining) -> String {
        let Forms { hour_unit, minute_unit, .. } = self.forms;
        match (left.hours, left.minutes) {
            (0, minutes) => format!("{minutes} {minute_unit}"),
            (hours, minutes) if hours >= 12 || minutes == 0 => format!("{hours} {hour_unit}"),
            (hours, minutes) => format!("{hours} {hour_unit} {minutes} {minute_unit}"),
        }
    }

    /// As [`Self::remaining`], and from two days on in whole days: how long somebody waits may be long.
    pub fn lasting(&self, minutes: i64) -> String {
        match minutes / (24 * 60) {
            0 | 1 => self.remaining(Remaining { hours: minutes / 60, minutes: minutes % 60 }),
            days => format!("{days} {}", self.forms.day_unit),
        }
    }

    /// What a message without words is called. Types we do not know are named, never blank.
    pub fn placeholder(&self, kind: &str) -> String {
        (self.kind)(kind).map_or_else(|| (self.unknown_kind)(kind), str::to_owned)
    }

    /// A system line. `who` is the person's name as the reader sees it ("Anda").
    pub fn system_line(&self, kind: &str, who: &str, reason: &str) -> String {
        match kind {
            "took_over" => (self.took_over)(who),
            "handed_back" => (self.handed_back)(who),
            "ari_handed_over" => (self.ari_handed_over)((self.handover_reason)(reason).unwrap_or(reason)),
            "ari_failed" => self.ari_failed.to_owned(),
            _ => self.locale.work().line(kind, who, reason).unwrap_or_else(|| match reason {
                "" => (self.something_happened)(kind),
                reason => reason.to_owned(),
            }),
        }
    }

    /// Who wrote, for the reader; none for the customer, whose name stands above.
    pub fn sender(&self, sender: Sender, name: Option<&str>, mine: bool) -> Option<String> {
        match sender {
            Sender::Contact | Sender::System => None,
            Sender::Assistant => Some("ARI".to_owned()),
            Sender::Teammate if mine => Some(self.you.to_owned()),
            Sender::Teammate => Some(name.unwrap_or(self.team).to_owned()),
            Sender::Phone => Some(name.unwrap_or(self.from_phone_app).to_owned()),
        }
    }

    /// The last message in one line of the list.
    pub fn preview(&self, preview: &Preview, mine: bool) -> String {
        let name = preview.sender_name.as_deref();
        if preview.sender == Sender::System {
            return self.system_line(&preview.kind, if mine { self.you } else { name.unwrap_or(self.team) }, &preview.text);
        }
        if preview.status == Some(Status::Failed) {
            return (self.failed)(self.failure_unknown);
        }
        let text = match (preview.kind.as_str(), preview.text.is_empty()) {
            (_, true) => self.placeholder(&preview.kind),
            ("text", false) => preview.text.clone(),
            (kind, false) => match (self.kind)(kind) {
                Some(name) if !matches!(kind, "button" | "interactive") => format!("{name}: {}", preview.text),
                _ => preview.text.clone(),
            },
        };
        match self.sender(preview.sender, name.map(first_word), mine) {
            Some(sender) => format!("{sender}: {text}"),
            None => text,
        }
    }

    /// What a message says, for a screen reader and for notices.
    pub fn spoken(&self, message: &MessageView) -> String {
        match message.text.is_empty() {
            true => self.placeholder(&message.kind),
            false => message.text.clone(),
        }
    }

    /// Why a message failed, in words for people.
    pub fn failure_reason(&self, failure: &Failure) -> &'static str {
        (self.failure)(failure.code).unwrap_or(self.failure_unknown)
    }

    /// How far a message got, for those who do not see the tick.
    pub fn status(&self, status: Status) -> &'static str {
        match status {
            Status::Scheduled => self.locale.work().later_waits,
            Status::Held => self.locale.work().later_was_held,
            Status::Pending | Status::Sending => self.tick_waiting,
            Status::Unknown => self.tick_unknown,
            Status::Sent => self.tick_sent,
            Status::Delivered => self.tick_delivered,
            Status::Read => self.tick_read,
            Status::Failed => self.failure_unknown,
            Status::Cancelled => self.withdrawn,
        }
    }

    /// What happened and what to do about it.
    pub fn error(&self, error: &AppError) -> String {
        use crate::error::{Conflict, Rule};
        match error {
            AppError::SignedOut => self.error_signed_out.to_owned(),
            AppError::Forbidden(_) => self.error_forbidden.to_owned(),
            AppError::Suspended => self.error_suspended.to_owned(),
            AppError::NotFound => self.error_not_found.to_owned(),
            AppError::Invalid { field, .. } if field == EMOJI => self.locale.work().error_no_emoji.to_owned(),
            AppError::Invalid { field, .. } if field == "digits" => self.locale.work().error_digits.to_owned(),
            AppError::Invalid { field, rule: Rule::Malformed } if field == "tag" => self.locale.work().no_tag_fits.to_owned(),
            AppError::Invalid { field, rule: Rule::Malformed } if field == "at" => self.locale.work().tasks.wrong_time.to_owned(),
            AppError::Invalid { rule, .. } => match rule {
                Rule::Missing => self.error_missing.to_owned(),
                Rule::TooLong(limit) => (self.error_too_long)(*limit),
                Rule::Malformed => self.error_malformed.to_owned(),
                Rule::TooLarge(megabytes) => (self.locale.work().error_too_large)(*megabytes),
                Rule::Unsupported => self.locale.work().error_unsupported.to_owned(),
                Rule::AfterWindow => self.locale.work().error_after_window.to_owned(),
                Rule::TooMany(most) => (self.locale.work().error_too_many_at_once)(*most),
            },
            AppError::Conflict(conflict) => match conflict {
                Conflict::WindowClosed(_) => self.error_window_closed,
                Conflict::ConversationClosed => self.error_conversation_closed,
                Conflict::ClientIdReused => self.error_client_id_reused,
                Conflict::NotFailed => self.error_not_failed,
                Conflict::HasLeft => self.locale.work().error_has_left,
                Conflict::TakenBack => self.locale.work().error_taken_back,
                Conflict::CustomerWrote => self.locale.work().error_customer_wrote,
                Conflict::Unseen { .. } => self.locale.work().error_unseen,
                Conflict::MergedInto(_) => self.locale.work().error_merged,
                Conflict::OpenElsewhere => self.locale.work().error_open_elsewhere,
                Conflict::ContactBlocked => self.locale.work().contact_is_blocked,
                Conflict::TooManyTags => self.locale.work().error_too_many_tags,
                Conflict::Refused(key) if key == "too_many_tags" => self.locale.work().error_tags_full,
                Conflict::Refused(_) => self.error_malformed,
            }
            .to_owned(),
            AppError::TooMany(seconds) => (self.error_too_many)(*seconds),
            AppError::Upstream(service) => (self.error_upstream)(service),
            AppError::Offline => self.error_offline.to_owned(),
            AppError::Internal(reference) => (self.error_internal)(reference),
        }
    }

    /// A file's size: `312 KB`.
    pub fn size(&self, bytes: i64) -> String {
        match bytes {
            ..1_000 => format!("{bytes} B"),
            1_000..1_000_000 => format!("{} KB", (bytes + 500) / 1_000),
            _ => {
                let tenths = (bytes + 50_000) / 100_000;
                let separator = if self.locale == Locale::Id { ',' } else { '.' };
                format!("{}{separator}{} MB", tenths / 10, tenths % 10)
            }
        }
    }
}

/// The first word of a name, which is how a small team calls its people.
pub fn first_word(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}

/// `at` in the workspace's zone.
pub fn local(at: Millis, offset_minutes: i32) -> LocalTime {
    LocalTime::new(at, offset_minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, HOUR, MINUTE};

    /// Friday 2026-11-20, 21.25 in Jakarta.
    const NOW: Millis = 1_795_184_701_000;

    fn at(before: Millis) -> LocalTime {
        local(NOW - before, 420)
    }

    #[test]
    fn times_are_written_as_each_language_does() {
        let (id, en) = (Locale::Id.words(), Locale::En.words());
        let morning = at(12 * HOUR);
        assert_eq!((id.time(morning).as_str(), en.time(morning).as_str()), ("09.25", "9:25"));
        let left = Remaining::until(5 * HOUR + 12 * MINUTE, 0).unwrap();
        assert_eq!((id.remaining(left).as_str(), en.remaining(left).as_str()), ("5 j 12 m", "5 h 12 m"));
        assert_eq!(id.remaining(Remaining { hours: 23, minutes: 10 }), "23 j");
        assert_eq!(id.remaining(Remaining { hours: 0, minutes: 48 }), "48 m");
        assert_eq!((id.lasting(48), id.lasting(47 * 60 + 59), id.lasting(369 * 60)), ("48 m".into(), "47 j".into(), "15 hari".into()));
    }

    #[test]
    fn a_row_names_the_time_the_day_or_the_date() {
        let id = Locale::Id.words();
        let today = at(0);
        assert_eq!(id.row_time(at(MINUTE), today), "21.24");
        assert_eq!(id.row_time(at(DAY), today), "Kemarin");
        assert_eq!(id.row_time(at(2 * DAY), today), "Rab");
        assert_eq!(id.row_time(at(8 * DAY), today), "12 Nov");
        assert_eq!(id.row_time(at(400 * DAY), today), "16 Okt 2025");
        assert_eq!(id.moment(at(MINUTE), today), "hari ini 21.24");
        assert_eq!(id.moment(at(DAY), today), "kemarin 21.25");
        assert_eq!(id.moment(at(3 * DAY), today), "Sel 17 Nov 21.25");
    }

    #[test]
    fn a_type_we_do_not_know_is_named() {
        assert_eq!(Locale::Id.words().placeholder("image"), "Foto");
        assert!(Locale::En.words().placeholder("hologram").contains("hologram"));
    }

    #[test]
    fn the_preview_says_who_wrote_and_what() {
        let words = Locale::Id.words();
        let mut preview = Preview {
            sender: Sender::Teammate,
            sender_id: None,
            sender_name: Some("Budi Hartono".into()),
            kind: "image".into(),
            text: "brosur".into(),
            status: None,
        };
        assert_eq!(words.preview(&preview, false), "Budi: Foto: brosur");
        assert_eq!(words.preview(&preview, true), "Anda: Foto: brosur");
        preview.sender = Sender::Contact;
        preview.text.clear();
        assert_eq!(words.preview(&preview, false), "Foto");
    }

    #[test]
    fn sizes_are_rounded() {
        assert_eq!(Locale::Id.words().size(311_900), "312 KB");
        assert_eq!(Locale::Id.words().size(1_250_000), "1,3 MB");
        assert_eq!(Locale::En.words().size(1_250_000), "1.3 MB");
    }
}
