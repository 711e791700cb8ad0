//! The server functions about what a team says of contacts and keeps of them: as those of [`crate::inbox::api`], which gives them out.

use crate::{error::AppError, ids::ConversationId, inbox::model::ConversationView, wire::Json};
use leptos::prelude::*;
use uuid::Uuid;

/// Moves the contact of a conversation to a stage; empty: to none.
#[server(output = Json)]
pub async fn move_to_stage(workspace: String, conversation: ConversationId, stage: String) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let stage = match stage.as_str() {
            "" => None,
            id => Some(id.parse().map_err(|_| AppError::NotFound)?),
        };
        let view = crate::inbox::server::labelling::move_to(&app, &scope, conversation, stage).await?;
        crate::inbox::server::back(&workspace, conversation, "panel=contact");
        Ok(view)
    })
    .await
}

/// Puts a tag on the contact of a conversation, or takes it off. `tag` is an id or a name.
#[server(output = Json)]
pub async fn tag_contact(
    workspace: String,
    conversation: ConversationId,
    tag: String,
    #[server(default)] on: bool,
) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = crate::inbox::server::labelling::tag(&app, &scope, conversation, &tag, on).await?;
        crate::inbox::server::back(&workspace, conversation, "panel=contact");
        Ok(view)
    })
    .await
}

/// Blocks the contact of a conversation, or lets them through again.
#[server(output = Json)]
pub async fn block_contact(
    workspace: String,
    conversation: ConversationId,
    #[server(default)] blocked: bool,
) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = crate::inbox::server::blocking::set(&app, &scope, conversation, blocked).await?;
        crate::inbox::server::back(&workspace, conversation, "");
        Ok(view)
    })
    .await
}

/// Makes one contact of a conversation's and `other`, which goes. What `take` names with `other` is as that one had it.
#[server(output = Json)]
pub async fn merge_contacts(
    workspace: String,
    conversation: ConversationId,
    other: crate::ids::ContactId,
    #[server(default)] take: std::collections::BTreeMap<String, String>,
) -> Result<ConversationId, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let merged = crate::inbox::server::merging::merge(&app, &scope, conversation, other, &take).await;
        let into = match merged {
            Ok(into) => into,
            Err(error) => {
                let page = format!("/{workspace}/inbox/{conversation}/merge?with={other}");
                crate::server::request::back_with_error(&page, <MergeContacts as leptos::server_fn::ServerFn>::PATH, &error);
                return Err(error);
            }
        };
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{into}/merge?done=merged"));
        Ok(into)
    })
    .await
}

/// Makes two contacts again of a conversation's, if it is one of a merge not long ago.
#[server(output = Json)]
pub async fn split_contact(workspace: String, conversation: ConversationId) -> Result<ConversationId, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let restored = match crate::inbox::server::splitting::undo(&app, &scope, conversation).await {
            Ok(restored) => restored,
            Err(error) => {
                let page = format!("/{workspace}/inbox/{conversation}/merge");
                crate::server::request::back_with_error(&page, <SplitContact as leptos::server_fn::ServerFn>::PATH, &error);
                return Err(error);
            }
        };
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{restored}/merge?done=split"));
        Ok(restored)
    })
    .await
}

/// Saves what the team calls a conversation's contact, and what stands in the workspace's fields (`values` by their keys); `was` and `was_name` (with a `=` before it) are what the form
/// showed of it, so that a colleague's change is not undone.
#[server(output = Json)]
pub async fn save_contact(
    workspace: String,
    conversation: ConversationId,
    #[server(default)] name: String,
    #[server(default)] values: std::collections::BTreeMap<String, String>,
    #[server(default)] was_name: Option<String>,
    #[server(default)] was: std::collections::BTreeMap<String, String>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use crate::inbox::server::{contact_fields, unsent};
        // An empty field says something only where it is told what stood there.
        let named = was_name.is_some() || !name.is_empty();
        let was_name = was_name.map(|was| was.strip_prefix('=').map_or(was.clone(), str::to_owned));
        let written = contact_fields::Written { name: named.then_some(name), values, was_name, was };
        let locale = crate::server::request::preferences().locale;
        let saved = contact_fields::fill(&app, &scope, conversation, &written, locale).await;
        let kept = serde_json::to_string(&written).unwrap_or_default();
        unsent::keep(&app, &scope, conversation, unsent::Kind::Contact, &kept, saved).await?;
        crate::inbox::server::back(&workspace, conversation, "panel=contact");
        Ok(())
    })
    .await
}

/// Makes a field that the workspace keeps of contacts, or changes the one with this id.
#[server(output = Json)]
pub async fn save_field(
    workspace: String,
    #[server(default)] id: Option<Uuid>,
    name: String,
    #[server(default)] kind: String,
    #[server(default)] choices: String,
    #[server(default)] names: std::collections::BTreeMap<String, String>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use crate::inbox::server::contact_fields::{Wanted, refused_page, save};
        let wanted = Wanted { id, name, kind, choices, names };
        if let Err(error) = save(&app, &scope, &wanted).await {
            let page = refused_page(&workspace, &wanted);
            crate::server::request::back_with_error(&page, <SaveField as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/fields?done=saved"));
        Ok(())
    })
    .await
}

/// Deletes a field with what stands in it.
#[server(output = Json)]
pub async fn delete_field(workspace: String, id: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        crate::inbox::server::contact_fields::delete(&app, &scope, id).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/fields?done=deleted"));
        Ok(())
    })
    .await
}

/// Makes a stage or a tag (`kind`), or changes the one with this id.
#[server(output = Json)]
pub async fn save_label(
    workspace: String,
    kind: String,
    #[server(default)] id: Option<Uuid>,
    name: String,
    #[server(default)] temperature: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use crate::inbox::server::labels;
        let saved = match labels::Kind::parse(&kind) {
            Ok(kind) => {
                labels::save(&app, &scope, &labels::Wanted { kind, id, name: name.clone(), temperature: temperature.clone() }).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = saved {
            let page = labels::refused_page(&workspace, &kind, id, &name, &temperature);
            crate::server::request::back_with_error(&page, <SaveLabel as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/labels?done=saved"));
        Ok(())
    })
    .await
}

/// Deletes a stage or a tag (`kind`), also from the contacts that have it.
#[server(output = Json)]
pub async fn delete_label(workspace: String, kind: String, id: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        use crate::inbox::server::labels;
        labels::delete(&app, &scope, labels::Kind::parse(&kind)?, id).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/labels?done=deleted"));
        Ok(())
    })
    .await
}

/// Moves a stage one place towards the first, or the last.
#[server(output = Json)]
pub async fn order_stage(workspace: String, id: Uuid, #[server(default)] up: bool) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        crate::inbox::server::labels::order(&app, &scope, id, up).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/labels?done=saved"));
        Ok(())
    })
    .await
}
