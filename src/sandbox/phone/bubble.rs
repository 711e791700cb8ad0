//! One message as HTML. Everything that people wrote is escaped here.

use super::{
    super::{
        templates,
        world::{Direction, Fate, Message, Millis, Progress, World},
    },
    texts::Texts,
};
use chrono::{DateTime, FixedOffset};
use serde_json::Value;

/// Jakarta, seven hours ahead of UTC all year; the demo's businesses are there.
const ZONE_SECONDS: i32 = 7 * 3600;
/// Two ticks, drawn once; the style gives their colour.
const TICKS: &str = r#"<svg class="ticks" viewBox="0 0 18 12" aria-hidden="true"><path d="M1 6.5 4.5 10 11 2M7.5 10 14 2" transform="translate(1.5 0)"/></svg>"#;
const CLOCK: &str =
    r#"<svg class="ticks" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5"/><path d="M6 3v3l2 1"/></svg>"#;

/// Text made safe for HTML, in content and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// The list item of a message, from the customer's side: what came from the business stands left.
pub fn item(world: &World, message: &Message, texts: &Texts) -> String {
    let mine = message.direction == Direction::Inbound;
    let (side, from) = if mine { ("mine", texts.from_you) } else { ("theirs", texts.from_business) };
    format!(
        r#"<li id="m{}" class="bubble {side}"><span class="sr">{from}: </span>{}{}<span class="meta">{}<time datetime="{}">{}</time>{}</span>{}{}</li>"#,
        message.ord,
        quote(world, message),
        body(message, texts),
        if matches!(message.fate, Fate::Edited(_)) { texts.edited } else { "" },
        machine_time(message.at),
        clock(message.at, texts),
        if mine { ticks(message.progress, texts) } else { String::new() },
        if mine { trouble(message.progress, texts) } else { String::new() },
        if message.is_changeable() { deeds(message, texts) } else { String::new() },
    )
}

/// What the customer can do to a message of theirs. The buttons belong to the form that one writes in: what is written there is what it shall say.
fn deeds(message: &Message, texts: &Texts) -> String {
    let id = escape(&message.id);
    let button = |name: &str, label: &str, title: &str| {
        format!(r#"<button form="composer" formnovalidate name="{name}" value="{id}" title="{title}">{label}</button>"#)
    };
    let (edit, revoke) = (button("edit", texts.edit, texts.edit_how), button("revoke", texts.revoke, texts.revoke_how));
    format!(r#"<span class="deeds">{edit}{revoke}</span>"#)
}

fn quote(world: &World, message: &Message) -> String {
    // A reaction is about a message as a reply is.
    let about = message.context.as_ref().map(|context| &context["id"]).unwrap_or(&message.content["message_id"]);
    let quoted = about.as_str().and_then(|id| world.message(id));
    quoted.map(|quoted| format!("<blockquote>{}</blockquote>", escape(&quoted.text))).unwrap_or_default()
}

fn body(message: &Message, texts: &Texts) -> String {
    match (&message.fate, message.kind.as_str()) {
        (Fate::Revoked, _) => return format!("<p class=\"small\">{}</p>", texts.revoked),
        (Fate::Edited(text), "text") => return format!("<p>{}</p>", escape(text)),
        (Fate::Edited(text), _) => return format!("{}<p>{}</p>", file(message, texts), escape(text)),
        (Fate::Stands, _) => {}
    }
    let content = &message.content;
    let text = |value: &Value| value.as_str().map(|text| format!("<p>{}</p>", escape(text))).unwrap_or_default();
    match message.kind.as_str() {
        "text" => text(&content["body"]),
        "image" | "sticker" | "video" | "audio" | "document" => file(message, texts) + &text(&content["caption"]),
        "location" => text(&content["name"]) + &text(&content["address"]) + &coordinates(content),
        "contacts" => content.as_array().into_iter().flatten().map(|contact| text(&contact["name"]["formatted_name"])).collect(),
        // What the customer tapped.
        "interactive" if message.direction == Direction::Inbound => format!("<p>{}</p>", escape(&message.text)),
        "interactive" => text(&content["header"]["text"]) + &text(&content["body"]["text"]) + &choices(message),
        "reaction" if message.text.is_empty() => format!("<p>{}</p>", texts.reaction_gone),
        "reaction" => format!("<p>{}: {}</p>", texts.reacted, escape(&message.text)),
        "template" => format!("<p>{}</p>", escape(&templates::rendered(content).unwrap_or_else(|| message.text.clone()))),
        _ => format!("<p>{}</p>", escape(&message.text)),
    }
}

fn file(message: &Message, texts: &Texts) -> String {
    let source = message.media.as_ref().map(|id| format!("/sandbox/phone/media/{}", escape(id)));
    let link = message.content["link"].as_str().filter(|link| link.starts_with("https://") || link.starts_with("http://"));
    match (message.kind.as_str(), source, link) {
        ("image" | "sticker", Some(source), _) => {
            format!(r#"<img src="{source}" alt="{}" width="240" height="180">"#, texts.photo_alt)
        }
        ("audio", Some(source), _) => {
            let note = message.transcript.as_ref().map(|_| format!("<p class=\"small\">{}</p>", texts.silent_sample)).unwrap_or_default();
            let class = if message.content["voice"] == true { "voice" } else { "sound" };
            format!(r#"<audio class="{class}" controls preload="none" src="{source}" aria-label="{}"></audio>{note}"#, texts.voice)
        }
        (_, Some(source), _) => {
            let name = message.content["filename"].as_str().map_or_else(|| texts.attachment.into(), escape);
            format!(r#"<p><a href="{source}" download>{name}</a></p>"#)
        }
        // Files elsewhere are not loaded: the demo asks nothing of the network.
        (_, None, Some(link)) => {
            format!(r#"<p><a href="{}" rel="noopener noreferrer nofollow" target="_blank">{}</a></p>"#, escape(link), texts.open_link)
        }
        _ => format!("<p>{}</p>", escape(&message.text)),
    }
}

fn coordinates(content: &Value) -> String {
    format!("<p class=\"small\">{}, {}</p>", escape(&content["latitude"].to_string()), escape(&content["longitude"].to_string()))
}

/// The buttons or rows offered, to be tapped. They belong to the form that one writes in.
fn choices(message: &Message) -> String {
    let choice = |choice: &Value| {
        let title = escape(choice["title"].as_str()?);
        let under = choice["description"].as_str().map(|text| format!(" <small>{}</small>", escape(text))).unwrap_or_default();
        let tapped = escape(&format!("{} {}", message.id, choice["id"].as_str()?));
        Some(format!(r#"<li><button form="composer" formnovalidate name="tap" value="{tapped}">{title}{under}</button></li>"#))
    };
    let all: String = offered(&message.content).filter_map(choice).collect();
    if all.is_empty() { all } else { format!("<ul class=\"choices\">{all}</ul>") }
}

/// The buttons of an `interactive` object, or its list's rows.
pub fn offered(content: &Value) -> impl Iterator<Item = &Value> {
    let action = &content["action"];
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| &button["reply"]);
    let sections = action["sections"].as_array().into_iter().flatten();
    buttons.chain(sections.filter_map(|section| section["rows"].as_array()).flatten())
}

fn ticks(progress: Progress, texts: &Texts) -> String {
    match progress {
        Progress::Waiting | Progress::Refused => format!(r#"{CLOCK}<span class="sr">{}</span>"#, texts.waiting),
        Progress::Read => format!(r#"<span class="read">{TICKS}</span><span class="sr">{}</span>"#, texts.read),
        Progress::Received => format!(r#"{TICKS}<span class="sr">{}</span>"#, texts.received),
        _ => String::new(),
    }
}

fn trouble(progress: Progress, texts: &Texts) -> String {
    match progress {
        Progress::Refused => format!(r#"<p class="trouble">{}</p>"#, texts.refused),
        Progress::Lost => format!(r#"<p class="trouble">{}</p>"#, texts.lost),
        _ => String::new(),
    }
}

fn local(at: Millis) -> DateTime<FixedOffset> {
    let utc = DateTime::from_timestamp_millis(at).unwrap_or_default();
    FixedOffset::east_opt(ZONE_SECONDS).map_or_else(|| utc.fixed_offset(), |zone| utc.with_timezone(&zone))
}

fn clock(at: Millis, texts: &Texts) -> String {
    local(at).format(if texts.lang == "id" { "%H.%M" } else { "%H:%M" }).to_string()
}

fn machine_time(at: Millis) -> String {
    local(at).to_rfc3339_opts(chrono::SecondsFormat::Secs, false)
}
