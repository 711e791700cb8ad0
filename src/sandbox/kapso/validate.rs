//! What the gateway checks before it takes a message: Meta's shapes and limits, one function per message type.

use super::super::{
    errors::Refusal,
    templates::{self, TemplateError},
    wire::is_number,
    world::World,
};
use serde_json::Value;

type Checked<T> = Result<T, Refusal>;

/// A message that may be sent, as far as its own content goes.
#[derive(Debug)]
pub struct Outbound {
    /// As the caller wrote it; the answer repeats it.
    pub input: String,
    /// Digits, or a business-scoped user id.
    pub customer: String,
    pub kind: String,
    pub content: Value,
    pub context: Option<String>,
    pub callback_data: Option<String>,
    pub text: String,
    pub media: Option<String>,
}

/// Checks the body of a send. Errors carry the codes 100, 131008, 131009, 131051, 131053, 132000 and 132001.
pub fn outbound(world: &World, body: &Value) -> Checked<Outbound> {
    if body["messaging_product"] != "whatsapp" {
        return Err(Refusal::graph(100, "messaging_product must be whatsapp"));
    }
    let (input, customer) = recipient(body)?;
    let kind = body["type"].as_str().unwrap_or("text").to_owned();
    let content = &body[&kind];
    let (text, media) = match kind.as_str() {
        "text" => (required(content, "body", "text", 4096)?.to_owned(), None),
        "image" | "video" | "audio" | "document" | "sticker" => attachment(world, &kind, content)?,
        "location" => (location(content)?, None),
        "contacts" => (contacts(content)?, None),
        "interactive" => (interactive(content)?, None),
        "reaction" => (reaction(world, content)?, None),
        "template" => (template(content)?, None),
        other => return Err(Refusal::graph(131_051, &format!("Unsupported message type {other}"))),
    };
    let context = match &body["context"] {
        Value::Null => None,
        context => Some(required(context, "message_id", "context", 512)?.to_owned()),
    };
    Ok(Outbound {
        input,
        customer,
        content: content.clone(),
        kind,
        context,
        callback_data: optional(body, "biz_opaque_callback_data", "message", 512)?.map(str::to_owned),
        text,
        media,
    })
}

/// Whom a send is for: as it was written, and as the world knows them.
pub fn recipient(body: &Value) -> Checked<(String, String)> {
    if let Some(user_id) = body["recipient"].as_str().filter(|user_id| !user_id.is_empty()) {
        return Ok((user_id.into(), user_id.into()));
    }
    let to = required(body, "to", "message", 64)?;
    let digits: String = to.chars().filter(|character| !matches!(character, '+' | ' ' | '-' | '(' | ')')).collect();
    if !is_number(&digits) || !(7..=15).contains(&digits.len()) {
        return Err(Refusal::invalid("to: not a phone number"));
    }
    Ok((to.into(), digits))
}

fn attachment(world: &World, kind: &str, content: &Value) -> Checked<(String, Option<String>)> {
    let caption = optional(content, "caption", kind, 1024)?;
    if caption.is_some() && matches!(kind, "audio" | "sticker") {
        return Err(Refusal::graph(100, &format!("{kind}: unexpected caption")));
    }
    let filename = optional(content, "filename", kind, 240)?;
    let id = optional(content, "id", kind, 64)?;
    let link = optional(content, "link", kind, 2048)?;
    let voice = match &content["voice"] {
        Value::Null => false,
        Value::Bool(voice) if kind == "audio" => *voice,
        _ => return Err(Refusal::graph(100, &format!("{kind}: unexpected voice"))),
    };
    match (id, link) {
        (Some(id), None) => {
            let media = world.media.get(id).ok_or_else(|| Refusal::invalid(&format!("{kind}: no media with id {id}")))?;
            if !takes(kind, &media.mime) {
                return Err(Refusal::graph(131_053, &format!("{kind}: {} is not supported", media.mime)));
            }
            // Meta takes other files and then neither plays nor writes them out as a voice message; a mistake of ours would not be seen.
            if voice && !media.mime.starts_with("audio/ogg") {
                return Err(Refusal::graph(131_053, "audio: a voice message is Opus in Ogg"));
            }
        }
        (None, Some(link)) if link.starts_with("https://") || link.starts_with("http://") => {}
        (None, Some(_)) => return Err(Refusal::invalid(&format!("{kind}: link must be a URL"))),
        _ => return Err(Refusal::graph(100, &format!("{kind}: give either id or link"))),
    }
    let named = filename.map(|filename| format!(" ({filename})")).unwrap_or_default();
    let text = format!("{} {kind} attached{named}", caption.unwrap_or_default());
    Ok((text.trim_start().to_owned(), id.map(str::to_owned)))
}

/// Whether WhatsApp takes a file of this type as this kind of message.
pub fn takes(kind: &str, mime: &str) -> bool {
    let mime = mime.split(';').next().unwrap_or_default().trim();
    match kind {
        "image" => matches!(mime, "image/jpeg" | "image/png"),
        "video" => matches!(mime, "video/mp4" | "video/3gpp"),
        "audio" => matches!(mime, "audio/aac" | "audio/amr" | "audio/mpeg" | "audio/mp4" | "audio/ogg"),
        "sticker" => mime == "image/webp",
        "document" => {
            matches!(mime, "text/plain" | "application/pdf" | "application/msword" | "application/vnd.ms-excel")
                || mime == "application/vnd.ms-powerpoint"
                || mime.starts_with("application/vnd.openxmlformats-officedocument.")
        }
        _ => false,
    }
}

fn location(content: &Value) -> Checked<String> {
    let coordinate = |name: &str, limit: f64| {
        let value = &content[name];
        let number =
            value.as_f64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| Refusal::missing(&format!("location[{name}]")))?;
        if number.abs() <= limit { Ok(()) } else { Err(Refusal::invalid(&format!("location[{name}]: out of range"))) }
    };
    coordinate("latitude", 90.0)?;
    coordinate("longitude", 180.0)?;
    let name = optional(content, "name", "location", 100)?;
    let address = optional(content, "address", "location", 300)?;
    Ok(format!("Location: {}", [name, address].into_iter().flatten().collect::<Vec<_>>().join(", ")))
}

fn contacts(content: &Value) -> Checked<String> {
    let list = content.as_array().filter(|list| !list.is_empty()).ok_or_else(|| Refusal::missing("contacts"))?;
    let names = list.iter().map(|contact| required(&contact["name"], "formatted_name", "contacts[name]", 512));
    Ok(names.collect::<Checked<Vec<_>>>()?.join(", "))
}

fn interactive(content: &Value) -> Checked<String> {
    let kind = required(content, "type", "interactive", 64)?;
    let action = &content["action"];
    let body_limit = if kind == "list" { 4096 } else { 1024 };
    let text = required(&content["body"], "text", "interactive[body]", body_limit)?;
    optional(&content["footer"], "text", "interactive[footer]", 60)?;
    if content["header"]["type"] == "text" {
        required(&content["header"], "text", "interactive[header]", 60)?;
    }
    match kind {
        "button" => buttons(action)?,
        "list" => list(action)?,
        "cta_url" => {
            required(&action["parameters"], "display_text", "interactive[action][parameters]", 20)?;
            required(&action["parameters"], "url", "interactive[action][parameters]", 2000)?;
        }
        "location_request_message" => {
            required(action, "name", "interactive[action]", 64)?;
        }
        // Catalogues and flows need things set up at Meta, which no sandbox can know: the shape around them is all there is to check.
        "flow" | "product" | "product_list" | "catalog_message" | "address_message" => {}
        other => return Err(Refusal::invalid(&format!("interactive[type]: {other} is not supported"))),
    }
    Ok(text.to_owned())
}

fn buttons(action: &Value) -> Checked<()> {
    let list = action["buttons"].as_array().ok_or_else(|| Refusal::missing("interactive[action][buttons]"))?;
    if !(1..=3).contains(&list.len()) {
        return Err(Refusal::invalid("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3"));
    }
    for button in list {
        required(&button["reply"], "id", "button[reply]", 256)?;
        required(&button["reply"], "title", "button[reply]", 20)?;
    }
    distinct(list.iter().map(|button| &button["reply"]))
}

fn list(action: &Value) -> Checked<()> {
    required(action, "button", "interactive[action]", 20)?;
    let sections = action["sections"].as_array().ok_or_else(|| Refusal::missing("interactive[action][sections]"))?;
    let rows: Vec<&Value> = sections.iter().filter_map(|section| section["rows"].as_array()).flatten().collect();
    if sections.len() > 10 || !(1..=10).contains(&rows.len()) {
        return Err(Refusal::invalid("Total row count exceed max allowed count: 10"));
    }
    for section in sections {
        optional(section, "title", "section", 24)?;
    }
    for row in &rows {
        required(row, "id", "row", 200)?;
        required(row, "title", "row", 24)?;
        optional(row, "description", "row", 72)?;
    }
    distinct(rows.into_iter())
}

fn distinct<'a>(entries: impl Iterator<Item = &'a Value>) -> Checked<()> {
    let mut seen = std::collections::HashSet::new();
    for entry in entries {
        if !seen.insert(&entry["id"]) {
            return Err(Refusal::invalid("Duplicated id"));
        }
    }
    Ok(())
}

fn reaction(world: &World, content: &Value) -> Checked<String> {
    let target = required(content, "message_id", "reaction", 512)?;
    if world.message(target).is_some_and(|message| message.kind == "reaction") {
        return Err(Refusal::invalid("Reaction to a reaction"));
    }
    Ok(content["emoji"].as_str().unwrap_or_default().to_owned())
}

fn template(content: &Value) -> Checked<String> {
    let name = required(content, "name", "template", 512)?;
    let language = required(&content["language"], "code", "template[language]", 16)?;
    match templates::check(name, language, templates::body_parameters(content).len()) {
        Ok(()) => Ok(format!("[Template: {name}]")),
        Err(TemplateError::Missing) => Err(Refusal::graph(132_001, &format!("template name ({name}) does not exist in {language}"))),
        Err(TemplateError::ParameterCount { given, expected }) => Err(Refusal::graph(
            132_000,
            &format!("body: number of localizable_params ({given}) does not match the expected number of params ({expected})"),
        )),
    }
}

fn required<'a>(object: &'a Value, field: &str, path: &str, max: usize) -> Checked<&'a str> {
    optional(object, field, path, max)?.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(&format!("{path}[{field}]")))
}

fn optional<'a>(object: &'a Value, field: &str, path: &str, max: usize) -> Checked<Option<&'a str>> {
    match &object[field] {
        Value::Null => Ok(None),
        Value::String(text) if text.chars().count() <= max => Ok(Some(text)),
        Value::String(_) => Err(Refusal::invalid(&format!("{path}[{field}]: length invalid. Min length: 1, Max length: {max}"))),
        _ => Err(Refusal::graph(100, &format!("{path}[{field}] must be a string"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(mut body: Value) -> i64 {
        body["messaging_product"] = "whatsapp".into();
        body["to"] = "15551234567".into();
        outbound(&World::default(), &body).map_or_else(|refusal| refusal.body["error"]["code"].as_i64().unwrap_or(-1), |_| 0)
    }

    #[test]
    fn every_kind_of_message_is_taken_when_well_formed() {
        let link = json!({ "link": "https://files.example.com/a" });
        for body in [
            json!({ "text": { "body": "hi" } }),
            json!({ "type": "image", "image": link }),
            json!({ "type": "audio", "audio": link }),
            json!({ "type": "video", "video": link }),
            json!({ "type": "sticker", "sticker": link }),
            json!({ "type": "document", "document": { "link": "https://files.example.com/a", "filename": "a.pdf", "caption": "A" } }),
            json!({ "type": "location", "location": { "latitude": -8.65, "longitude": 115.2, "name": "Toko" } }),
            json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": "Budi" } }] }),
            json!({ "type": "reaction", "reaction": { "message_id": "wamid.A", "emoji": "👍" } }),
            json!({ "type": "reaction", "reaction": { "message_id": "wamid.A", "emoji": "" } }),
            json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "?" },
                "action": { "buttons": [{ "type": "reply", "reply": { "id": "a", "title": "A" } }] } } }),
            json!({ "type": "interactive", "interactive": { "type": "list", "body": { "text": "?" },
                "action": { "button": "Pilih", "sections": [{ "rows": [{ "id": "a", "title": "A" }] }] } } }),
            json!({ "type": "interactive", "interactive": { "type": "location_request_message", "body": { "text": "?" },
                "action": { "name": "send_location" } } }),
            json!({ "type": "template", "template": { "name": "lanjut_percakapan", "language": { "code": "id" },
                "components": [{ "type": "body", "parameters": [{ "type": "text", "text": "Dewi" }] }] } }),
        ] {
            assert_eq!(code(body.clone()), 0, "{body}");
        }
    }

    #[test]
    fn each_violation_has_metas_code() {
        let button = |title: &str| {
            json!({ "type": "interactive", "interactive": { "type": "button", "body": { "text": "?" },
                "action": { "buttons": [{ "reply": { "id": "a", "title": title } }] } } })
        };
        for (expected, body) in [
            (131_008, json!({ "text": {} })),
            (131_009, json!({ "text": { "body": "x".repeat(4097) } })),
            (100, json!({ "text": { "body": 7 } })),
            (100, json!({ "type": "image", "image": {} })),
            (131_009, json!({ "type": "image", "image": { "link": "file:///etc/passwd" } })),
            (131_009, json!({ "type": "image", "image": { "id": "1" } })),
            (100, json!({ "type": "image", "image": { "link": "https://a", "voice": true } })),
            (100, json!({ "type": "audio", "audio": { "link": "https://a", "voice": "yes" } })),
            (100, json!({ "type": "audio", "audio": { "link": "https://a", "caption": "x" } })),
            (131_009, json!({ "type": "location", "location": { "latitude": 91, "longitude": 0 } })),
            (131_008, json!({ "type": "location", "location": { "latitude": 1 } })),
            (131_051, json!({ "type": "poll", "poll": {} })),
            (131_009, button("a title of more than twenty")),
            (132_001, json!({ "type": "template", "template": { "name": "none", "language": { "code": "id" } } })),
            (132_001, json!({ "type": "template", "template": { "name": "promo_akhir_tahun", "language": { "code": "id" } } })),
            (132_000, json!({ "type": "template", "template": { "name": "order_ready", "language": { "code": "en_US" } } })),
            (131_009, json!({ "text": { "body": "x" }, "biz_opaque_callback_data": "x".repeat(513) })),
        ] {
            assert_eq!(code(body.clone()), expected, "{body}");
        }
    }

    #[test]
    fn a_number_may_be_written_with_marks() {
        let body = json!({ "messaging_product": "whatsapp", "to": "+62 812-3456-7890", "text": { "body": "hi" } });
        assert_eq!(outbound(&World::default(), &body).map(|message| message.customer).ok().as_deref(), Some("6281234567890"));
    }
}
