//! From a verified token to a person of ours, the lease that streams rest on, and the end of a session.

use super::{Clerk, Session, State, mirror, project};
use crate::{
    auth::server::SignedIn,
    error::AppError,
    ids::PersonId,
    server::{
        crypto::token_hash,
        db,
        state::{App, AppState},
    },
};
use axum::{
    body::Body,
    extract::{Request, State as Given},
    middleware::Next,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use chrono::Duration;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// Seconds that a stream goes on after the last verified token of its session.
const LEASE: i64 = 300;
/// A lease is renewed when it would end earlier than this; so each session writes once a minute, not once a request.
const RENEW_BELOW: i64 = LEASE - 50;

/// Beginnings of paths that nobody need be signed in for (F3), or that answer scripts.
const FOR_EVERYBODY: [&str; 7] = ["/sign-in", "/sign-up", "/pricing", "/articles", "/api/", "/sandbox", "/preferences"];

/// What a Clerk session is called in `session`.
pub fn lease_key(session: &str) -> [u8; 32] {
    token_hash(format!("clerk:{session}").as_bytes())
}

impl Clerk {
    /// Who sent the request.
    ///
    /// # Errors
    /// `SignedOut` without a valid token, and with one whose session is over or whose user is gone.
    pub async fn signed_in(&self, app: &App, headers: &HeaderMap) -> Result<SignedIn, AppError> {
        // The method matters only for sending browsers to the refreshing page, which has happened before.
        match self.state(&Method::POST, headers, app.clock.millis()).await {
            State::SignedIn(session) => self.person(app, &session).await,
            State::SignedOut(reason) | State::Refresh(reason) => {
                tracing::debug!(reason = reason.as_str(), "not signed in");
                Err(AppError::SignedOut)
            }
        }
    }

    async fn person(&self, app: &App, session: &Session) -> Result<SignedIn, AppError> {
        let key = lease_key(&session.id);
        let now = app.clock.now();
        let row = sqlx::query!(
            r#"
            select p.id, p.name, coalesce(p.email, '') as "email!", p.removed_at is not null as "removed!", s.expires_at as "lease?",
                   exists (select from clerk_session_end where id = $2) as "ended!"
            from person p left join session s on s.token_hash = $3 and s.person_id = p.id
            where p.clerk_id = $1
            "#,
            session.user,
            session.id,
            &key[..]
        )
        .fetch_optional(&app.db.app)
        .await?;
        let signed_in = match row {
            Some(row) if row.removed || row.ended => return Err(AppError::SignedOut),
            Some(row) => {
                let signed_in = SignedIn { person: PersonId(row.id), name: row.name, email: row.email, session: key };
                if row.lease.is_some_and(|lease| lease - now > Duration::seconds(RENEW_BELOW)) {
                    return Ok(signed_in);
                }
                signed_in
            }
            None => self.first_seen(app, session, key).await?,
        };
        let renewed = sqlx::query!(
            r#"
            insert into session (token_hash, person_id, created_at, expires_at)
            select $1, $2, $3, $4 where not exists (select from clerk_session_end where id = $5)
            on conflict (token_hash) do update set expires_at = greatest(session.expires_at, excluded.expires_at)
            "#,
            &key[..],
            signed_in.person.0,
            now,
            now + Duration::seconds(LEASE),
            session.id
        )
        .execute(&app.db.app)
        .await?;
        if renewed.rows_affected() == 0 { Err(AppError::SignedOut) } else { Ok(signed_in) }
    }

    /// A token that is faster than the webhook about its user: the person is made now, and filled in when the webhook comes.
    async fn first_seen(&self, app: &App, session: &Session, key: [u8; 32]) -> Result<SignedIn, AppError> {
        let mut tx = db::begin(&app.db.system).await?;
        mirror::take_turn(&mut tx).await?;
        let refused = sqlx::query_scalar!(
            r#"
            select exists (select from clerk_user where id = $1 and (deleted or banned))
                or exists (select from clerk_session_end where id = $2) as "refused!"
            "#,
            session.user,
            session.id
        )
        .fetch_one(&mut *tx)
        .await?;
        if refused {
            return Err(AppError::SignedOut);
        }
        let person = project::person(&mut tx, app.clock.now(), &session.user).await?;
        let row =
            sqlx::query!(r#"select name, coalesce(email, '') as "email!" from person where id = $1"#, person).fetch_one(&mut *tx).await?;
        tx.commit().await?;
        Ok(SignedIn { person: PersonId(person), name: row.name, email: row.email, session: key })
    }

    /// Tells Clerk that a session is over. Without an answer it is over here all the same, and clerk-js would only find a session that we refuse.
    async fn revoke(&self, session: &str) {
        if !session.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return;
        }
        let url = format!("{}/v1/sessions/{session}/revoke", self.config.api_url);
        let request = self.http.post(url).bearer_auth(self.config.secret_key.expose()).timeout(std::time::Duration::from_secs(5));
        match request.send().await {
            Ok(answer) if answer.status().is_success() => {}
            Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "Clerk did not revoke a session"),
            Err(error) => tracing::warn!(why = crate::server::http::Broken::of(&error).words(), "Clerk did not revoke a session"),
        }
    }

    /// The workspace of the organisation that is active in the browser, if there is one.
    ///
    /// # Errors
    /// Only the database's; somebody who is not signed in has no active organisation.
    pub async fn active_workspace(&self, app: &App, headers: &HeaderMap) -> Result<Active, AppError> {
        let State::SignedIn(session) = self.state(&Method::POST, headers, app.clock.millis()).await else { return Ok(Active::None) };
        let Some(organization) = session.organization else { return Ok(Active::None) };
        let slug = sqlx::query_scalar!("select slug from workspace where clerk_organization_id = $1", organization)
            .fetch_optional(&app.db.system)
            .await?;
        Ok(slug.map_or(Active::OnItsWay, Active::Workspace))
    }
}

/// See [`Clerk::active_workspace`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Active {
    None,
    /// The organisation exists and the webhook about it has not come yet.
    OnItsWay,
    /// Its workspace's slug. Whether the person belongs to it is another question.
    Workspace(String),
}

/// `GET /api/session`: 200 while the caller is signed in, and another five minutes for the streams of the session.
pub async fn renew(Given(state): Given<AppState>, headers: HeaderMap) -> Result<&'static str, AppError> {
    crate::auth::server::signed_in(&state.app, &headers).await?;
    Ok("OK")
}

/// `POST /sign-out` where Clerk is the way in: the session ends here at once, then at Clerk, and the browser forgets its token.
pub async fn sign_out(app: &App, clerk: &Clerk, headers: &HeaderMap) -> Result<Response, AppError> {
    if let State::SignedIn(session) = clerk.state(&Method::POST, headers, app.clock.millis()).await {
        let mut tx = db::begin(&app.db.system).await?;
        let after = mirror::apply(&mut tx, app.clock.now(), &super::events::Event::SessionEnded(session.id.clone())).await?;
        tx.commit().await?;
        after.tell(&app.wake);
        clerk.revoke(&session.id).await;
    }
    let secure = if app.config.public_url.starts_with("https://") { "; Secure" } else { "" };
    let forget = |name: String| HeaderValue::from_str(&format!("{name}=; Path=/; Max-Age=0; SameSite=Lax{secure}"));
    let mut answer = (
        AppendHeaders([(HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""))]),
        Redirect::to("/sign-in"),
    )
        .into_response();
    for name in ["__session".to_owned(), format!("__session_{}", clerk.suffix)] {
        if let Ok(cookie) = forget(name) {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(answer)
}

/// Leads a browser that asks for a page with a token that is no longer good to the page that refreshes it, and back. Pages that are for everybody are
/// served as they are.
pub async fn refresh_first(Given(state): Given<AppState>, mut request: Request<Body>, next: Next) -> Response {
    let Some(clerk) = &state.app.clerk else { return next.run(request).await };
    let path = request.uri().path();
    let for_everybody = path == "/" || FOR_EVERYBODY.iter().any(|start| path.starts_with(start));
    if for_everybody || !super::request::wants_document(request.method(), request.headers()) {
        return next.run(request).await;
    }
    match clerk.state(request.method(), request.headers(), state.app.clock.millis()).await {
        State::Refresh(reason) => {
            tracing::debug!(reason = reason.as_str(), "a page waits for a new token");
            let wanted = request.uri().path_and_query().map_or("/", |wanted| wanted.as_str());
            Redirect::to(&super::pages::refresh_address(wanted)).into_response()
        }
        State::SignedIn(_) => {
            request.extensions_mut().insert(super::pages::OfSomebody);
            next.run(request).await
        }
        State::SignedOut(_) => next.run(request).await,
    }
}
