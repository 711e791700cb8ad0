//! Looking for contacts and messages.
//!
//! What matches is found by `matching`, outside the wall. What is shown is then read as everything else is, inside it, with the caller's rights and
//! mask. Nobody finds a conversation that is not theirs to see; and whoever may not see
//! numbers finds only what still matches after the mask, so that nobody can find a number out by asking for it.

mod asking;
mod filtering;
mod matching;
mod spelling;

pub use asking::{Asked, Has, Who};
use asking::{phrase, terms};

use super::{masking, views};
use crate::{
    error::AppError,
    ids::{ContactId, ConversationId},
    inbox::model::*,
    server::{
        clock::{from_millis, offset_minutes},
        limits,
        scope::Scope,
        state::App,
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Contacts and messages on a page.
pub const PAGE: usize = 20;
/// Digits from which on a number is looked for among the contacts'.
const DIGITS: usize = 4;
/// How often matches are read on when the mask took some away.
const ROUNDS: usize = 5;
/// Characters of a message that are shown.
const SNIPPET: usize = 180;
/// Of them before the first word found.
const BEFORE: usize = 60;

/// What was asked, as in the address.
#[derive(Clone, Debug, Default)]
pub struct Question {
    pub text: String,
    /// The last message already shown.
    pub before: Option<ListCursor>,
    /// The last contact already shown.
    pub contacts_before: Option<ContactId>,
}

/// What was found, newest first.
#[derive(Debug, Default)]
pub struct Found {
    /// Nothing was asked, or nothing that can be looked for.
    pub idle: bool,
    /// The question as it was understood.
    pub asked: Asked,
    /// Words that occur nowhere, with what was looked for in their place.
    pub corrected: Vec<(String, String)>,
    /// Messages older than this were not looked through yet.
    pub walked_to: Option<ListCursor>,
    pub contacts: Vec<FoundContact>,
    pub more_contacts: Option<ContactId>,
    pub messages: Vec<FoundMessage>,
    pub older: Option<ListCursor>,
}

/// A contact with the newest of its conversations that the caller may see.
#[derive(Debug)]
pub struct FoundContact {
    pub contact: ContactView,
    pub conversation: ConversationId,
}

/// A message that has all the words.
#[derive(Debug)]
pub struct FoundMessage {
    pub message: MessageView,
    pub contact: ContactId,
    /// Whose conversation it is in.
    pub name: String,
    /// Its text, with what was found marked.
    pub snippet: Vec<Piece>,
}

/// A part of a text, and whether it is what was looked for.
pub type Piece = (bool, String);

/// How the numbers begin that somebody may mean, in E.164: "0812…", "+62 812…", "62812…", "812…". None when it is no number.
fn numbers(question: &str) -> Vec<String> {
    let question = question.trim();
    let digits: String = question.chars().filter(char::is_ascii_digit).collect();
    let other = |c: char| !c.is_ascii_digit() && !matches!(c, '+' | ' ' | '\u{a0}' | '-' | '(' | ')' | '.');
    if question.contains(other) || digits.len() < DIGITS || digits.len() > 15 {
        return Vec::new();
    }
    let begins = match (question.starts_with('+'), digits.strip_prefix("00"), digits.strip_prefix('0')) {
        (true, ..) => vec![digits],
        (_, Some(international), _) => vec![international.to_owned()],
        (_, _, Some(national)) => vec![format!("62{national}")],
        _ => vec![format!("62{digits}"), digits],
    };
    begins.into_iter().map(|digits| format!("+{digits}")).collect()
}

/// Whether a text, as somebody sees it, has all the terms.
fn has(text: &str, terms: &[String]) -> bool {
    let text = text.to_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    terms.iter().all(|term| !hits(&words, term).is_empty())
}

/// The places of the words, in lower case, that a term means: one that begins so, or those of a phrase.
fn hits(words: &[&str], term: &str) -> Vec<usize> {
    let Some(phrase) = phrase(term) else {
        return (0..words.len()).filter(|place| words[*place].starts_with(term)).collect();
    };
    let there = words.windows(phrase.len()).enumerate().filter(|(_, some)| *some == phrase);
    there.flat_map(|(place, some)| place..place + some.len()).collect()
}

/// The part of a text that was found, in pieces.
pub fn snippet(text: &str, terms: &[String]) -> Vec<Piece> {
    // Words and what stands between them, alternating.
    let mut parts: Vec<(bool, &str)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = first.is_alphanumeric();
        let end = rest.find(|c: char| c.is_alphanumeric() != is_word).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push((is_word, part));
        rest = after;
    }
    let words: Vec<String> = parts.iter().filter(|(is_word, _)| *is_word).map(|(_, word)| word.to_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let found: BTreeSet<usize> = terms.iter().flat_map(|term| hits(&words, term)).collect();
    for (nth, (is_word, _)) in parts.iter_mut().filter(|(is_word, _)| *is_word).enumerate() {
        *is_word = found.contains(&nth);
    }
    let length = |part: &str| part.chars().count();
    let first = parts.iter().position(|(found, _)| *found).unwrap_or(0);
    let mut start = first;
    let mut room = BEFORE;
    while start > 0 && length(parts[start - 1].1) <= room {
        start -= 1;
        room -= length(parts[start].1);
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut add = |found: bool, text: &str| match pieces.last_mut() {
        Some((last, known)) if *last == found => known.push_str(text),
        _ => pieces.push((found, text.to_owned())),
    };
    if start > 0 {
        add(false, "…");
    }
    let mut left = SNIPPET;
    for (found, part) in &parts[start..] {
        if left == 0 {
            add(false, "…");
            break;
        }
        let shown: String = part.chars().take(left).collect();
        left -= length(&shown);
        add(*found, &shown);
        if shown.len() < part.len() {
            add(false, "…");
            break;
        }
    }
    pieces
}

/// Looks for contacts and messages. What is found nowhere is looked for once more with words that do occur and are written nearly so.
///
/// # Errors
/// `TooMany`, since every question costs the database something.
pub async fn search(app: &App, scope: &Scope, question: &Question) -> Result<Found, AppError> {
    let zone = zone(app, scope).await?;
    let today = app.clock.now() + chrono::Duration::minutes(offset_minutes(&zone, app.clock.now()).into());
    let asked = Asked::read(&question.text, today.date_naive());
    if asked.is_idle() {
        return Ok(Found { idle: true, asked, ..Found::default() });
    }
    limits::take(app, &limits::SEARCH, &scope.person.to_string()).await?;
    let found = look(app, scope, question, asked).await?;
    let begins = question.before.is_none() && question.contacts_before.is_none();
    if !begins || !found.contacts.is_empty() || !found.messages.is_empty() || found.walked_to.is_some() {
        return Ok(found);
    }
    let corrected = spelling::nearest(app, scope, &found.asked.terms).await?;
    if corrected.is_empty() {
        return Ok(found);
    }
    let mut asked = found.asked.clone();
    for (written, meant) in &corrected {
        asked.terms.iter_mut().filter(|term| *term == written).for_each(|term| term.clone_from(meant));
    }
    let nearly = look(app, scope, question, asked).await?;
    Ok(if nearly.contacts.is_empty() && nearly.messages.is_empty() { found } else { Found { corrected, ..nearly } })
}

async fn look(app: &App, scope: &Scope, question: &Question, asked: Asked) -> Result<Found, AppError> {
    let mut found = Found::default();
    // Whoever turns the page of one kind has seen the other; conditions are on messages.
    if question.before.is_none() && !asked.is_filtered() {
        contacts(app, scope, question, &asked.terms, &mut found).await?;
    }
    if question.contacts_before.is_none() {
        messages(app, scope, question, &asked, &mut found).await?;
    }
    Ok(Found { asked, ..found })
}

/// The zone in which days are meant.
async fn zone(app: &App, scope: &Scope) -> Result<String, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    Ok(sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?)
}

/// Contacts that are called so, or whose number begins so, but for `except`: a page of them. As the caller may see them.
///
/// # Errors
/// `TooMany`.
pub async fn contacts_called(app: &App, scope: &Scope, text: &str, except: ContactId) -> Result<Vec<FoundContact>, AppError> {
    let terms = asking::terms(text);
    if terms.is_empty() {
        return Ok(Vec::new());
    }
    limits::take(app, &limits::SEARCH, &scope.person.to_string()).await?;
    let mut found = Found::default();
    let question = Question { text: text.to_owned(), ..Question::default() };
    contacts(app, scope, &question, &terms, &mut found).await?;
    found.contacts.retain(|found| found.contact.id != except);
    Ok(found.contacts)
}

async fn contacts(app: &App, scope: &Scope, question: &Question, terms: &[String], found: &mut Found) -> Result<(), AppError> {
    let mut before = question.contacts_before.map_or(Uuid::max(), |id| id.0);
    let numbers = if scope.sees_numbers() { numbers(&question.text) } else { Vec::new() };
    for _ in 0..ROUNDS {
        let matches = matching::contacts(app, scope, terms, &numbers, before, matching::WANTED).await?;
        let more = matches.len() > PAGE;
        let mut tx = app.db.snapshot(scope).await?;
        for (contact, conversation) in matches.into_iter().take(PAGE) {
            before = contact;
            let Some(mut view) = views::contact(&mut tx, scope.workspace, ContactId(contact)).await? else { continue };
            if let Some(mask) = masking::for_conversations(&mut tx, scope, &[conversation]).await? {
                masking::contact(&mask, scope, &mut view);
                let names = [&view.given_name, &view.profile_name, &view.username].map(|name| name.as_deref().unwrap_or_default());
                if !has(&names.join(" "), terms) {
                    continue;
                }
            }
            found.contacts.push(FoundContact { contact: view, conversation: ConversationId(conversation) });
        }
        if found.contacts.len() >= PAGE || !more {
            found.more_contacts = found.contacts.get(PAGE - 1).map(|last| last.contact.id).filter(|_| more || found.contacts.len() > PAGE);
            found.contacts.truncate(PAGE);
            return Ok(());
        }
    }
    Ok(())
}

async fn messages(app: &App, scope: &Scope, question: &Question, asked: &Asked, found: &mut Found) -> Result<(), AppError> {
    let mut before = question.before.unwrap_or(ListCursor { at: 9_000_000_000_000, id: Uuid::max() });
    for _ in 0..ROUNDS {
        let (matches, walked_to) = match asked.is_filtered() {
            true => {
                let found = filtering::messages(app, scope, asked, before).await?;
                (found.messages, found.walked_to)
            }
            false => (matching::messages(app, scope, &asked.terms, before).await?, None),
        };
        let more = matches.len() > PAGE;
        let matches = &matches[..matches.len().min(PAGE)];
        let mut tx = app.db.snapshot(scope).await?;
        found.messages.extend(seen(&mut tx, scope, matches, asked).await?);
        if found.messages.len() >= PAGE || !more {
            found.older = found.messages.get(PAGE - 1).map(|last| last.message.cursor()).filter(|_| more || found.messages.len() > PAGE);
            found.walked_to = walked_to.filter(|_| found.older.is_none());
            found.messages.truncate(PAGE);
            return Ok(());
        }
        if let Some((id, at)) = matches.last() {
            before = ListCursor { at: at.timestamp_millis(), id: *id };
        }
    }
    // Nearly everything was taken away by the mask: to go on from here would tell how much.
    Ok(())
}

/// The notes that name the caller, newest first, with where they go on. They count as looked at from then on. Of conversations that the caller may see: that changes, and is asked here.
pub async fn mentions(app: &App, scope: &Scope, before: Option<ListCursor>) -> Result<(Vec<FoundMessage>, Option<ListCursor>), AppError> {
    let before = before.unwrap_or(ListCursor { at: 9_000_000_000_000, id: Uuid::max() });
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select n.message_id, n.created_at
        from mention n
        join message m on m.workspace_id = n.workspace_id and m.id = n.message_id
        join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        where n.workspace_id = $1 and n.person_id = $2 and (n.created_at, n.message_id) < ($3, $4)
            and ($5::uuid[] is null or c.assignee_id = any($5))
        order by n.created_at desc, n.message_id desc
        limit $6
        "#,
        scope.workspace.0,
        scope.person.0,
        from_millis(before.at),
        before.id,
        scope.only_assigned_to() as Option<&[Uuid]>,
        PAGE as i64 + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let more = rows.len() > PAGE;
    let matches: Vec<(Uuid, DateTime<Utc>)> = rows.into_iter().take(PAGE).map(|row| (row.message_id, row.created_at)).collect();
    let next = matches.last().filter(|_| more).map(|(id, at)| ListCursor { at: at.timestamp_millis(), id: *id });
    let notes = seen_all(&mut tx, scope, &matches).await?;
    drop(tx);
    if let Some((_, newest)) = matches.first() {
        let mut tx = app.db.begin(scope).await?;
        sqlx::query!(
            r#"
            update membership set mentions_seen_at = $3
            where workspace_id = $1 and person_id = $2 and (mentions_seen_at is null or mentions_seen_at < $3)
            "#,
            scope.workspace.0,
            scope.person.0,
            newest
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok((notes, next))
}

/// Messages that were not searched for, as the caller may see them, in their order.
pub(super) async fn seen_all(
    connection: &mut PgConnection,
    scope: &Scope,
    messages: &[(Uuid, DateTime<Utc>)],
) -> sqlx::Result<Vec<FoundMessage>> {
    seen(connection, scope, messages, &Asked::default()).await
}

/// These messages as the caller may see them, in their order.
async fn seen(
    connection: &mut PgConnection,
    scope: &Scope,
    matches: &[(Uuid, DateTime<Utc>)],
    asked: &Asked,
) -> sqlx::Result<Vec<FoundMessage>> {
    let ids: Vec<Uuid> = matches.iter().map(|(id, _)| *id).collect();
    let mut messages: HashMap<Uuid, MessageView> =
        views::messages(connection, scope.workspace, &ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    let of: BTreeSet<Uuid> = messages.values().map(|view| view.conversation_id.0).collect();
    let of: Vec<Uuid> = of.into_iter().collect();
    let mut conversations: HashMap<ConversationId, ConversationView> =
        views::conversations(connection, scope.workspace, &of).await?.into_iter().map(|view| (view.id, view)).collect();
    let mask = masking::for_conversations(connection, scope, &of).await?;
    if let Some(mask) = &mask {
        messages.values_mut().for_each(|view| masking::message(mask, view));
        conversations.values_mut().for_each(|view| masking::conversation(mask, view));
    }
    let theirs = |view: &ConversationView| match scope.only_assigned_to() {
        None => true,
        Some(people) => view.assignee.as_ref().is_some_and(|person| people.contains(&person.id.0)),
    };
    let found = ids.iter().filter_map(|id| {
        let message = messages.remove(id)?;
        let conversation = conversations.get(&message.conversation_id).filter(|view| theirs(view))?;
        if mask.is_some() && !still_matches(asked, &message, &conversation.name) {
            return None;
        }
        let snippet = snippet(&message.text, &asked.terms);
        Some(FoundMessage { contact: conversation.contact_id, name: conversation.name.clone(), snippet, message })
    });
    Ok(found.collect())
}

/// Whether what the mask left of a message and of its contact's name is what was asked for.
fn still_matches(asked: &Asked, message: &MessageView, name: &str) -> bool {
    let called = |wanted: &str| has(name, &terms(wanted));
    let inside = asked.inside.is_empty() || asked.inside.iter().any(|name| called(name));
    let by_name = message.sender == Sender::Contact && !asked.from.is_empty() && !asked.from.contains(&Who::Customer);
    let from = !by_name || asked.from.iter().any(|who| matches!(who, Who::Named(name) if called(name)));
    has(&message.text, &asked.terms) && inside && from
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[&str]) -> Vec<String> {
        list.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_number_is_known_in_its_usual_spellings() {
        for spelling in
            ["081234567890", "+62 812-3456-7890", "6281234567890", "0812.3456.7890", "(0812) 3456 7890", "006281234567890", "81234567890"]
        {
            assert!(numbers(spelling).contains(&"+6281234567890".to_owned()), "{spelling}: {:?}", numbers(spelling));
        }
        assert_eq!(numbers("0812"), ["+62812"], "how it begins is enough");
        assert!(numbers("081").is_empty() && numbers("kamar 1234").is_empty() && numbers("1234567890123456").is_empty());
    }

    #[test]
    fn what_was_found_is_marked_and_the_rest_is_cut() {
        let marked = |text: &str, list: &[&str]| {
            snippet(text, &words(list)).into_iter().map(|(found, text)| if found { format!("[{text}]") } else { text }).collect::<String>()
        };
        assert_eq!(marked("Harga kamar berapa? <b>harga</b>", &["harga"]), "[Harga] kamar berapa? <b>[harga]</b>");
        assert_eq!(marked("hargai", &["harga"]), "[hargai]", "a word that begins so");
        assert_eq!(marked("", &["harga"]), "");
        assert_eq!(marked("Kamar dua, dua kamar", &["\"kamar dua"]), "[Kamar] [dua], dua kamar", "one after the other");
        let long = format!("{}harga {}", "kata ".repeat(50), "lagi ".repeat(100));
        let short = marked(&long, &["harga"]);
        assert!(short.starts_with("…") && short.ends_with('…') && short.contains("[harga]"), "{short}");
        assert!(short.chars().count() < SNIPPET + BEFORE + 10);
    }

    #[test]
    fn what_the_mask_took_away_is_not_found() {
        assert!(has("WA saya 0812-3456-7890", &words(&["0812"])));
        assert!(!has("WA saya •••• 890", &words(&["0812"])));
        assert!(has("WA saya •••• 890", &words(&["wa", "saya"])));
        assert!(has("kamar (dua)!", &words(&["\"kamar dua"])) && !has("kamar duapuluh", &words(&["\"kamar dua"])));
    }
}
