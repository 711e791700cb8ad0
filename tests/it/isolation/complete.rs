//! The table of endpoints is whole: what the sources define stands in it, and nothing else.

use super::endpoints::ENDPOINTS;
use crate::support::*;
use std::collections::BTreeSet;

/// The endpoints that the sources define: routes of the router, server functions, pages.
fn endpoints(router: &str, site_map: &str, others: &[(String, String)]) -> BTreeSet<String> {
    let router = router.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for part in router.split(".route(").skip(1) {
        let path = part.split('"').nth(1).expect("a path");
        // Up to the bracket that closes `.route(`.
        let mut depth = 1;
        let end = part.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let handlers = &part[..end.expect("a whole call")];
        for method in ["get", "post", "put", "patch", "delete", "head", "options", "trace", "any", "on"] {
            let call = format!("{method}(");
            let calls = handlers.match_indices(&call).any(|(at, _)| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if calls {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    for part in site_map.split("path!(").skip(1) {
        found.insert(format!("page {}", part.split('"').nth(1).expect("a path")));
    }
    for (path, text) in others {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        // `#[server(default)]` stands before an argument.
        for part in text.split("#[server").skip(1).filter(|part| !part.starts_with("(default)")) {
            assert!(path.ends_with("/api.rs"), "{path}: server functions stand in api.rs");
            let name = part.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next()).expect("a function");
            found.insert(format!("fn {name}"));
        }
    }
    found
}

#[test]
fn every_endpoint_stands_in_the_table() {
    let router = source("src/server/router.rs");
    let site_maps = source("src/app.rs") + &source("src/server/site.rs");
    let found = endpoints(&router, &site_maps, &rust_files("src"));
    let listed: BTreeSet<String> = ENDPOINTS.iter().map(|endpoint| endpoint.name.to_owned()).collect();
    assert_eq!(found, listed, "left: what the sources have; right: what the table has. A new endpoint needs a row that says who gets what");
    for (path, text) in rust_files("src") {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        // The sandbox stands in for the outside world: it knows what its customers said, and is not mounted outside demo mode.
        if path == "src/server/router.rs" || path.starts_with("src/sandbox/") {
            continue;
        }
        for way in [".route(", ".nest(", ".route_service(", ".nest_service(", ".fallback_service("] {
            assert!(!text.contains(way), "{path}: routes stand in src/server/router.rs");
        }
    }
    let router = router.split("#[cfg(test)]").next().unwrap_or_default();
    for way in [".nest(", ".route_service(", ".nest_service(", ".method_not_allowed_fallback("] {
        assert!(!router.contains(way), "the test cannot see what {way} adds: teach it first");
    }
    let fallbacks = router.matches(".fallback").count();
    assert!(
        fallbacks == 2 && router.contains(".fallback_service(files(&state))"),
        "the site's files, and where there is none the page that says so"
    );
    // The second one is the stream, whose route the table has from this file like any other.
    assert_eq!(router.matches(".merge(").count(), 2, "only the sandbox and the stream are merged");
    assert!(router.contains(".merge(sandbox::router(") && router.contains(".merge(stream.layer("));
}

#[test]
fn a_new_endpoint_is_noticed() {
    let router = r#"Router::new().route("/a", get(a::b).post(c)).route(
        "/api/{workspace}/export", put(d))"#;
    let api = r#"#[server(input = GetUrl)] pub async fn export_all(workspace: String) -> X {} #[server] pub async fn erase() {}"#;
    let found = endpoints(router, r#"<Route path=path!("/:workspace/export") view=X/>"#, &[("src/x/api.rs".into(), api.into())]);
    let wanted = ["GET /a", "POST /a", "PUT /api/{workspace}/export", "fn erase", "fn export_all", "page /:workspace/export"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted);
}
