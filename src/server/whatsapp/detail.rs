//! What a message has beyond text and file, reduced to what a bubble shows.
//!
//! The stored detail is in the provider's shape and as the sender wrote it. Only short plain lines leave this module, in no language of
//! ours, and links that begin with `https:`.

use super::choices::{self, OFFERED};
use crate::inbox::model::Detail;
use serde_json::Value;

const MAX_TITLE: usize = 200;
const MAX_LINE: usize = 300;
const MAX_LINES: usize = 20;

/// The view of a stored detail; none when there is nothing to show. The title is empty where the lines need none (a transcript).
pub fn detail_view(kind: &str, detail: Option<&Value>) -> Option<Detail> {
    let detail = detail?;
    let own = &detail[kind];
    match kind {
        "location" => location(own),
        "contacts" => contacts(own),
        "order" => order(own),
        "interactive" => offered(&detail[OFFERED]).or_else(|| interactive(own, &detail["flow_name"])),
        "template" => template(own),
        "unsupported" => unsupported(detail),
        "audio" => view("", [line(&detail["transcript"])], None),
        _ => None,
    }
    .or_else(|| referral(&detail["referral"]))
    .or_else(|| product(&detail["context"]["referred_product"]))
}

/// A place. The link is made of the coordinates: the sender's own could lead anywhere.
fn location(place: &Value) -> Option<Detail> {
    let (latitude, longitude) = (place["latitude"].as_f64()?, place["longitude"].as_f64()?);
    if !(-90.0..=90.0).contains(&latitude) || !(-180.0..=180.0).contains(&longitude) {
        return None;
    }
    let title = line(&place["name"]).unwrap_or_else(|| format!("{latitude}, {longitude}"));
    let link = format!("https://www.google.com/maps/search/?api=1&query={latitude}%2C{longitude}");
    view(&title, [line(&place["address"])], Some(link))
}

/// Contact cards: the names above, one line per number and address.
fn contacts(cards: &Value) -> Option<Detail> {
    let cards: Vec<&Value> = elements(cards).collect();
    let names: Vec<String> = cards.iter().filter_map(|card| line(&card["name"]["formatted_name"])).collect();
    let lines = cards.iter().flat_map(|card| {
        let org = [line(&card["org"]["title"]), line(&card["org"]["company"])].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let phones = elements(&card["phones"]).map(|phone| line(&phone["phone"]));
        let emails = elements(&card["emails"]).map(|email| line(&email["email"]));
        [Some(org).filter(|org| !org.is_empty())].into_iter().chain(phones).chain(emails)
    });
    view(&names.join(", "), lines, None)
}

/// An order: one line per product, the total above when all prices are in one currency.
fn order(order: &Value) -> Option<Detail> {
    let products: Vec<&Value> = elements(&order["product_items"]).collect();
    let mut total = Some(0.0);
    let mut currency = None;
    let lines: Vec<_> = products
        .iter()
        .map(|product| {
            let quantity = product["quantity"].as_f64().unwrap_or(1.0);
            let price = product["item_price"].as_f64();
            let unit = line(&product["currency"]).unwrap_or_default();
            let same = currency.get_or_insert_with(|| unit.clone()) == &unit;
            total = total.zip(price).filter(|_| same).map(|(total, price)| total + quantity * price);
            let price = price.map(|price| format!(" · {unit} {}", amount(price))).unwrap_or_default();
            line(&product["product_retailer_id"]).map(|id| format!("{} × {id}{price}", amount(quantity)))
        })
        .collect();
    let title = total.zip(currency).map(|(total, currency)| format!("{currency} {}", amount(total))).unwrap_or_default();
    view(&title, lines, None)
}

/// Two decimals, or none when they are zero.
fn amount(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

/// A finished form ("flow") as `key: value` lines; of a chosen list row the description, since its title is the message's text.
fn interactive(reply: &Value, flow_name: &Value) -> Option<Detail> {
    let flow = &reply["nfm_reply"];
    if let Some(answers) = flow["response_json"].as_str().and_then(|json| serde_json::from_str::<Value>(json).ok()) {
        let lines = answers.as_object()?.iter().filter(|(key, _)| *key != "flow_token").map(|(key, answer)| {
            let answer = if answer.is_string() { line(answer)? } else { answer.to_string() };
            one_line(&format!("{key}: {answer}"), MAX_LINE)
        });
        let title = line(flow_name).or_else(|| line(&flow["name"])).unwrap_or_default();
        return view(&title, lines, None);
    }
    view("", [line(&reply["list_reply"]["description"])], None)
}

/// What a message of ours offers, one line a choice.
fn offered(sent: &Value) -> Option<Detail> {
    let lines = choices::offered(sent).map(|(title, description)| {
        let description = description.map(|description| format!(" · {description}")).unwrap_or_default();
        one_line(&format!("▸ {title}{description}"), MAX_LINE)
    });
    view("", lines, None)
}

/// A template sent by another program: its name and what was filled in.
fn template(template: &Value) -> Option<Detail> {
    let filled = elements(&template["components"]).flat_map(|part| elements(&part["parameters"])).map(|parameter| line(&parameter["text"]));
    view(&line(&template["name"])?, filled, None)
}

fn unsupported(detail: &Value) -> Option<Detail> {
    let error = &detail["errors"][0];
    let title = line(&detail["unsupported"]["type"]).map(|kind| kind.replace('_', " ")).or_else(|| line(&error["title"]));
    view(&title.unwrap_or_default(), [line(&error["error_data"]["details"])], None)
}

/// The advertisement that a customer came from.
fn referral(advert: &Value) -> Option<Detail> {
    let link = line(&advert["source_url"]).filter(|url| is_https(url));
    let title = line(&advert["headline"]).or_else(|| link.clone()).unwrap_or_default();
    view(&title, [line(&advert["body"])], link)
}

/// The catalogue product that a customer asks about.
fn product(product: &Value) -> Option<Detail> {
    view(&line(&product["product_retailer_id"])?, [], None)
}

fn view(title: &str, lines: impl IntoIterator<Item = Option<String>>, link: Option<String>) -> Option<Detail> {
    let lines: Vec<String> = lines.into_iter().flatten().take(MAX_LINES).collect();
    let title = one_line(title, MAX_TITLE).unwrap_or_default();
    (!title.is_empty() || !lines.is_empty()).then_some(Detail { title, lines, link })
}

fn elements(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn line(value: &Value) -> Option<String> {
    one_line(value.as_str()?, MAX_LINE)
}

/// A text on one line of at most `max` characters, or none if nothing is left of it.
fn one_line(text: &str, max: usize) -> Option<String> {
    let text = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    let line = match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    (!line.is_empty()).then_some(line)
}

/// A whole address on the web over TLS that does not hide its host behind a user name.
fn is_https(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty() && !host.contains(['@', '\\']) && !url.contains(|c: char| c.is_whitespace() || c == '…')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::whatsapp::payload::{What, parse};
    use serde_json::json;

    /// The view of the one message in a fixture.
    fn of_fixture(path: &str) -> Option<Detail> {
        let body = std::fs::read(format!("{}/tests/fixtures/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        match parse(None, &body).items.remove(0).what {
            What::Message(message) => detail_view(&message.kind, message.detail.as_ref()),
            other => panic!("{other:?}"),
        }
    }

    fn detail(title: &str, lines: &[&str], link: Option<&str>) -> Option<Detail> {
        Some(Detail { title: title.into(), lines: lines.iter().map(|line| (*line).into()).collect(), link: link.map(Into::into) })
    }

    #[test]
    fn places_link_to_their_coordinates_only() {
        let map = |point: &str| format!("https://www.google.com/maps/search/?api=1&query={point}");
        let denpasar = map("-8.650979%2C115.216667");
        assert_eq!(of_fixture("whatsapp/inbound/location.json"), detail("Denpasar", &["Jl. Contoh 1, Denpasar"], Some(&denpasar)));
        assert_eq!(of_fixture("whatsapp/inbound/location-pin.json"), detail("0, 0", &[], Some(&map("0%2C0"))));
        assert_eq!(detail_view("location", Some(&json!({"location": {"latitude": 91, "longitude": 0}}))), None);
    }

    #[test]
    fn cards_orders_forms_and_templates_become_lines() {
        assert_eq!(
            of_fixture("whatsapp/inbound/contacts.json"),
            detail("Budi Contoh", &["Plumber, Example Co", "+1 (555) 010-0199", "budi@example.com"], None)
        );
        let order = ["2 × di9ozbzfi4 · USD 30", "1 × nqryix03ez · USD 25.50"];
        assert_eq!(of_fixture("whatsapp/inbound/order.json"), detail("USD 85.50", &order, None));
        assert_eq!(of_fixture("whatsapp/inbound/interactive-nfm-reply.json"), detail("flow", &["date: 2026-12-01", "name: Ayu"], None));
        let booking = of_fixture("kapso/webhooks/v2-message-received-interactive-nfm-reply.json");
        assert_eq!(booking, detail("booking", &["date: 2026-12-01", "name: Ayu"], None));
        assert_eq!(of_fixture("whatsapp/inbound/interactive-list-reply.json"), detail("", &["1-2 days"], None));
        assert_eq!(of_fixture("kapso/webhooks/v2-message-sent-template.json"), detail("order_confirmation", &["Ayu"], None));
    }

    #[test]
    fn an_order_in_two_currencies_has_no_total() {
        let order = json!({"order": {"product_items": [
            {"product_retailer_id": "a", "quantity": 1, "item_price": 1, "currency": "USD"},
            {"product_retailer_id": "b", "quantity": 1, "item_price": 9000, "currency": "IDR"},
        ]}});
        assert_eq!(detail_view("order", Some(&order)), detail("", &["1 × a · USD 1", "1 × b · IDR 9000"], None));
    }

    #[test]
    fn adverts_products_transcripts_and_the_unsupported_are_named() {
        let advert = of_fixture("whatsapp/inbound/text-ad-referral.json");
        assert_eq!(advert, detail("Chat with us", &["Rooms from 99/night"], Some("https://fb.me/3cr4Wqqkv")));
        assert_eq!(of_fixture("whatsapp/inbound/text-product-enquiry.json"), detail("di9ozbzfi4", &[], None));
        let voice = of_fixture("kapso/webhooks/v2-message-received-audio-voice.json");
        assert_eq!(voice, detail("", &["Hello, I need help with my order"], None));
        let why = "Message type is currently not supported.";
        assert_eq!(of_fixture("kapso/webhooks/v2-message-received-unsupported.json"), detail("poll creation", &[why], None));
        assert_eq!(of_fixture("whatsapp/inbound/unsupported-without-subtype.json"), detail("Message type unknown", &[why], None));
        for plain in ["text", "text-forwarded", "image", "interactive-button-reply", "button"] {
            assert_eq!(of_fixture(&format!("whatsapp/inbound/{plain}.json")), None, "{plain}");
        }
    }

    #[test]
    fn only_plain_https_links_and_short_lines_come_through() {
        for url in [
            "javascript:alert(1)",
            "http://a.example",
            "HTTPS:evil",
            "https://",
            "https://bank.example@evil.example/",
            "https:// a",
            "https:///x",
        ] {
            let advert = json!({"referral": {"headline": "h", "source_url": url}});
            assert_eq!(detail_view("text", Some(&advert)), detail("h", &[], None), "{url}");
        }
        let long = json!({"referral": {"headline": "x\n\ty\u{0}z", "body": "é".repeat(400)}});
        let view = detail_view("text", Some(&long)).unwrap();
        assert_eq!((view.title.as_str(), view.lines[0].chars().count()), ("x y z", 301));
        for odd in [
            json!(null),
            json!([]),
            json!("x"),
            json!({"location": "x", "contacts": 5, "order": [], "interactive": {"nfm_reply": {"response_json": "[1]"}}}),
        ] {
            for kind in ["location", "contacts", "order", "interactive", "template", "unsupported", "audio", "text", ""] {
                assert_eq!(detail_view(kind, Some(&odd)), None, "{kind} {odd}");
            }
        }
        assert_eq!(detail_view("location", None), None);
    }
}
