//! What the fake model says. Rules over the customer's words, in the customer's language, one question at most.

use serde_json::{Map, Value};

/// What a message is about, with the words that tell. The first that fits decides.
struct Topic {
    /// Indonesian and English words; those with a space are looked for as phrases.
    words: &'static [&'static str],
    id: &'static str,
    en: &'static str,
}

const TOPICS: [Topic; 6] = [
    Topic {
        words: &["dengan orang", "sama orang", "manusia", "admin", "cs", "human", "person", "someone", "agent", "komplain", "complaint"],
        id: "Baik, saya teruskan ke rekan tim kami. Boleh tahu singkatnya perlu bantuan apa?",
        en: "Of course, I will pass you to a teammate. Could you tell me briefly what you need?",
    },
    Topic {
        words: &["jam", "buka", "tutup", "hours", "open", "opening", "close", "closing"],
        id: "Kami buka Senin sampai Sabtu pukul 09.00 sampai 17.00 WIB. Mau datang hari apa?",
        en: "We are open Monday to Saturday, 9 am to 5 pm Jakarta time. Which day would you like to come?",
    },
    Topic {
        words: &["harga", "berapa", "biaya", "tarif", "nego", "diskon", "price", "cost", "how much", "discount", "quote"],
        id: "Harganya bergantung pada jenis dan jumlah. Perlu berapa banyak, Kak?",
        en: "The price depends on the model and the quantity. How many would you like?",
    },
    Topic {
        words: &["ongkir", "kirim", "pengiriman", "ship", "shipping", "delivery", "deliver"],
        id: "Bisa kami kirim ke seluruh Indonesia. Dikirim ke kota mana?",
        en: "We deliver throughout Indonesia. Which city should it go to?",
    },
    Topic {
        words: &["terima kasih", "terimakasih", "makasih", "trims", "thanks", "thank"],
        id: "Sama-sama. Senang bisa membantu.",
        en: "You are welcome. Glad to help.",
    },
    Topic {
        words: &["halo", "hai", "hi", "hello", "hey", "pagi", "siang", "sore", "malam", "assalamualaikum", "good morning"],
        id: "Halo, terima kasih sudah menghubungi kami. Ada yang bisa kami bantu?",
        en: "Hello, thank you for contacting us. How can we help?",
    },
];

const OTHERWISE_ID: &str = "Baik, terima kasih informasinya. Boleh dijelaskan sedikit lagi kebutuhannya?";
const OTHERWISE_EN: &str = "Thank you for letting us know. Could you tell us a little more about what you need?";

const ENGLISH: [&str; 32] = [
    "the", "is", "are", "you", "your", "i", "a", "an", "do", "does", "what", "how", "when", "where", "can", "could", "would", "like",
    "want", "have", "please", "thanks", "thank", "hello", "hi", "hey", "it", "for", "to", "of", "my", "we",
];
const INDONESIAN: [&str; 30] = [
    "yang", "apa", "ada", "saya", "mau", "bisa", "berapa", "kak", "di", "ke", "dan", "untuk", "ini", "itu", "tidak", "ya", "halo", "kapan",
    "mana", "terima", "kasih", "dengan", "kalau", "masih", "sudah", "jam", "buka", "boleh", "kami", "tolong",
];

/// The answer to a customer's message.
pub fn answer(question: &str) -> &'static str {
    let question = question.to_lowercase();
    let words: Vec<&str> = question.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    let english = count(&words, &ENGLISH) > count(&words, &INDONESIAN);
    let about =
        |topic: &&Topic| topic.words.iter().any(|sign| if sign.contains(' ') { joined.contains(sign) } else { words.contains(sign) });
    match TOPICS.iter().find(about) {
        Some(topic) if english => topic.en,
        Some(topic) => topic.id,
        None if english => OTHERWISE_EN,
        None => OTHERWISE_ID,
    }
}

fn count(words: &[&str], language: &[&str]) -> usize {
    words.iter().filter(|word| language.contains(word)).count()
}

/// Other words for a text, where the orders are to find some. Tidied, and marked with its language where it is to be translated: this is no linguist.
pub fn reworded(orders: &str, text: &str) -> Option<String> {
    if !orders.starts_with("Kamu penyunting") {
        return None;
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut letters = words.chars();
    let capital: String = letters.next().map(|first| first.to_uppercase().collect()).unwrap_or_default();
    let end = if words.ends_with(|last: char| last.is_alphanumeric()) { "." } else { "" };
    let tidy = format!("{capital}{}{end}", letters.as_str());
    Some(match (orders.contains("ke bahasa Inggris"), orders.contains("ke bahasa Indonesia")) {
        (true, _) => format!("[English] {tidy}"),
        (_, true) => format!("[Indonesia] {tidy}"),
        _ => tidy,
    })
}

/// What a team should know of a conversation whose messages stand in numbered lines (`NUMBER | WHO | WORDS`), in the lines that were asked for. None for what
/// is no such conversation.
pub fn summary(said: &str) -> Option<String> {
    let line = |line| {
        let mut parts = str::splitn(line, 3, " | ");
        let (number, who, words) = (parts.next()?, parts.next()?, parts.next()?);
        let known = matches!(who, "pelanggan" | "asisten" | "tim");
        (known && number.bytes().all(|byte| byte.is_ascii_digit())).then_some((number, who == "pelanggan", words))
    };
    let lines: Vec<(&str, bool, &str)> = said.lines().map(line).collect::<Option<_>>().filter(|lines: &Vec<_>| !lines.is_empty())?;
    let has = |words: &str, signs: &[&str]| signs.iter().any(|sign| words.to_lowercase().contains(sign));
    let wish = lines.iter().find(|(_, customer, words)| *customer && (words.contains('?') || has(words, &["mau", "ingin", "want"])));
    let promise = lines.iter().rfind(|(_, customer, words)| !customer && has(words, &["teruskan", "akan", "bisa kami", "will"]));
    let open = lines.iter().rfind(|(_, customer, words)| !customer && words.contains('?'));
    let price = lines.iter().rfind(|(_, _, words)| words.contains("Rp"));
    let told = [("INGIN", wish), ("JANJI", promise), ("KURANG", open), ("HARGA", price)];
    let told = told.iter().filter_map(|(kind, line)| line.map(|(number, _, words)| format!("{kind} | {number} | {words}")));
    Some(told.collect::<Vec<_>>().join("\n")).filter(|told| !told.is_empty()).or_else(|| Some("KOSONG".into()))
}

/// A value of the asked-for JSON schema: the answer wherever text is wanted, the first choice of an enum, nothing and zero elsewhere.
pub fn shaped(schema: &Value, question: &str) -> Value {
    if let Some(first) = schema["enum"].as_array().and_then(|choices| choices.first()) {
        return first.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let properties = schema["properties"].as_object().into_iter().flatten();
            properties.map(|(name, schema)| (name.clone(), shaped(schema, question))).collect::<Map<_, _>>().into()
        }
        Some("array") => Value::Array(Vec::new()),
        Some("boolean") => false.into(),
        Some("integer" | "number") => schema["minimum"].as_i64().unwrap_or(0).into(),
        Some("null") => Value::Null,
        _ => answer(question).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_conversation_is_summed_up_in_the_lines_that_are_asked_for() {
        let said =
            "1 | pelanggan | Berapa biaya les piano?\n2 | asisten | Rp300.000. Untuk umur berapa?\n3 | asisten | Saya teruskan ke tim.\n";
        assert_eq!(
            summary(said).as_deref(),
            Some(
                "INGIN | 1 | Berapa biaya les piano?\nJANJI | 3 | Saya teruskan ke tim.\nKURANG | 2 | Rp300.000. Untuk umur berapa?\nHARGA | 2 | Rp300.000. Untuk umur berapa?"
            )
        );
        assert_eq!(summary("1 | pelanggan | ok\n").as_deref(), Some("KOSONG"));
        for other in ["", "Halo", "1 | pelanggan | ok\nlalu?", "a | b | c"] {
            assert_eq!(summary(other), None, "{other}");
        }
    }

    #[test]
    fn the_customers_language_and_topic_decide() {
        for (question, part) in [
            ("Halo kak", "Ada yang bisa"),
            ("Berapa harganya kursi ini?", "Perlu berapa"),
            ("What is the price of the chair?", "How many"),
            ("jam berapa buka?", "09.00"),
            ("Toko buka hari Minggu?", "09.00"),
            ("Are you open on Sunday?", "Which day"),
            ("Mau bicara dengan orang", "rekan tim"),
            ("terima kasih ya", "Sama-sama"),
            ("zzz", "Boleh dijelaskan"),
            ("Is the chair red?", "a little more"),
        ] {
            assert!(answer(question).contains(part), "{question}: {}", answer(question));
        }
    }

    #[test]
    fn no_answer_asks_twice_or_smiles() {
        let answers = TOPICS.iter().flat_map(|topic| [topic.id, topic.en]).chain([OTHERWISE_ID, OTHERWISE_EN]);
        for answer in answers {
            assert!(answer.is_ascii() && answer.matches('?').count() <= 1, "{answer}");
        }
    }

    #[test]
    fn a_schema_is_filled() {
        let schema = json!({ "type": "object", "properties": {
            "reply": { "type": "string" }, "score": { "type": "integer", "minimum": 10 }, "hand_over": { "type": "boolean" },
            "stage": { "enum": ["new", "hot"] }, "tags": { "type": "array" },
        }});
        let value = shaped(&schema, "halo");
        assert_eq!(value["score"], 10);
        assert_eq!(value["stage"], "new");
        assert_eq!(value["hand_over"], false);
        assert!(value["reply"].as_str().is_some_and(|reply| reply.starts_with("Halo")));
    }
}
