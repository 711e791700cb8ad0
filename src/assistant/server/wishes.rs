//! Customers who ask for a human being get one at once, without asking a model (F124).

/// Words that by themselves ask for a person.
const WORDS: [&str; 10] = ["human", "manusia", "operator", "cs", "admin", "agent", "agen", "orang", "staf", "staff"];
/// Of those, the ones that also occur in ordinary questions ("berapa orang", "biaya admin"): they count only in short messages or
/// beside a word of wanting.
const COMMON: [&str; 5] = ["admin", "orang", "agen", "agent", "staff"];
/// Words of wanting to talk.
const WANTING: [&str; 14] =
    ["mau", "ingin", "bicara", "ngomong", "chat", "hubungi", "hubungkan", "sambungkan", "talk", "speak", "with", "sama", "minta", "panggil"];

/// Whether a message asks for a person rather than ARI.
pub fn wants_a_human(text: &str) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let wanting = words.iter().any(|word| WANTING.contains(word));
    words.iter().any(|word| WORDS.contains(word) && (!COMMON.contains(word) || wanting || words.len() <= 2))
        || text.contains("customer service")
        || text.contains("real person")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asking_for_a_person_in_either_language_is_understood() {
        for text in ["manusia", "Mau bicara dengan manusia dong", "CS?", "operator tolong", "can I talk to a human", "admin", "sambungkan ke admin ya", "real person please"] {
            assert!(wants_a_human(text), "{text}");
        }
    }

    #[test]
    fn ordinary_questions_stay_with_ari() {
        for text in ["Berapa orang dalam satu kelas ya kak?", "biaya admin berapa untuk transfer", "kursusnya berapa lama?", "manusiawi sekali", "docs", ""] {
            assert!(!wants_a_human(text), "{text}");
        }
    }
}
