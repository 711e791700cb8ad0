//! Views as people see them who may not see phone numbers (F219). The one place where that is done: whoever answers a page, a server function or a
//! stream passes its views through here, and nothing is done where the caller may see numbers.

use super::field_terms;
use crate::{
    ids::{ContactId, ConversationId, WorkspaceId},
    inbox::model::*,
    server::{scope::Scope, whatsapp::mask::Mask},
    workspace::Permission,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Where `views` cuts texts, in characters.
pub(super) const PREVIEW: usize = 120;
pub(super) const QUOTE: usize = 200;

/// The mask for a page about these conversations, or none for somebody who sees numbers.
pub async fn for_conversations(connection: &mut PgConnection, scope: &Scope, ids: &[Uuid]) -> sqlx::Result<Option<Mask>> {
    if scope.sees_numbers() { Ok(None) } else { about(connection, scope.workspace, ids).await.map(Some) }
}

/// The mask that knows all numbers of the customers of these conversations.
pub async fn about(connection: &mut PgConnection, workspace: WorkspaceId, conversations: &[Uuid]) -> sqlx::Result<Mask> {
    let numbers = sqlx::query_scalar!(
        r#"
        select distinct i.value
        from conversation c
        join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id and i.kind = 'phone'
        where c.workspace_id = $1 and c.id = any($2)
        "#,
        workspace.0,
        conversations
    )
    .fetch_all(connection)
    .await?;
    Ok(Mask::knowing(numbers))
}

/// A row of the list.
pub fn conversation(mask: &Mask, view: &mut ConversationView) {
    mask.hide(&mut view.name, None);
    if let Some(last) = &mut view.last {
        mask.hide(&mut last.text, Some(PREVIEW));
    }
    values(mask, &mut view.values);
}

/// What stands in a contact's fields, as filters compare it: what is not seen is not found either.
pub fn values(mask: &Mask, all: &mut [String]) {
    for value in all {
        let Some((field, text)) = value.split_once(':') else { continue };
        // An id, which has digits enough to look like one.
        if text.starts_with('=') {
            continue;
        }
        let whole = field_terms::spaced(text);
        let mut shown = whole.clone();
        hide_in_field(mask, &mut shown);
        if shown != whole {
            *value = format!("{field}:{}", field_terms::joined(&shown));
        }
    }
}

/// A message with its file, quote, card and failures.
pub fn message(mask: &Mask, view: &mut MessageView) {
    mask.hide(&mut view.text, None);
    view.earlier.iter_mut().for_each(|earlier| mask.hide(&mut earlier.text, None));
    if let Some(quote) = &mut view.quote {
        mask.hide(&mut quote.text, Some(QUOTE));
    }
    if let Some(detail) = &mut view.detail {
        mask.hide(&mut detail.title, None);
        detail.lines.iter_mut().for_each(|line| mask.hide(line, None));
        // An address with a hole in it leads nowhere.
        detail.link.take_if(|link| mask.hidden(link, false).is_some());
    }
    if let Some(name) = view.media.as_mut().and_then(|media| media.file_name.as_mut()) {
        mask.hide(name, None);
    }
    let of_reaction = view.own_reaction.as_mut().and_then(|own| own.failure.as_mut());
    for failure in view.failure.iter_mut().chain(of_reaction) {
        mask.hide(&mut failure.reason, None);
    }
}

/// What a model made of messages.
pub fn handover(mask: &Mask, card: &mut Handover) {
    card.lines.iter_mut().for_each(|line| mask.hide(&mut line.text, None));
}

/// A contact. Whoever may have the number shown is told so.
pub fn contact(mask: &Mask, scope: &Scope, view: &mut ContactView) {
    mask.hide(&mut view.display_name, None);
    for text in [&mut view.given_name, &mut view.profile_name, &mut view.phone, &mut view.username].into_iter().flatten() {
        mask.hide(text, None);
    }
    view.more_phones.iter_mut().for_each(|number| mask.hide(number, None));
    view.fields.iter_mut().for_each(|field| hide_in_field(mask, &mut field.text));
    view.may_reveal = view.phone.is_some() && scope.permissions.has(Permission::RevealNumber);
}

/// What stands in a field. One that is a number with its thousands apart is looked at without them: a phone number may stand there.
pub fn hide_in_field(mask: &Mask, text: &mut String) {
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-'));
    let plain = || text.chars().filter(|c| !matches!(c, '.' | ',')).collect::<String>();
    match is_number.then(|| mask.hidden(&plain(), false)).flatten() {
        Some(hidden) => *text = hidden,
        None => mask.hide(text, None),
    }
}

/// A frame as rendered for those who see numbers, rendered again. None when it cannot be read, which would be a mistake of ours.
pub fn frame(mask: &Mask, json: &str) -> Option<String> {
    let mut frame: LiveFrame = serde_json::from_str(json).ok()?;
    if let Some(view) = &mut frame.conversation {
        conversation(mask, view);
    }
    if let Some(view) = &mut frame.message {
        message(mask, view);
    }
    serde_json::to_string(&frame).ok()
}

/// A file's name; and the mask for its bytes where they are text (a contact card, a list). Pictures and the like are beyond us.
pub async fn file(
    connection: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    name: &mut Option<String>,
) -> sqlx::Result<Option<Mask>> {
    let mask = for_conversations(connection, scope, &[conversation.0]).await?;
    if let (Some(mask), Some(name)) = (&mask, name) {
        mask.hide(name, None);
    }
    Ok(mask)
}

/// The first number of a conversation's customer, in E.164, with whom it belongs to.
pub async fn number(connection: &mut PgConnection, scope: &Scope, id: ConversationId) -> sqlx::Result<Option<(ContactId, String)>> {
    let row = sqlx::query!(
        r#"
        select i.contact_id, i.value
        from conversation c
        join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id and i.kind = 'phone'
        where c.workspace_id = $1 and c.id = $2
        order by i.value limit 1
        "#,
        scope.workspace.0,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (ContactId(row.contact_id), row.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_no_number_although_its_id_looks_like_one() {
        let mask = Mask::knowing(["+6281234567890"]);
        let field = "00000000-0000-0000-0000-000000000001";
        // An id whose digits would do as a number.
        let chosen = format!("{field}:=00000000-0812-3456-7890-081234567890");
        let mut all = [chosen.clone(), format!("{field}:wa_0812_3456_7890"), format!("{field}:josQEPZ_*62_812_3456_7890")];
        values(&mask, &mut all);
        assert_eq!(all[0], chosen);
        assert!(all[1].starts_with(&format!("{field}:wa_")) && !all[1].contains("3456"), "{}", all[1]);
        assert!(all[2].contains("josQEPZ") && !all[2].contains("3456"), "what stands for a letter stays: {}", all[2]);
    }
}
