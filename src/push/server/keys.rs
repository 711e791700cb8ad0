//! The pair of keys by which push services know this installation (VAPID, RFC 8292). Made when first needed, the same in every process, and sealed in the database
//! like every secret.

use crate::server::{
    crypto::{Place, Sealer, chance},
    state::App,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::OnceCell;
use uuid::Uuid;

/// How long a proof holds (seconds). A day at most is allowed.
const VALID: i64 = 12 * 3600;

const PLACE: Place<'_> = Place { table: "push_key", column: "private_sealed", workspace: Uuid::nil(), row: Uuid::nil() };

/// Where this process keeps the pair, once it has read it.
#[derive(Default)]
pub struct Keys(OnceCell<Arc<Pair>>);

/// The pair.
pub struct Pair {
    signing: EcdsaKeyPair,
    /// As browsers and push services are told it: base64url.
    pub public: String,
}

impl Keys {
    /// The pair of this installation.
    pub async fn get(&self, app: &App) -> sqlx::Result<Arc<Pair>> {
        self.0.get_or_try_init(|| async { read(app).await.map(Arc::new) }).await.cloned()
    }
}

async fn read(app: &App) -> sqlx::Result<Pair> {
    let kept = sqlx::query_scalar!("select private_sealed from push_key").fetch_optional(&app.db.system).await?;
    let kept = match kept {
        Some(kept) => kept,
        None => make(app).await?,
    };
    // Never replaced by itself: a process with the wrong key would cost everybody their devices.
    opened(&app.sealer, &kept).ok_or_else(|| {
        tracing::error!("the key for push services opens neither with ENCRYPTION_KEY nor with ENCRYPTION_KEY_PREVIOUS: nobody is called while pages are closed");
        sqlx::Error::Decode("the key for push services cannot be opened".into())
    })
}

/// Makes a pair, unless another process was quicker. Gives what is there then, sealed.
async fn make(app: &App) -> sqlx::Result<Vec<u8>> {
    let broken = || sqlx::Error::Encode("a pair of keys could not be made".into());
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &chance()).map_err(|_| broken())?;
    let pair = pair(document.as_ref()).ok_or_else(broken)?;
    let sealed = app.sealer.seal(PLACE, &STANDARD.encode(document.as_ref())).ok_or_else(broken)?;
    sqlx::query!(
        "insert into push_key (public_key, private_sealed) values ($1, $2) on conflict do nothing",
        pair.signing.public_key().as_ref(),
        sealed
    )
    .execute(&app.db.system)
    .await?;
    sqlx::query_scalar!("select private_sealed from push_key").fetch_one(&app.db.system).await
}

fn opened(sealer: &Sealer, sealed: &[u8]) -> Option<Pair> {
    pair(&STANDARD.decode(sealer.open(PLACE, sealed)?.expose()).ok()?)
}

fn pair(document: &[u8]) -> Option<Pair> {
    let signing = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document, &chance()).ok()?;
    let public = URL_SAFE_NO_PAD.encode(signing.public_key().as_ref());
    Some(Pair { signing, public })
}

/// Seals the pair again if it opens with the previous key only. Gives how many values that were.
pub async fn renew(app: &App) -> sqlx::Result<u64> {
    let Some(sealed) = sqlx::query_scalar!("select private_sealed from push_key").fetch_optional(&app.db.system).await? else {
        return Ok(0);
    };
    let Some(renewed) = app.sealer.renewed(PLACE, &sealed) else { return Ok(0) };
    let changed =
        sqlx::query!("update push_key set private_sealed = $1 where private_sealed = $2", renewed, sealed).execute(&app.db.system).await?;
    Ok(changed.rows_affected())
}

impl Pair {
    /// The `Authorization` of a request to a push service (RFC 8292, section 2).
    ///
    /// `audience` is the service's origin, `contact` an address under which its operators reach us, `now` in Unix seconds.
    pub fn proof(&self, audience: &str, contact: &str, now: i64) -> Option<String> {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = json!({ "aud": audience, "exp": now + VALID, "sub": contact });
        let signed = format!("{}.{}", part(json!({ "typ": "JWT", "alg": "ES256" })), part(claims));
        let signature = self.signing.sign(&chance(), signed.as_bytes()).ok()?;
        Some(format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.as_ref()), self.public))
    }
}

/// Who answers for this installation: its address if that is https, as push services want it.
pub fn contact(app: &App) -> String {
    match app.config.https() {
        true => app.config.public_url.clone(),
        false => format!("mailto:{}", address_of(&app.config.mail.from)),
    }
}

/// `Name <a@b>` or `a@b`.
fn address_of(from: &str) -> &str {
    from.rsplit_once('<').map_or(from, |(_, rest)| rest.trim_end_matches('>')).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_a_sender() {
        assert_eq!(address_of("my21staff <halo@my21staff.test>"), "halo@my21staff.test");
        assert_eq!(address_of(" halo@my21staff.test"), "halo@my21staff.test");
    }
}
