//! Cursor paging of Kapso's lists: newest first, cursors opaque to the reader.

use super::super::{errors::Refusal, wire};
use axum::http::Uri;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The query of a list call.
pub type Filters = HashMap<String, String>;

/// A place in a list: when, and which of those at the same time.
#[derive(Clone, Copy)]
pub struct Place {
    pub at: i64,
    pub ord: u64,
}

impl Place {
    fn cursor(self) -> String {
        STANDARD.encode(json!({ "values": [wire::iso(self.at), self.ord.to_string()], "columns": ["created_at", "id"] }).to_string())
    }
}

fn ord_of(cursor: &str) -> Result<u64, Refusal> {
    let bytes = STANDARD.decode(cursor).ok();
    let value: Option<Value> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let ord = value.as_ref().and_then(|value| value["values"][1].as_str()).and_then(|ord| ord.parse().ok());
    ord.ok_or_else(|| Refusal::graph(100, "Invalid cursor"))
}

/// Cuts the asked-for page out of `rows` (newest first) and renders it with its cursors and links.
///
/// Understands `limit` (1 to 100, 20 unless told), `after` (older) and `before` (newer). A bad limit or cursor is error 100.
pub fn page<T>(
    rows: Vec<(Place, T)>,
    filters: &Filters,
    base_url: &str,
    uri: &Uri,
    render: impl Fn(&T) -> Value,
) -> Result<Value, Refusal> {
    let limit: usize = match filters.get("limit") {
        None => 20,
        Some(limit) => {
            limit.parse().ok().filter(|limit| (1..=100).contains(limit)).ok_or_else(|| Refusal::graph(100, "limit: 1 to 100"))?
        }
    };
    let (start, end) = match (filters.get("after"), filters.get("before")) {
        (Some(after), _) => {
            let after = ord_of(after)?;
            let start = rows.partition_point(|(place, _)| place.ord >= after);
            (start, rows.len().min(start + limit))
        }
        (None, Some(before)) => {
            let before = ord_of(before)?;
            let end = rows.partition_point(|(place, _)| place.ord > before);
            (end.saturating_sub(limit), end)
        }
        (None, None) => (0, rows.len().min(limit)),
    };
    let shown = &rows[start..end];
    let first = shown.first().map(|(place, _)| place.cursor());
    let last = shown.last().map(|(place, _)| place.cursor());
    let link = |name: &str, cursor: &Option<String>, more: bool| {
        cursor.as_ref().filter(|_| more).and_then(|cursor| linked(base_url, uri, filters, name, cursor))
    };
    Ok(json!({
        "data": shown.iter().map(|(_, row)| render(row)).collect::<Vec<_>>(),
        "paging": {
            "next": link("after", &last, end < rows.len()),
            "previous": link("before", &first, start > 0),
            "cursors": { "before": first, "after": last },
        },
    }))
}

fn linked(base_url: &str, uri: &Uri, filters: &Filters, name: &str, cursor: &str) -> Option<String> {
    let mut url = reqwest::Url::parse(&format!("{base_url}{}", uri.path())).ok()?;
    let mut kept: Vec<_> = filters.iter().filter(|(name, _)| !matches!(name.as_str(), "after" | "before")).collect();
    kept.sort();
    url.query_pairs_mut().extend_pairs(kept).append_pair(name, cursor);
    Some(url.into())
}
