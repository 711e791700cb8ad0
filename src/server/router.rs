//! Every route and layer on one screen.

use super::{headers, health, site, state::AppState, webhooks};
use crate::{app, assistant, auth, inbox, live, offline, push, sandbox, ui::preferences::preferences, workspace};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    handler::Handler,
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use leptos::server_fn::axum::server_fn_paths;
use leptos::{IntoView, config::LeptosOptions};
use leptos_axum::{LeptosRoutes, generate_route_list, generate_route_list_with_exclusions};
use std::convert::Infallible;
use tower::Service;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, NotForContentType, Predicate},
    },
    services::ServeDir,
};

/// The whole server, ready for axum or for tests.
pub fn router(state: AppState) -> Router {
    let context = state.clone();
    let provide = move || leptos::prelude::provide_context(context.clone());
    let (options, plain_options) = (state.leptos.clone(), state.leptos.clone());
    let mut router = Router::new()
        .route("/api/webhook/kapso", get(webhooks::kapso::verify).post(webhooks::kapso::receive))
        .route("/api/webhook/clerk", post(webhooks::clerk::receive))
        .route("/api/session", get(auth::server::clerk::renew))
        .route("/api/{workspace}/events", get(live::server::stream::catch_up))
        .route("/api/{workspace}/gone", post(inbox::server::presence::leave))
        .route("/api/{workspace}/drafts", get(inbox::server::drafts::list))
        .route("/api/{workspace}/conversations/{conversation}/draft", post(inbox::server::drafts::write))
        .route("/api/{workspace}/media/{id}", get(inbox::server::media::serve))
        .route("/api/{workspace}/conversations/{conversation}/on", get(inbox::server::around::on_day))
        .route(
            "/api/{workspace}/conversations/{conversation}/messages",
            post(inbox::server::files::receive).layer(DefaultBodyLimit::max(inbox::server::files::MAX_FORM)),
        )
        .route("/api/{workspace}/conversations/{conversation}/wording", post(assistant::server::wording::wording))
        .route("/scripts/{name}", get(inbox::server::scripts::script))
        .route("/worker.js", get(offline::server::worker))
        .route("/api/push-key", get(push::server::key))
        .route("/api/push-devices", post(push::server::register))
        .route("/api/push-forgotten", post(push::server::forget))
        .route("/api/csp-report", post(headers::policy_broken))
        .route("/api/{workspace}/mail/{id}/resend", post(super::mail::page::send_again))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/api/{workspace}/audit.csv", get(workspace::server::trail::export))
        .route("/sign-out", post(auth::server::signing_in::sign_out))
        .route("/dashboard", get(workspace::server::dashboard))
        .route("/preferences", post(super::preferences::change));
    if state.app.clerk.is_none() {
        router = local_accounts(router);
    }
    if state.app.config.demo && state.app.clerk.is_none() {
        router = router.route("/api/dev/sign-in", post(auth::server::signing_in::demo_sign_in));
    }
    // Both calls would route the server functions; the second leaves them out.
    let server_functions = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let plain = generate_route_list_with_exclusions(site::Site, Some(server_functions));
    let mut router = router
        .leptos_routes_with_context(&state, generate_route_list(app::App), provide.clone(), move || inbox_page(&options))
        .leptos_routes_with_context(&state, plain, provide, move || page(site::shell, &plain_options))
        .fallback_service(files(&state))
        .layer(DefaultBodyLimit::max(1024 * 1024))
        .with_state(state.clone());
    if state.app.config.demo {
        router = router.merge(sandbox::router(sandbox_config(&state)));
    }
    let refresh_first = middleware::from_fn_with_state(state.clone(), auth::server::clerk::refresh_first);
    // A stream is never compressed: it would be held back. It is also open all day on every desk, so it does not even carry an encoder.
    let stream = Router::new().route("/api/{workspace}/live", get(live::server::stream::live)).with_state(state.clone());
    let router =
        compressed(router.layer(middleware::map_response(headers::honest)).layer(refresh_first.clone())).merge(stream.layer(refresh_first));
    // Around what catches panics: their answers are protected too.
    guarded(router).layer(middleware::from_fn_with_state(state, headers::protect)).layer(middleware::from_fn(headers::log))
}

/// What people with local accounts send. Where Clerk is the way in, none of it exists: nobody gets a session, a person or a password past it.
fn local_accounts(router: Router<AppState>) -> Router<AppState> {
    router
        .route("/sign-in", post(auth::server::signing_in::sign_in))
        .route("/sign-in/second", post(auth::server::signing_in::second_step))
        .route("/sign-up", post(auth::server::signing_up::sign_up))
        .route("/verify", post(auth::server::signing_up::confirm))
        .route("/forgot", post(auth::server::resetting::forgot))
        .route("/reset", post(auth::server::resetting::reset))
        .route("/change-password", post(auth::server::account::replace_temporary))
        .route("/account/profile", post(auth::server::account::change_profile))
        .route("/account/password", post(auth::server::account::change_password))
        .route("/account/sessions/end", post(auth::server::account::end_session))
        .route("/account/sessions/end-others", post(auth::server::account::end_other_sessions))
        .route("/account/totp/start", post(auth::server::factors::start_totp))
        .route("/account/totp/confirm", post(auth::server::factors::confirm_totp))
        .route("/account/totp/remove", post(auth::server::factors::remove_totp))
        .route("/account/recovery", post(auth::server::factors::renew_codes))
        .route("/account/recovery/read", post(auth::server::factors::put_codes_away))
        .route("/account/passkeys/remove", post(auth::server::passkeys::remove))
        .route("/api/passkey/register/options", post(auth::server::passkeys::registration_options))
        .route("/api/passkey/register", post(auth::server::passkeys::register))
        .route("/api/passkey/sign-in/options", post(auth::server::passkeys::sign_in_options))
        .route("/api/passkey/sign-in", post(auth::server::passkeys::sign_in))
}

/// Files of the site, and the page that says that nothing is there.
///
/// The framework's own handler would serve files too, but under whichever page is being made on the same thread: a file's answer then takes that page's headers,
/// its content security policy among them, and the page goes out without.
fn files(
    state: &AppState,
) -> impl Service<Request, Response: IntoResponse, Error = Infallible, Future: Send> + Clone + Send + Sync + use<> {
    let not_found = leptos_axum::file_and_error_handler::<AppState, _>(|options| page(site::shell, &options)).with_state(state.clone());
    ServeDir::new(&*state.leptos.site_root)
        // A folder is no page.
        .append_index_html_on_directories(false)
        .precompressed_gzip()
        .precompressed_br()
        .call_fallback_on_method_not_allowed(true)
        .fallback(not_found)
}

/// The document, with its content security policy and, where Clerk is the way in, its script.
fn page<V: IntoView>(shell: fn(LeptosOptions) -> V, options: &LeptosOptions) -> V {
    headers::page_policy(auth::server::clerk::pages::prepare().as_ref());
    shell(options.clone())
}

/// The inbox, with what waits for a picture or a filter to be asked for.
fn inbox_page(options: &LeptosOptions) -> impl IntoView + use<> {
    headers::page_policy(auth::server::clerk::pages::prepare().as_ref());
    let words = preferences().locale.words();
    inbox::server::scripts::prepare(move || inbox::server::lightbox::parts(words));
    inbox::server::scripts::prepare(|| inbox::server::scripts::FILTERING.wait());
    inbox::server::scripts::prepare(move || inbox::server::palette::parts(words));
    inbox::server::scripts::prepare(move || inbox::server::recorder::parts(words));
    inbox::server::scripts::prepare(move || inbox::server::wording::parts(words));
    inbox::server::scripts::prepare(offline::server::prepare);
    app::shell(options.clone())
}

fn compressed(router: Router) -> Router {
    // Streams of the sandbox must not be held back either. Files are small already, and whoever gets them must know how long they are.
    let compressible = DefaultPredicate::new()
        .and(NotForContentType::const_new("text/event-stream"))
        .and(NotForContentType::const_new("audio/"))
        .and(NotForContentType::const_new("video/"))
        .and(NotForContentType::const_new("application/pdf"))
        .and(NotForContentType::const_new("application/octet-stream"));
    router.layer(CompressionLayer::new().compress_when(compressible))
}

/// What surrounds every handler whatever it does: a panic harms no other request.
fn guarded(router: Router) -> Router {
    router.layer(CatchPanicLayer::custom(super::error::panicked))
}

/// The stand-ins for gateway and model, which call our webhook over HTTP like the real ones.
fn sandbox_config(state: &AppState) -> sandbox::SandboxConfig {
    let config = &state.app.config;
    let text = |secret: &Option<super::config::Secret>| secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default();
    let sandbox = sandbox::SandboxConfig::new(
        format!("http://{}/api/webhook/kapso", config.site_addr),
        text(&config.kapso.webhook_secret),
        text(&config.kapso.api_key),
        state.app.clock.clone(),
        state.app.http.clone(),
    );
    let mail_folder = match &config.mail.route {
        super::config::MailRoute::Folder(path) => Some(path.clone()),
        _ => None,
    };
    sandbox::SandboxConfig { stopping: state.app.stopping.clone(), mail_folder, ..sandbox }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    #[tokio::test]
    async fn a_panic_in_one_request_harms_no_other() {
        let router = guarded(
            Router::new()
                .route("/panics", get(|| async { panic!("{}", "geheim") as &'static str }))
                .route("/works", get(|| async { "fine" })),
        );
        let ask = |path: &str| router.clone().oneshot(Request::builder().uri(path).body(Body::empty()).unwrap());
        let answer = ask("/panics").await.unwrap();
        assert_eq!(answer.status(), 500);
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("Internal") && !text.contains("geheim"), "{text}");
        assert_eq!(ask("/works").await.unwrap().status(), 200);
    }
}
