//! Fetching from well-behaved, slow, lying and forbidden upstreams.

use super::*;
use crate::server::fake_upstream::{Upstream, closed, hanging_up_after, silent};

/// A fetcher that may go to this upstream.
fn fetcher_for(base: &str) -> Fetcher {
    Fetcher::new(vec![base.trim_start_matches("http://").to_owned()])
}

async fn get(url: &str) -> Result<Fetched, FetchError> {
    Fetcher::new(vec!["127.0.0.1:1".into()]).with_timeout(Duration::from_secs(5)).get(url, &[], 1024).await
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_fetched() {
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.113.96.25",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "１２７.０.０.１",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[fc00::1]",
        "[fd12:3456::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001::1]",
        "[2001:db8::1]",
        "[fec0::1]",
        "localhost",
        "LOCALHOST",
    ] {
        let error = get(&format!("https://{host}/x")).await.expect_err(host);
        assert_eq!(error, FetchError::Refused(PRIVATE), "{host}");
        assert!(!error.retryable());
    }
}

/// What a resolver gives for a name that leads to `addresses`.
async fn resolved(lookup: Lookup) -> Result<Vec<SocketAddr>, String> {
    let addresses = PublicOnly(lookup).resolve("files.test".parse().unwrap()).await;
    addresses.map(Iterator::collect).map_err(|error| error.to_string())
}

fn found(addresses: &[&str]) -> io::Result<Vec<SocketAddr>> {
    Ok(addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect())
}

#[tokio::test]
async fn a_name_is_judged_by_where_it_leads() {
    // As 127.0.0.1.nip.io, a name in somebody's own zone, or a mixture that hopes for the second try.
    let private: [Lookup; 6] = [
        |_| Box::pin(async { found(&["127.0.0.1"]) }),
        |_| Box::pin(async { found(&["10.0.0.8"]) }),
        |_| Box::pin(async { found(&["169.254.169.254"]) }),
        |_| Box::pin(async { found(&["::ffff:10.0.0.8"]) }),
        |_| Box::pin(async { found(&["fd00::8"]) }),
        |_| Box::pin(async { found(&["8.8.8.8", "192.168.1.1"]) }),
    ];
    for lookup in private {
        let error = resolved(lookup).await.expect_err("a private address");
        assert_eq!(error, PRIVATE, "and the words name no address");
    }
    assert_eq!(
        resolved(|_| Box::pin(async { found(&["8.8.8.8", "2606:4700::1111"]) })).await,
        Ok(found(&["8.8.8.8", "2606:4700::1111"]).unwrap())
    );
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    // Public when it is judged, private afterwards.
    let lookup: Lookup = |_| {
        let first = ASKED.fetch_add(1, Ordering::SeqCst) == 0;
        Box::pin(async move { found(if first { &["8.8.8.8"] } else { &["127.0.0.1"] }) })
    };
    assert_eq!(resolved(lookup).await, Ok(found(&["8.8.8.8"]).unwrap()), "the connection gets what was judged");
    assert_eq!(ASKED.load(Ordering::SeqCst), 1, "and nobody asks again");
    assert!(resolved(lookup).await.is_err(), "the next connection is judged anew");
}

#[tokio::test]
async fn the_guard_stands_in_the_fetchers_own_client() {
    // `localhost` in a form that only a resolver understands.
    for name in ["localhost.", "localhost.localdomain"] {
        match get(&format!("https://{name}/x")).await.expect_err(name) {
            FetchError::Refused(why) => assert_eq!(why, PRIVATE),
            // No such name on this machine.
            error => assert_eq!(error, FetchError::Failed(Broken::NotConnected.words()), "{name}"),
        }
    }
    assert_eq!(get("https://localhost./x").await.expect_err("loopback"), FetchError::Refused(PRIVATE));
}

#[test]
fn public_addresses_are_public() {
    for address in ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "2606:4700::1111", "2a03:2880::1", "64:ff9b::808:808"] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[tokio::test]
async fn only_https_without_credentials_is_fetched() {
    for url in ["http://example.com/", "ftp://example.com/", "file:///etc/passwd", "data:text/plain,x", "gopher://127.0.0.1:1/"] {
        assert_eq!(get(url).await.expect_err(url), FetchError::Refused("not https"), "{url}");
    }
    for url in ["https://user@example.com/", "https://user:pass@example.com/", "http://127.0.0.1:1@example.com/", "https://:p@127.0.0.1:1/"]
    {
        assert_eq!(get(url).await.expect_err(url), FetchError::Refused("it holds credentials"), "{url}");
    }
    for url in ["", "photo.jpg", "//example.com/x", "https://", "https://exa mple.com/", "https://1.2.3.4.5/"] {
        assert_eq!(get(url).await.expect_err(url), FetchError::Refused("not a URL"), "{url}");
    }
}

#[tokio::test]
async fn an_allowed_host_is_allowed_on_its_port_only() {
    let upstream = Upstream::answering(200, &[("content-type", "image/jpeg")], "bytes").await;
    let fetched = fetcher_for(&upstream.base).get(&format!("{}/a?b=c", upstream.base), &[("X-API-Key", "k")], 5).await.unwrap();
    assert_eq!((&fetched.bytes[..], fetched.content_type.as_deref()), (&b"bytes"[..], Some("image/jpeg")));
    let seen = upstream.only();
    assert_eq!((seen.uri.to_string().as_str(), seen.header("x-api-key")), ("/a?b=c", Some("k")));
    assert!(seen.header("user-agent").is_some_and(|agent| agent.starts_with("my21staff/")));
    let error = fetcher_for("127.0.0.1:9").get(&upstream.base, &[], 5).await.expect_err("another port");
    assert_eq!(error, FetchError::Refused("not https"));
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let inside = Upstream::answering(200, &[], "secret").await;
    let upstream = Upstream::answering(302, &[("location", &format!("{}/x", inside.base))], "").await;
    let error = fetcher_for(&upstream.base).get(&upstream.base, &[], 99).await.expect_err("a redirect");
    assert_eq!(error, FetchError::Redirected(Some(format!("{}/x", inside.base))));
    assert!(inside.seen().is_empty() && !error.retryable());
    let relative = Upstream::answering(307, &[("location", "/y")], "").await;
    let error = fetcher_for(&relative.base).get(&relative.base, &[], 99).await.expect_err("a redirect");
    assert_eq!(error, FetchError::Redirected(Some(format!("{}/y", relative.base))));
}

#[tokio::test]
async fn one_byte_too_many_is_too_many() {
    let upstream = Upstream::answering(200, &[], "12345").await;
    assert!(fetcher_for(&upstream.base).get(&upstream.base, &[], 5).await.is_ok());
    assert_eq!(fetcher_for(&upstream.base).get(&upstream.base, &[], 4).await.expect_err("announced"), FetchError::TooLarge);
    let unannounced = hanging_up_after(b"HTTP/1.1 200 OK\r\n\r\n12345").await;
    assert_eq!(fetcher_for(&unannounced).get(&unannounced, &[], 4).await.expect_err("unannounced"), FetchError::TooLarge);
    assert!(fetcher_for(&unannounced).get(&unannounced, &[], 5).await.is_ok());
}

#[tokio::test]
async fn half_a_file_is_no_file() {
    let base = hanging_up_after(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n12345").await;
    let error = fetcher_for(&base).get(&base, &[], 99).await.expect_err("cut off");
    assert_eq!(error, FetchError::Failed(Broken::Lost.words()));
    assert!(error.retryable());
}

#[tokio::test]
async fn slow_absent_and_failing_servers_are_told_apart() {
    let base = silent().await;
    let error = fetcher_for(&base).with_timeout(Duration::from_millis(50)).get(&base, &[], 99).await.expect_err("silent");
    assert_eq!(error, FetchError::Failed(Broken::TimedOut.words()));
    let base = closed().await;
    assert_eq!(fetcher_for(&base).get(&base, &[], 99).await.expect_err("closed"), FetchError::Failed(Broken::NotConnected.words()));
    for (status, retryable) in [(404, false), (410, false), (401, false), (429, true), (500, true), (503, true)] {
        let upstream = Upstream::answering(status, &[], "").await;
        let error = fetcher_for(&upstream.base).get(&upstream.base, &[], 99).await.expect_err("a status");
        assert_eq!((error.retryable(), error), (retryable, FetchError::Status(status)));
    }
}
