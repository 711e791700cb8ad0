//! What a failed call means for the message it was about.
//!
//! Meta's error code decides where there is one, because Meta answers throttling with HTTP 400 and Kapso the closed window with 422;
//! the HTTP status decides otherwise. Codes: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes>.

use crate::server::http::{Broken, scrub};
use serde_json::Value;
use std::{fmt, time::Duration};

/// To the same customer WhatsApp takes one message in 6 s once a burst of 45 is used up.
const PAIR_PAUSE: Duration = Duration::from_secs(6);
/// Kapso answers 409 while the conversation's previous message is on its way.
const IN_FLIGHT_PAUSE: Duration = Duration::from_secs(1);

/// Why a call failed, by what to do now. `code` is Meta's, else the HTTP status, else 0; `reason` is the provider's words without telephone
/// numbers and keys, at most 300 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Nothing was accepted; try again later.
    Retry {
        /// Not before this long from now, where the provider said so.
        after: Option<Duration>,
        code: i32,
        reason: String,
        /// The limit concerns the whole number, not this message: nothing else of it will get through either.
        pause_number: bool,
    },
    /// Nothing was accepted, and nothing will be.
    Final { code: i32, reason: String },
    /// It may have been accepted. Ask the provider before sending again.
    Unknown { reason: String },
}

impl SendError {
    /// To be tried again, without a code.
    pub fn again(reason: &str) -> Self {
        Self::Retry { after: None, code: 0, reason: reason.to_owned(), pause_number: false }
    }

    /// The same for calls that may be repeated: not knowing means trying again.
    pub(super) fn harmless(self) -> Self {
        match self {
            Self::Unknown { reason } => Self::again(&reason),
            known => known,
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Retry { code, reason, .. } => write!(f, "to be tried again ({code}): {reason}"),
            Self::Final { code, reason } => write!(f, "refused ({code}): {reason}"),
            Self::Unknown { reason } => write!(f, "outcome unknown: {reason}"),
        }
    }
}

impl std::error::Error for SendError {}

impl From<Broken> for SendError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Malformed => Self::Final { code: 0, reason: broken.words().into() },
            Broken::NotConnected => Self::again(broken.words()),
            Broken::TimedOut | Broken::Lost | Broken::TooLarge => Self::Unknown { reason: broken.words().into() },
        }
    }
}

/// What to do, before the details are known.
enum Verdict {
    Throttled,
    PairThrottled,
    Again,
    Final,
    Unknown,
}

/// The meaning of an answer that is not a success. `key` is only there to be kept out of the reason.
pub(super) fn classify(status: u16, retry_after: Option<Duration>, body: &[u8], key: &str) -> SendError {
    let problem = Problem::read(body);
    let code = problem.code.unwrap_or(i32::from(status));
    let verdict = problem.code.and_then(by_code).unwrap_or_else(|| by_status(status));
    let words = if problem.text.is_empty() { format!("HTTP {status} without details") } else { problem.text };
    let words = match problem.code.and_then(hint_by_code).or_else(|| hint_by_status(status)) {
        Some(hint) => format!("{hint}: {words}"),
        None => words,
    };
    let reason = scrub(&words, Some(key));
    let retry = |after, pause_number| SendError::Retry { after, code, reason: reason.clone(), pause_number };
    match verdict {
        Verdict::Throttled => retry(retry_after, true),
        Verdict::PairThrottled => retry(retry_after.or(Some(PAIR_PAUSE)), false),
        Verdict::Again => retry(retry_after.or((status == 409).then_some(IN_FLIGHT_PAUSE)), false),
        Verdict::Final => SendError::Final { code, reason },
        Verdict::Unknown => SendError::Unknown { reason },
    }
}

/// Codes whose meaning does not depend on the HTTP status they come with.
fn by_code(code: i32) -> Option<Verdict> {
    Some(match code {
        // too many calls, business account, number, spam
        4 | 80007 | 130429 | 131048 => Verdict::Throttled,
        131056 => Verdict::PairThrottled,
        // unknown, service, something went wrong, unavailable, maintenance, unavailable
        1 | 2 | 131000 | 131016 | 131057 | 133004 => Verdict::Again,
        // credentials and permissions
        0 | 3 | 10 | 190 | 200..=299 | 131005 => Verdict::Final,
        // blocked, locked, country, display name, payment, certificate, registration
        368 | 131031 | 130497 | 131037 | 131042 | 131045 | 133000 | 133005..=133015 | 134011 => Verdict::Final,
        // the request
        33 | 100 | 131008 | 131009 | 131021 | 131051..=131053 | 131055 | 132000..=132999 | 134100..=134102 | 135000 => Verdict::Final,
        // the customer: undeliverable, window closed, ecosystem limit (a day at least), stopped marketing, experiment
        131026 | 131047 | 131049 | 131050 | 130472 => Verdict::Final,
        _ => return None,
    })
}

fn by_status(status: u16) -> Verdict {
    match status {
        408 | 409 | 425 => Verdict::Again,
        429 => Verdict::Throttled,
        300..=499 => Verdict::Final,
        // 521 to 523: the gateway never reached Kapso
        500 | 502 | 503 | 521..=523 => Verdict::Again,
        // 504 and 524 are time-outs behind the gateway; of the others nobody knows how far the request came
        _ => Verdict::Unknown,
    }
}

/// Our words in front of the provider's, where somebody must mend something.
fn hint_by_code(code: i32) -> Option<&'static str> {
    Some(match code {
        0 | 190 => "Meta no longer accepts the number's access token; connect the number again in Kapso",
        10 | 200..=299 | 131005 => "the API key may not use this number",
        368 | 131031 => "Meta has locked the WhatsApp account",
        131042 => "the WhatsApp account has a payment problem",
        _ => return None,
    })
}

fn hint_by_status(status: u16) -> Option<&'static str> {
    Some(match status {
        300..=399 => "KAPSO_API_BASE_URL leads elsewhere",
        401 => "Kapso does not accept the API key",
        402 => "the Kapso account has no credits left",
        403 => "the API key may not use this number",
        _ => return None,
    })
}

/// The error as told, in whichever of the three shapes.
struct Problem {
    code: Option<i32>,
    text: String,
}

impl Problem {
    fn read(body: &[u8]) -> Self {
        // Gateways answer with pages of their own; their text helps nobody.
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        match answer.get("error") {
            Some(Value::Object(error)) => {
                let message = text(error.get("message"));
                let details = text(error.get("error_data").and_then(|data| data.get("details")));
                let code = error.get("code").and_then(|code| code.as_i64().or_else(|| code.as_str()?.parse().ok()));
                Self { code: code.and_then(|code| i32::try_from(code).ok()), text: join(message, details) }
            }
            Some(Value::String(error)) => {
                // Kapso's name for what Meta numbers 131050.
                let stopped = answer.get("code").and_then(Value::as_str) == Some("marketing_preference_stopped");
                Self { code: stopped.then_some(131050), text: join(error.clone(), text(answer.get("message"))) }
            }
            _ => Self { code: None, text: text(answer.get("message")) },
        }
    }
}

fn join(first: String, second: String) -> String {
    match (first.is_empty(), second.is_empty()) {
        (_, true) => first,
        (true, _) => second,
        _ => format!("{first}: {second}"),
    }
}
