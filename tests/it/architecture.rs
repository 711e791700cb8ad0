//! The rules that keep the sources readable, as tests. Each rule is a function from sources to complaints, and the last test breaks
//! each one on purpose: a rule that cannot fail is no rule.

use crate::support::*;
use std::collections::{BTreeMap, BTreeSet};

/// Path from the repository's root, and text.
type Files = [(String, String)];

/// Where the two halves of the crate may part, beside `mod server` lines and the stored ids.
const TWO_HALVES: [(&str, &str); 1] =
    [("src/ui/preferences.rs", "one function whose halves read the same choice out of the request and out of the page")];

/// Lines a file may have.
const LONGEST: usize = 700;
/// Files that may be longer, with the reason.
const LONGER: [(&str, &str); 0] = [];

/// Who may ask for the time or for randomness, with what.
const SOURCES: [(&str, &str); 3] =
    [("src/server/clock.rs", "Utc::now"), ("src/server/crypto.rs", "now_v7"), ("src/server/crypto.rs", "rand::")];

/// Statements that the checked macros cannot describe, with the reason.
const UNCHECKED: [(&str, &str); 5] = [
    ("src/server/db.rs", "set_config"),
    ("src/server/health.rs", "the migrator's own table, which the recorded schema does not have"),
    ("src/workspace/server/seed.rs", "advisory lock"),
    ("src/live/server/listener.rs", "pg_notify"),
    ("src/live/server/wake.rs", "pg_notify"),
];

/// Where a failed assumption may stop the process, with the reason.
const MAY_STOP: [(&str, &str); 4] = [
    ("src/server/crypto.rs", "without random bytes nothing is safe"),
    ("src/server/http.rs", "at start-up, before anything is served"),
    ("src/server/fetch.rs", "at start-up, before anything is served"),
    ("src/server/fake_upstream.rs", "compiled for tests only"),
];

/// Where outgoing connections are made, with the reason.
const WAYS_OUT: [(&str, &str); 4] = [
    ("src/server/http.rs", "the client for providers, whose addresses the configuration names"),
    ("src/server/fetch.rs", "the guarded fetcher"),
    ("src/server/fake_upstream.rs", "compiled for tests only"),
    ("src/main.rs", "the health check of this machine's own server"),
];

/// Variables of `.env.example` that something else than `config.rs` reads.
const READ_ELSEWHERE: [(&str, &str); 3] =
    [("LOG", "main.rs, before there is a configuration"), ("LOG_FORMAT", "main.rs"), ("LEPTOS_SITE_ROOT", "Leptos's own options")];
/// Variables of the deployment document without effect yet.
const LATER: [&str; 2] = ["CRM_API_KEY", "CRON_SECRET"];

fn listed(list: &[(&str, &str)], path: &str) -> bool {
    list.iter().any(|(listed, _)| *listed == path)
}

/// Whether a file is compiled for tests only, by the layout's convention.
fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// A file without its tests and comments.
fn product(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = text.find("\n#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests].lines().enumerate().map(|(n, line)| (n + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// `src/inbox/server/…`, `src/server/…`: compiled for the server only.
fn is_server(path: &str) -> bool {
    path.contains("/server/") || path.starts_with("src/server")
}

fn gates(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        let lines: Vec<&str> = text.lines().collect();
        for (n, line) in product(text) {
            let normal: String = line.split_whitespace().collect();
            if !normal.contains("feature=\"") {
                continue;
            }
            let opens_server = normal == "#[cfg(feature=\"ssr\")]"
                && lines.get(n).is_some_and(|next| matches!(next.trim_start_matches("pub ").trim(), "mod server;" | "mod sandbox;"));
            let stored = normal.starts_with("#[cfg_attr(feature=\"ssr\",derive(sqlx::Type)");
            if !opens_server && !stored && !listed(&TWO_HALVES, path) {
                wrong.push(format!("{path}:{n}: a gate that is neither on `mod server` nor on a stored type: {}", line.trim()));
            }
        }
    }
    wrong
}

fn sql(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        for (n, line) in product(text) {
            let stored = line.contains("cfg_attr(feature = \"ssr\", derive(sqlx::Type)");
            if line.contains("sqlx::") && !is_server(path) && !stored {
                wrong.push(format!("{path}:{n}: SQL outside */server/"));
            }
            let unchecked = ["sqlx::query(", "sqlx::query_as(", "sqlx::query_scalar(", "AssertSqlSafe", "sqlx::raw_sql("];
            if unchecked.iter().any(|call| line.contains(call)) && !listed(&UNCHECKED, path) && !is_test(path) {
                wrong.push(format!("{path}:{n}: a statement that nobody checked: use the macros"));
            }
        }
    }
    wrong
}

fn lengths(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        let lines = text.lines().count();
        match listed(&LONGER, path) {
            false if lines > LONGEST => wrong.push(format!("{path}: {lines} lines ask to be split")),
            true if lines <= LONGEST => wrong.push(format!("{path}: {lines} lines, no longer an exception")),
            _ => {}
        }
    }
    wrong
}

fn time_and_chance(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files {
        for (n, line) in product(text) {
            for source in ["Utc::now", "Local::now", "SystemTime::now", "thread_rng", "rand::", "now_v7", "OsRng"] {
                if line.contains(source) && !SOURCES.contains(&(path.as_str(), source)) {
                    wrong.push(format!("{path}:{n}: {source} instead of the clock or server/crypto.rs"));
                }
            }
        }
    }
    wrong
}

fn assumptions(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !is_test(path) && !listed(&MAY_STOP, path)) {
        for (n, line) in product(text) {
            for call in [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!(", "dbg!("] {
                if line.contains(call) {
                    wrong.push(format!("{path}:{n}: {call} can end a request or a task"));
                }
            }
        }
    }
    wrong
}

/// Outgoing connections are made in two files: `http.rs` for the hosts that the configuration names, `fetch.rs` for those that a stranger names.
fn ways_out(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| !is_test(path) && !listed(&WAYS_OUT, path)) {
        for (n, line) in product(text) {
            for way in [
                "Client::builder",
                "Client::new",
                "ClientBuilder",
                "reqwest::get",
                "TcpStream::connect",
                "hyper::client",
                "hyper_util::client",
            ] {
                if line.contains(way) {
                    wrong.push(format!("{path}:{n}: {way} goes around server/http.rs and server/fetch.rs"));
                }
            }
        }
    }
    wrong
}

fn openings(files: &Files) -> Vec<String> {
    files.iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| format!("{path}: does not say what it is for")).collect()
}

/// The sandbox stands opposite to the product: sharing code would let both be wrong together.
fn sandbox(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with("src/sandbox/")) {
        for (n, line) in product(text) {
            let own = line.replace("crate::sandbox", "").replace("crate::server::clock", "");
            if own.contains("crate::") || line.contains("sqlx") {
                wrong.push(format!("{path}:{n}: the sandbox knows nothing of the product but its wire: {}", line.trim()));
            }
        }
    }
    wrong
}

fn migrations(names: &[String]) -> Vec<String> {
    let mut names: Vec<&String> = names.iter().filter(|name| name.ends_with(".sql")).collect();
    names.sort();
    let wrong = names.iter().enumerate().filter(|(place, name)| {
        let what = name.strip_prefix(&format!("{:04}_", place + 1)).and_then(|rest| rest.strip_suffix(".sql")).unwrap_or_default();
        what.is_empty() || !what.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    });
    wrong.map(|(place, name)| format!("{name}: number {:04} is next, as NNNN_what.sql", place + 1)).collect()
}

/// `key = value` lines of a TOML table. Both files keep each value on one line.
fn table(toml: &str, header: &str) -> BTreeMap<String, String> {
    let Some((_, rest)) = toml.split_once(&format!("{header}\n")) else { return BTreeMap::new() };
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ")).map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The keys that the site's builder (Cargo.toml) and the server at run time (Leptos.toml) both have.
fn site_options(cargo: &str, leptos: &str) -> Vec<String> {
    let built = table(cargo, "[[workspace.metadata.leptos]]");
    let served = table(leptos, "[package.metadata.leptos]");
    let mut wrong = Vec::new();
    for key in ["output-name", "site-pkg-dir", "site-addr", "hash-files"] {
        if !(built.contains_key(key) && served.contains_key(key)) {
            wrong.push(format!("{key}: belongs in both files"));
        }
    }
    for (key, value) in &served {
        // The site is built under target/ and shipped beside the binary.
        if key != "site-root" && built.get(key).is_some_and(|built| built != value) {
            wrong.push(format!("{key}: {value} in Leptos.toml, {} in Cargo.toml", built[key]));
        }
    }
    wrong
}

/// Names of environment variables in a text: capitals in quotation marks.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.match_indices('"').filter_map(|(at, _)| text[at + 1..].split('"').next());
    let is_name = |word: &&str| word.len() > 3 && word.contains('_') && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    words.filter(is_name).map(str::to_owned).collect()
}

fn environment(example: &str, config: &str) -> Vec<String> {
    let config = config.split("#[cfg(test)]").next().unwrap_or_default();
    let read = variables(config);
    let documented: BTreeSet<String> = example
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut wrong = Vec::new();
    for name in &documented {
        let elsewhere = listed(&READ_ELSEWHERE, name);
        let later = LATER.contains(&name.as_str());
        match (read.contains(name), elsewhere || later) {
            (false, false) => wrong.push(format!("{name}: stands in .env.example and nobody reads it")),
            (true, true) => wrong.push(format!("{name}: config.rs reads it now, so it is no exception any more")),
            _ => {}
        }
    }
    wrong.extend(read.difference(&documented).map(|name| format!("{name}: config.rs reads it and .env.example does not explain it")));
    wrong
}

/// Files and functions that a document names in backquotes: `inbox/server/send.rs::run`.
fn documents(name: &str, document: &str, files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for word in document.split('`').skip(1).step_by(2) {
        let (path, function) = word.split_once("::").map_or((word, None), |(path, function)| (path, Some(function)));
        if !path.ends_with(".rs") || path.contains([' ', '*', '{']) {
            continue;
        }
        let text = files.iter().find(|(file, _)| file == path || file.ends_with(&format!("/{path}"))).map(|(_, text)| text);
        match (text, function) {
            (None, _) => wrong.push(format!("{name}: there is no {path}")),
            (Some(text), Some(function)) if !text.contains(&format!("fn {function}")) => {
                wrong.push(format!("{name}: {path} has no {function}"))
            }
            _ => {}
        }
    }
    wrong
}

/// Tests that a document names in backquotes: words of small letters with at least two underscores.
fn proofs(document: &str, files: &Files) -> Vec<String> {
    let is_test =
        |word: &&str| word.matches('_').count() >= 2 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let exists = |name: &str| {
        let head = format!("fn {name}(");
        files.iter().any(|(_, text)| {
            // Attributes and comments stand right above it.
            text.find(&head).is_some_and(|at| {
                let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
                let mut above =
                    text[..line].lines().rev().map(str::trim).take_while(|line| line.starts_with("#[") || line.starts_with("//"));
                above.any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
            })
        })
    };
    let words = document.split('`').skip(1).step_by(2).filter(is_test);
    words.filter(|word| !exists(word)).map(|word| format!("docs/SECURITY.md: there is no test {word}")).collect()
}

fn assert_none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Everything that is the product's.
fn own() -> Vec<(String, String)> {
    [rust_files("src"), rust_files("frontend/src")].concat()
}

#[test]
fn the_two_halves_part_at_server_modules_only() {
    assert_none(gates(&own()));
}

#[test]
fn sql_stands_in_server_modules_and_is_checked() {
    assert_none(sql(&own()));
}

#[test]
fn no_file_is_longer_than_one_can_read() {
    assert_none(lengths(&[own(), rust_files("tests")].concat()));
}

#[test]
fn time_and_chance_come_from_one_place_each() {
    assert_none(time_and_chance(&own()));
}

#[test]
fn nothing_is_assumed_where_people_wait() {
    assert_none(assumptions(&own()));
}

#[test]
fn connections_go_out_through_two_doors() {
    assert_none(ways_out(&own()));
}

#[test]
fn every_file_opens_by_saying_what_it_is_for() {
    assert_none(openings(&own()));
}

#[test]
fn the_sandbox_shares_nothing_with_what_it_tests() {
    assert_none(sandbox(&own()));
}

#[test]
fn migrations_are_numbered_without_gaps() {
    let names: Vec<String> = std::fs::read_dir(root().join("migrations"))
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() > 5);
    assert_none(migrations(&names));
}

#[test]
fn what_is_built_and_what_is_served_agree_about_the_site() {
    assert_none(site_options(&source("Cargo.toml"), &source("Leptos.toml")));
}

#[test]
fn every_variable_is_explained_and_read() {
    assert_none(environment(&source(".env.example"), &source("src/server/config.rs")));
}

#[test]
fn documents_name_files_that_exist() {
    let files = [own(), rust_files("tests"), rust_files("benches")].concat();
    for name in ["README.md", "docs/SECURITY.md", "docs/ARCHITECTURE.md", "docs/DEPLOY.md", "migrations/README.md"] {
        assert_none(documents(name, &source(name), &files));
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let document = source("docs/SECURITY.md");
    assert!(document.matches("` |").count() > 40, "the tables are there");
    assert_none(proofs(&document, &[own(), rust_files("tests")].concat()));
}

#[test]
fn each_rule_is_broken_on_purpose_and_complains() {
    let file = |path: &str, text: &str| vec![(path.to_owned(), text.to_owned())];
    let complains = |rule: fn(&Files) -> Vec<String>, path: &str, text: &str| !rule(&file(path, text)).is_empty();

    assert!(complains(gates, "src/inbox/model.rs", "#[cfg(feature = \"ssr\")]\nuse x;"));
    assert!(complains(gates, "src/inbox/mod.rs", "#[cfg(not(feature = \"ssr\"))]\npub mod server;"));
    assert!(complains(gates, "src/inbox/mod.rs", "if cfg!(feature = \"hydrate\") {}"));
    assert!(!complains(gates, "src/inbox/mod.rs", "#[cfg(feature = \"ssr\")]\npub mod server;"));

    assert!(complains(sql, "src/inbox/api.rs", "sqlx::query!(\"select 1\")"));
    assert!(complains(sql, "src/inbox/server/send.rs", "sqlx::query(\"select 1\")"));
    assert!(complains(sql, "src/inbox/server/send.rs", "AssertSqlSafe(format!(\"…\"))"));
    assert!(!complains(sql, "src/inbox/server/send.rs", "sqlx::query!(\"select 1\")"));

    assert!(complains(lengths, "src/a.rs", &"\n".repeat(LONGEST + 1)));
    assert!(!complains(lengths, "src/a.rs", &"\n".repeat(LONGEST)));

    let tests = file("tests/it/a.rs", "#[tokio::test]\nasync fn it_is_so_indeed() {}\nfn it_only_looks_so() {}");
    assert!(proofs("`it_is_so_indeed`", &tests).is_empty());
    assert!(!proofs("`it_only_looks_so`", &tests).is_empty() && !proofs("`it_was_so_once`", &tests).is_empty());

    assert!(complains(ways_out, "src/inbox/server/media.rs", "let client = reqwest::Client::new();"));
    assert!(complains(ways_out, "src/server/jobs/run.rs", "reqwest::get(url).await"));
    assert!(!complains(ways_out, "src/server/http.rs", "Client::builder()"));

    assert!(complains(time_and_chance, "src/a.rs", "let now = Utc::now();"));
    assert!(complains(time_and_chance, "src/server/clock.rs", "rand::thread_rng()"));
    assert!(!complains(time_and_chance, "src/server/clock.rs", "Utc::now()"));

    assert!(complains(assumptions, "src/inbox/api.rs", "x.unwrap()"));
    assert!(!complains(assumptions, "src/inbox/api.rs", "fn x() {}\n\n#[cfg(test)]\nmod tests {\n    x.unwrap()\n}"));
    assert!(!complains(assumptions, "src/server/fetch/tests.rs", "x.unwrap()"));

    assert!(complains(openings, "src/a.rs", "use x;"));
    assert!(complains(openings, "src/a.rs", "/// An item"));

    assert!(complains(sandbox, "src/sandbox/wire.rs", "use crate::server::whatsapp::payload;"));
    assert!(!complains(sandbox, "src/sandbox/wire.rs", "use crate::server::clock::Clock;"));

    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(!migrations(&names(&["0001_a.sql", "0003_c.sql"])).is_empty());
    assert!(!migrations(&names(&["0001_a.sql", "0001_b.sql"])).is_empty());
    assert!(!migrations(&names(&["0001_A b.sql"])).is_empty());
    assert!(migrations(&names(&["0002_b.sql", "0001_a.sql", "README.md"])).is_empty());

    let cargo = "[[workspace.metadata.leptos]]\noutput-name = \"a\"\nsite-root = \"target/site\"\nsite-pkg-dir = \"pkg\"\nsite-addr = \"x\"\nhash-files = true\n";
    let leptos = "[package.metadata.leptos]\noutput-name = \"a\"\nsite-root = \"site\"\nsite-pkg-dir = \"pkg\"\nsite-addr = \"x\"\nhash-files = true\n";
    assert!(site_options(cargo, leptos).is_empty());
    assert!(!site_options(cargo, &leptos.replace("\"pkg\"", "\"p\"")).is_empty());
    assert!(!site_options(cargo, &leptos.replace("hash-files = true\n", "")).is_empty());

    assert!(environment("A_NAME=\nLOG=info\n", "get(\"A_NAME\")").is_empty());
    assert!(!environment("A_NAME=\nB_NAME=\n", "get(\"A_NAME\")").is_empty());
    assert!(!environment("", "get(\"A_NAME\")").is_empty());
    assert!(!environment("CRON_SECRET=\n", "get(\"CRON_SECRET\")").is_empty());

    let files = file("src/inbox/server/send.rs", "pub async fn run() {}");
    assert!(documents("x", "see `inbox/server/send.rs::run` and `send.rs`", &files).is_empty());
    assert!(!documents("x", "see `inbox/server/gone.rs`", &files).is_empty());
    assert!(!documents("x", "see `inbox/server/send.rs::gone`", &files).is_empty());
}
