//! How a conversation's customer is reached: over which number, with which key, under which address. What every send needs to know.

use super::{holding::Locked, send::number_key};
use crate::{
    ids::WorkspaceId,
    server::{
        state::App,
        whatsapp::client::{Kapso, Recipient},
    },
};
use sqlx::PgConnection;

pub struct Reach {
    pub phone_number_id: String,
    pub kapso: Kapso,
    pub recipient: Recipient,
}

/// The way to the customer; or why there is none, for whoever looks at the failure.
pub async fn reach(
    connection: &mut PgConnection,
    app: &App,
    workspace: WorkspaceId,
    locked: &Locked,
) -> sqlx::Result<Result<Reach, &'static str>> {
    let number = sqlx::query!(
        "select phone_number_id, api_key_sealed, disconnected_at from whatsapp_number where workspace_id = $1 and id = $2",
        workspace.0,
        locked.number_id
    )
    .fetch_one(&mut *connection)
    .await?;
    let identities = sqlx::query!(
        r#"
        select i.kind, i.value from identity i join conversation c on c.workspace_id = $1 and c.id = $3
        where i.workspace_id = $1 and i.contact_id = $2
        order by i.value is not distinct from c.address desc, i.kind desc, i.value
        "#,
        workspace.0,
        locked.contact_id,
        locked.id.0
    )
    .fetch_all(connection)
    .await?;
    // Where they wrote from last the window is open. Else a number comes first: `phone` sorts behind `bsuid`.
    let recipient = identities.into_iter().next().map(|row| match row.kind.as_str() {
        "phone" => Recipient::Phone(row.value),
        _ => Recipient::Bsuid(row.value),
    });
    let key = number_key(app, workspace, locked.number_id, number.api_key_sealed.as_deref());
    Ok(match (recipient, key) {
        _ if number.disconnected_at.is_some() => Err("the number was disconnected in the settings"),
        (None, _) => Err("the contact has no address on WhatsApp"),
        (_, None) => Err("no API key for this number: set KAPSO_API_KEY or connect the number in settings"),
        (Some(recipient), Some(key)) => Ok(Reach {
            phone_number_id: number.phone_number_id,
            kapso: Kapso::new(app.http.clone(), app.config.kapso.api_base_url.clone(), key.expose()),
            recipient,
        }),
    })
}
