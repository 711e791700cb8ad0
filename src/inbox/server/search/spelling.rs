//! Typing errors (F205): for words that occur nowhere, the nearest that do.
//!
//! Only asked when nothing was found, so it may cost something: the words of what is newest are the vocabulary. It holds what the caller may see and
//! nothing else, and words of letters only, so that no number is told by being offered.

use super::matching::begin;
use crate::{
    error::AppError,
    server::{scope::Scope, state::App},
};
use std::cmp::Reverse;
use uuid::Uuid;

/// Messages and contacts whose words are known.
const MESSAGES: i64 = 5_000;
const CONTACTS: i64 = 2_000;
/// The most letters of a word for which another is looked for: nobody types longer ones.
const LONGEST: usize = 24;

/// Each of these words that begins no known one, with the nearest that is known; without those that have none.
pub(super) async fn nearest(app: &App, scope: &Scope, terms: &[String]) -> Result<Vec<(String, String)>, AppError> {
    let wanted: Vec<&String> = terms.iter().filter(|term| errors(term) > 0 && term.chars().all(char::is_alphabetic)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let known = vocabulary(app, scope).await?;
    Ok(wanted.into_iter().filter_map(|term| Some((term.clone(), closest(term, &known)?))).collect())
}

/// How many errors a word may have to be taken for another.
fn errors(term: &str) -> usize {
    match term.chars().count() {
        4..=7 => 1,
        8..=LONGEST => 2,
        _ => 0,
    }
}

/// The known word with the fewest differences, of those the most frequent. None when the word is known, or nothing is near.
fn closest(term: &str, known: &[(String, i64)]) -> Option<String> {
    if known.iter().any(|(word, _)| word.starts_with(term)) {
        return None;
    }
    let letters: Vec<char> = term.chars().collect();
    let most = errors(term);
    known
        .iter()
        .filter_map(|(word, count)| {
            let away = distance(&letters, &word.chars().collect::<Vec<_>>(), most)?;
            Some((away, Reverse(*count), word))
        })
        .min()
        .map(|(_, _, word)| word.clone())
}

/// Letters that are missing, too many, others or changed about, up to `most` (optimal string alignment distance).
fn distance(one: &[char], other: &[char], most: usize) -> Option<usize> {
    if one.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut before = vec![0; other.len() + 1];
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1; other.len() + 1];
        for (j, b) in other.iter().enumerate() {
            row[j + 1] = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|away| *away <= most)
}

/// Words of what the caller may see, with how often they occur.
async fn vocabulary(app: &App, scope: &Scope) -> Result<Vec<(String, i64)>, AppError> {
    let mut tx = begin(app).await?;
    let rows = sqlx::query!(
        r#"
        select word as "word!", count(*) as "count!"
        from (
            select unnest(tsvector_to_array(w.words)) as word
            from (
                select message_id, words from message_words where workspace_id = $1 order by sent_at desc, message_id desc limit $3
            ) w
            where $2::uuid[] is null or exists (
                select from message m join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
                where m.workspace_id = $1 and m.id = w.message_id and c.assignee_id = any($2)
            )
            union all
            select unnest(tsvector_to_array(search_words(k.workspace_id, coalesce(k.name, '') || ' ' || coalesce(k.profile_name, ''))))
            from (select workspace_id, id, name, profile_name from contact where workspace_id = $1 order by id desc limit $4) k
            where $2::uuid[] is null or exists (
                select from conversation c where c.workspace_id = $1 and c.contact_id = k.id and c.assignee_id = any($2)
            )
        ) said
        where word ~ '^[[:alpha:]]+$' and length(word) between 3 and 26
        group by word
        "#,
        scope.workspace.0,
        scope.only_assigned_to() as Option<&[Uuid]>,
        MESSAGES,
        CONTACTS
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(rows.into_iter().map(|row| (row.word, row.count)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<(String, i64)> {
        [("harga", 9), ("harganya", 3), ("marga", 1), ("kamar", 4), ("pembayaran", 2), ("hara", 1)]
            .map(|(word, count)| (word.to_owned(), count))
            .to_vec()
    }

    #[test]
    fn a_slip_is_put_right() {
        for (written, meant) in [
            ("hagra", Some("harga")),
            ("hrga", Some("harga")),
            ("hargaa", Some("harga")),
            ("kamaf", Some("kamar")),
            ("pembayrann", Some("pembayaran")),
            ("pembayaram", Some("pembayaran")),
        ] {
            assert_eq!(closest(written, &known()).as_deref(), meant, "{written}");
        }
    }

    #[test]
    fn what_is_known_or_far_away_stays() {
        for written in ["harg", "kamar", "kursi", "hgaar", "pmebyaarna"] {
            assert_eq!(closest(written, &known()), None, "{written}");
        }
        assert_eq!((errors("abc"), errors("abcd"), errors("abcdefgh"), errors(&"a".repeat(25))), (0, 1, 2, 0));
    }

    #[test]
    fn differences_are_counted() {
        let away = |one: &str, other: &str| distance(&one.chars().collect::<Vec<_>>(), &other.chars().collect::<Vec<_>>(), 9);
        assert_eq!((away("", ""), away("abc", ""), away("ab", "ba"), away("abcd", "acbd")), (Some(0), Some(3), Some(1), Some(1)));
        assert_eq!((away("kitten", "sitting"), away("ca", "abc")), (Some(3), Some(3)));
    }
}
