//! Kapso's REST API, as far as the inbox needs it: send, upload files, mark read, page through what was said, find a file.
//!
//! Kapso passes Meta's Cloud API on under its own address and key (<https://docs.kapso.ai/api/meta/whatsapp/whatsapp-api-overview>).
//! What a failure means for the message (try again, give up, ask first) is said by [`SendError`].

mod failure;
#[cfg(test)]
mod tests;

use crate::{
    inbox::files::FileKind,
    server::{
        clock::from_millis,
        http::{Broken, read_body},
    },
    time::Millis,
};
use bytes::Bytes;
use chrono::SecondsFormat;
pub use failure::SendError;
use reqwest::{
    Client, RequestBuilder, Url,
    header::RETRY_AFTER,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The version of Meta's Graph API that is asked for; Kapso documents this one.
const VERSION: &str = "v24.0";
/// How long Kapso may take. It gives up on Meta itself and answers 504 before that.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long it may take to take a file. With the send after it less than a job's lease.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// A page of a hundred messages with all their fields is far smaller.
const MAX_BODY: usize = 8 << 20;
/// Kapso's limit for a page of messages.
pub const MAX_PAGE: u32 = 100;
/// More templates than this nobody looks through; Meta allows 250 to unverified businesses.
pub const MAX_TEMPLATES: usize = 1000;
/// Longest opaque text that comes back with the statuses of a message, in characters.
pub const MAX_CALLBACK_DATA: usize = 512;
/// A longer Retry-After is cut to this: nobody shall stop a number for days with one header.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3_600);

/// A Kapso project, reached with its API key.
#[derive(Clone)]
pub struct Kapso {
    http: Client,
    base: String,
    key: String,
    timeout: Duration,
}

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// An E.164 number, `+628…`.
    Phone(String),
    /// The business-scoped id of a customer who hides the number.
    Bsuid(String),
}

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content<'a> {
    Text(&'a str),
    /// A file that [`Kapso::upload`] put there.
    File {
        kind: FileKind,
        id: &'a str,
        /// At most 1024 characters; not under sound.
        caption: Option<&'a str>,
        /// What a document is called on the customer's phone. Other kinds have no name there.
        name: Option<&'a str>,
        /// Sound that is played as a voice message: Opus in Ogg, one channel (Meta, "Audio messages").
        voice: bool,
    },
    /// A template with its values, in Meta's shape.
    Template(&'a Value),
    /// Choices under a text, in Meta's shape ([`super::choices`]).
    Interactive(&'a Value),
    /// An emoji to the message of this WhatsApp id; the empty one takes back what was there.
    Reaction {
        to: &'a str,
        emoji: &'a str,
    },
}

impl Content<'_> {
    /// The message's type, and the object under its name (Meta, "Messages", "Media object").
    fn wire(&self) -> (&'static str, Value) {
        match self {
            Self::Text(body) => ("text", json!({ "body": body, "preview_url": false })),
            Self::Template(template) => ("template", (*template).clone()),
            Self::Interactive(interactive) => ("interactive", (*interactive).clone()),
            Self::Reaction { to, emoji } => ("reaction", json!({ "message_id": to, "emoji": emoji })),
            Self::File { kind, id, caption, name, voice } => {
                let mut file = json!({ "id": id });
                if let Some(caption) = caption.filter(|caption| kind.has_caption() && !caption.is_empty()) {
                    file["caption"] = caption.into();
                }
                if let Some(name) = name.filter(|_| *kind == FileKind::Document) {
                    file["filename"] = name.into();
                }
                if *voice && *kind == FileKind::Audio {
                    file["voice"] = true.into();
                }
                (kind.as_str(), file)
            }
        }
    }
}

/// The provider took a message. That it arrived is told by statuses, later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// WhatsApp's message id (`wamid.…`), under which statuses will come.
    pub provider_id: String,
}

/// Which way the messages of a list went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedDirection {
    Inbound,
    Outbound,
}

/// Some messages, newest first, in the shape of the `message` object of webhooks.
#[derive(Clone, Debug, PartialEq)]
pub struct MessagePage {
    pub items: Vec<Value>,
    /// The cursor of the next (older) page; none on the last.
    pub next: Option<String>,
}

/// Where the bytes of a file are, for a few minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaUrl {
    /// Kapso's own link, which needs no key, where it gives one; else Meta's. Fetch it with [`Kapso::headers_for`].
    pub url: String,
    pub mime: Option<String>,
    /// bytes
    pub size: Option<u64>,
    /// SHA-256 of the bytes, base64 or hex as Meta gave it.
    pub sha256: Option<String>,
}

impl std::fmt::Debug for Kapso {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kapso").field("base", &self.base).finish_non_exhaustive()
    }
}

impl Kapso {
    /// `base` is the host without a path (`https://api.kapso.ai`), `key` the project's API key.
    pub fn new(http: Client, base: impl Into<String>, key: impl Into<String>) -> Self {
        Self { http, base: base.into(), key: key.into(), timeout: TIMEOUT }
    }

    /// The same with another limit for one call, connecting included. The default is 30 s.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Hands a message over. `reply_to` is the WhatsApp id of the message it answers; `callback_data` comes back with the message's statuses
    /// (at most 512 characters, more is cut).
    pub async fn send(
        &self,
        phone_number_id: &str,
        to: &Recipient,
        content: &Content<'_>,
        reply_to: Option<&str>,
        callback_data: &str,
    ) -> Result<Accepted, SendError> {
        let (kind, content) = content.wire();
        let mut message = json!({ "messaging_product": "whatsapp", "recipient_type": "individual", "type": kind });
        message[kind] = content;
        match to {
            Recipient::Phone(number) => message["to"] = number.chars().filter(char::is_ascii_digit).collect::<String>().into(),
            Recipient::Bsuid(id) => message["recipient"] = id.as_str().into(),
        }
        if let Some(id) = reply_to {
            message["context"] = json!({ "message_id": id });
        }
        if !callback_data.is_empty() {
            message["biz_opaque_callback_data"] = callback_data.chars().take(MAX_CALLBACK_DATA).collect::<String>().into();
        }
        let url = self.url(&[phone_number_id, "messages"])?;
        let answer = self.call(self.http.post(url).json(&message)).await?;
        match answer.pointer("/messages/0/id").and_then(Value::as_str) {
            Some(id) if !id.is_empty() => Ok(Accepted { provider_id: id.to_owned() }),
            _ => Err(SendError::Unknown { reason: "accepted without a message id".into() }),
        }
    }

    /// Puts a file where messages can name it, for 30 days. The type is judged by Meta: it must be one that it takes. Never fails as
    /// [`SendError::Unknown`]: a file that nobody names harms nobody.
    pub async fn upload(&self, phone_number_id: &str, file: Bytes, mime: &str, name: &str) -> Result<String, SendError> {
        let url = self.url(&[phone_number_id, "media"])?;
        let length = file.len() as u64;
        let part = Part::stream_with_length(file, length).file_name(name.to_owned()).mime_str(mime);
        let part = part.map_err(|_| SendError::Final { code: 0, reason: "the type of the file is malformed".into() })?;
        let form = Form::new().text("messaging_product", "whatsapp").text("type", mime.to_owned()).part("file", part);
        let patient = self.clone().with_timeout(UPLOAD_TIMEOUT);
        let answer = patient.call(self.http.post(url).multipart(form)).await.map_err(SendError::harmless)?;
        match answer.get("id").and_then(|id| id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|id| id.to_string()))) {
            Some(id) if !id.is_empty() => Ok(id),
            _ => Err(SendError::again("the file was taken without an id")),
        }
    }

    /// Shows the customer that a message was read, and with `typing` that an answer is being written (until it is sent, 25 s at most).
    /// Repeating it does no harm, so it never fails as [`SendError::Unknown`].
    pub async fn mark_read(&self, phone_number_id: &str, message_id: &str, typing: bool) -> Result<(), SendError> {
        let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": message_id });
        if typing {
            body["typing_indicator"] = json!({ "type": "text" });
        }
        let url = self.url(&[phone_number_id, "messages"])?;
        self.call(self.http.post(url).json(&body)).await.map_err(SendError::harmless)?;
        Ok(())
    }

    /// A page of the messages of a number with all that Kapso knows of them (the statuses hold our callback data), newest first. `since` and `until` are Unix milliseconds, widened to whole seconds; `after` is
    /// the `next` of the page before; `limit` is at most [`MAX_PAGE`]. Never fails as [`SendError::Unknown`].
    pub async fn list_messages(
        &self,
        phone_number_id: &str,
        since: Option<Millis>,
        until: Option<Millis>,
        direction: Option<ListedDirection>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<MessagePage, SendError> {
        let second = |at: Millis| from_millis(at).to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut query = vec![("fields", "kapso(*)".to_owned()), ("limit", limit.clamp(1, MAX_PAGE).to_string())];
        query.extend(since.map(|at| ("since", second(at))));
        query.extend(until.map(|at| ("until", second(at.saturating_add(999)))));
        query.extend(direction.map(|direction| {
            let word = match direction {
                ListedDirection::Inbound => "inbound",
                ListedDirection::Outbound => "outbound",
            };
            ("direction", word.to_owned())
        }));
        query.extend(after.map(|cursor| ("after", cursor.to_owned())));
        let url = self.url(&[phone_number_id, "messages"])?;
        let mut answer = self.call(self.http.get(url).query(&query)).await.map_err(SendError::harmless)?;
        let Some(Value::Array(items)) = answer.get_mut("data").map(Value::take) else {
            return Err(SendError::again("the list of messages has no data"));
        };
        Ok(MessagePage { next: next_cursor(&answer, &items, after), items })
    }

    /// Where a file's bytes are. Never fails as [`SendError::Unknown`].
    pub async fn media_url(&self, media_id: &str, phone_number_id: &str) -> Result<MediaUrl, SendError> {
        let url = self.url(&[media_id])?;
        let request = self.http.get(url).query(&[("phone_number_id", phone_number_id)]);
        let answer = self.call(request).await.map_err(SendError::harmless)?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(url) = text("download_url").or_else(|| text("url")) else {
            return Err(SendError::again("the file has no address"));
        };
        // Documented as a string, and a number in Meta's own samples.
        let size = answer.get("file_size").and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
        Ok(MediaUrl { url, mime: text("mime_type"), size, sha256: text("sha256") })
    }

    /// The business account that a number belongs to, under which its templates are kept. None for a number that this key does not reach. Never fails
    /// as [`SendError::Unknown`].
    pub async fn business_account(&self, phone_number_id: &str) -> Result<Option<String>, SendError> {
        let mut url = Url::parse(&self.base).map_err(|_| malformed("KAPSO_API_BASE_URL"))?;
        url.path_segments_mut().map_err(|()| malformed("KAPSO_API_BASE_URL"))?.pop_if_empty().extend([
            "platform",
            "v1",
            "whatsapp",
            "phone_numbers",
            phone_number_id,
        ]);
        let answer = match self.call(self.http.get(url)).await.map_err(SendError::harmless) {
            Err(SendError::Final { code: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let account = answer.pointer("/data/business_account_id").or_else(|| answer.get("business_account_id"));
        Ok(account.and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned))
    }

    /// The approved templates of a business account, as Meta lists them; at most [`MAX_TEMPLATES`]. Never fails as [`SendError::Unknown`].
    pub async fn templates(&self, business_account: &str) -> Result<Vec<Value>, SendError> {
        let url = self.url(&[business_account, "message_templates"])?;
        let mut all = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut query = vec![("status", "APPROVED".to_owned()), ("limit", MAX_PAGE.to_string())];
            query.extend(after.iter().map(|cursor| ("after", cursor.clone())));
            let mut answer = self.call(self.http.get(url.clone()).query(&query)).await.map_err(SendError::harmless)?;
            let Some(Value::Array(items)) = answer.get_mut("data").map(Value::take) else {
                return Err(SendError::again("the list of templates has no data"));
            };
            let has_next = answer.pointer("/paging/next").is_some_and(|next| !next.is_null());
            let next = next_cursor(&answer, &items, after.as_deref()).filter(|_| has_next);
            all.extend(items);
            after = next;
            if after.is_none() || all.len() >= MAX_TEMPLATES {
                return Ok(all);
            }
        }
    }

    /// What a file's address must be fetched with: our key if it is Kapso's own address, else nothing.
    pub fn headers_for(&self, url: &str) -> Vec<(&'static str, &str)> {
        let origin = |url: &str| Url::parse(url).map(|url| url.origin());
        match (origin(url), origin(&self.base)) {
            (Ok(theirs), Ok(ours)) if theirs == ours => vec![("X-API-Key", &self.key)],
            _ => Vec::new(),
        }
    }

    /// `{base}/meta/whatsapp/{version}/{path…}`; the parts are escaped, so that an id cannot lead elsewhere.
    fn url(&self, path: &[&str]) -> Result<Url, SendError> {
        if path.iter().any(|part| matches!(*part, "" | "." | "..")) {
            return Err(malformed("an id"));
        }
        let mut url = Url::parse(&self.base).map_err(|_| malformed("KAPSO_API_BASE_URL"))?;
        url.path_segments_mut()
            .map_err(|()| malformed("KAPSO_API_BASE_URL"))?
            .pop_if_empty()
            .extend(["meta", "whatsapp", VERSION])
            .extend(path);
        Ok(url)
    }

    /// One call. A 2xx answer that carries an error, or is not JSON, is an error too.
    async fn call(&self, request: RequestBuilder) -> Result<Value, SendError> {
        let request = request.header("X-API-Key", &self.key).timeout(self.timeout);
        let response = request.send().await.map_err(|error| SendError::from(Broken::of(&error)))?;
        let status = response.status().as_u16();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(|seconds| Duration::from_secs(seconds).min(MAX_RETRY_AFTER));
        let body = read_body(response, MAX_BODY).await;
        if !(200..300).contains(&status) {
            // The status alone says enough when the rest of the answer was lost.
            return Err(failure::classify(status, retry_after, &body.unwrap_or_default(), &self.key));
        }
        let body = body.map_err(SendError::from)?;
        let answer: Value = serde_json::from_slice(&body).map_err(|_| SendError::Unknown { reason: "the answer is not JSON".into() })?;
        match answer.get("error") {
            None | Some(Value::Null) => Ok(answer),
            Some(_) => Err(failure::classify(status, retry_after, &body, &self.key)),
        }
    }
}

fn malformed(what: &str) -> SendError {
    SendError::Final { code: 0, reason: format!("{what} is malformed") }
}

/// The cursor of the page after this one. The last page still has an `after` cursor but no `next` link; a page that is empty or leads
/// to itself ends the list, whatever it says.
fn next_cursor(answer: &Value, items: &[Value], current: Option<&str>) -> Option<String> {
    let paging = answer.get("paging")?;
    if items.is_empty() || paging.get("next").is_some_and(Value::is_null) {
        return None;
    }
    let after = paging.pointer("/cursors/after")?.as_str()?;
    (!after.is_empty() && Some(after) != current).then(|| after.to_owned())
}
