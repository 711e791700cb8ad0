//! The demo's mailbox: a page of the mails that the product left in its folder, newest first. For programs the same as JSON.

use super::{phone::escape, state::Sandbox};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// As many as the page shows.
const SHOWN: usize = 100;

pub fn router() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/mail", get(page))
        .route("/sandbox/mail.json", get(list))
        .route("/sandbox/mail.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("mail.css"))))
        .route("/sandbox/mail/{id}", get(one))
}

/// The description that lies beside each mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Mail {
    id: String,
    template: String,
    from: String,
    to: String,
    subject: String,
    text: String,
    at: String,
}

/// Everything in the folder, newest first: names are ids, whose order is that of time.
async fn mails(folder: Option<PathBuf>) -> Vec<Mail> {
    let Some(folder) = folder else { return Vec::new() };
    let mut names = Vec::new();
    if let Ok(mut entries) = tokio::fs::read_dir(&folder).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            let name = entry.file_name().to_string_lossy().into_owned();
            names.extend(name.ends_with(".json").then_some(name));
        }
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    let mut mails = Vec::new();
    for name in names.into_iter().take(SHOWN) {
        let bytes = tokio::fs::read(folder.join(name)).await.unwrap_or_default();
        mails.extend(serde_json::from_slice::<Mail>(&bytes).ok());
    }
    mails
}

async fn list(State(sandbox): State<Sandbox>) -> Json<Vec<Mail>> {
    Json(mails(sandbox.config().mail_folder.clone()).await)
}

async fn page(State(sandbox): State<Sandbox>) -> Html<String> {
    let mails = mails(sandbox.config().mail_folder.clone()).await;
    let list: String = mails.iter().map(article).collect();
    let empty = if mails.is_empty() { "<p>Belum ada email. <span lang=\"en\">No mail yet.</span></p>" } else { "" };
    Html(format!(
        "<!doctype html>\n<html lang=\"id\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>Kotak email demo</title>\n\
         <link rel=\"stylesheet\" href=\"/sandbox/mail.css\">\n</head>\n<body>\n<header><h1>Kotak email demo</h1>\n\
         <p>Semua email yang dikirim demo ini, terbaru di atas. <span lang=\"en\">Every mail that this demo sent, newest first.</span></p></header>\n\
         <main>{empty}{list}</main>\n</body>\n</html>"
    ))
}

fn article(mail: &Mail) -> String {
    format!(
        "<article>\n<h2>{subject}</h2>\n<p class=\"meta\">{to} · <time datetime=\"{at}\">{at}</time> · <a href=\"/sandbox/mail/{id}\">HTML</a></p>\n<pre>{text}</pre>\n</article>\n",
        subject = escape(&mail.subject),
        to = escape(&mail.to),
        at = escape(&mail.at),
        id = escape(&mail.id),
        text = linked(&mail.text),
    )
}

/// The text with its addresses as links. The product puts each on a line of its own.
fn linked(text: &str) -> String {
    let lines = text.lines().map(|line| match line.starts_with("http://") || line.starts_with("https://") {
        true => format!("<a href=\"{0}\">{0}</a>", escape(line)),
        false => escape(line),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One mail as a mail program would show it.
async fn one(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let Some(folder) = sandbox.config().mail_folder.clone().filter(|_| is_id) else { return StatusCode::NOT_FOUND.into_response() };
    match tokio::fs::read_to_string(folder.join(format!("{id}.html"))).await {
        Ok(html) => {
            let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
            ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}
