//! Fetching from addresses that a stranger can influence (a file's URL in a webhook), without being led into our own network.
//!
//! Only `https:`, only public addresses, no redirects, at most so many bytes in so much time. Names are resolved by [`PublicOnly`], and
//! the connection goes to exactly the addresses that were judged: a name that changes its mind between check and use gains nothing.

#[cfg(test)]
mod tests;

use crate::server::http::{Broken, client_builder, read_body};
use bytes::Bytes;
use reqwest::{
    Client, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER},
};
use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

/// WhatsApp's largest file: a document of 100 MB.
pub const MAX_FILE: usize = 100 * 1024 * 1024;
/// For one fetch as a whole: 100 MB at a slow 7 Mbit/s.
const TIMEOUT: Duration = Duration::from_secs(120);
/// For something that is handed over: it is small, and so is the answer.
const POSTING: Duration = Duration::from_secs(6);
/// For each next piece of the body.
const STALL: Duration = Duration::from_secs(20);

/// Fetches within the limits described above. Cheap to clone.
#[derive(Clone)]
pub struct Fetcher {
    guarded: Client,
    direct: Client,
    allowed: Vec<String>,
    timeout: Duration,
}

/// What was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub bytes: Bytes,
    /// As claimed by the server; see [`safe_inline_type`](super::storage::safe_inline_type).
    pub content_type: Option<String>,
}

/// What was answered to something that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    pub status: u16,
    pub retry_after: Option<u64>,
}

/// Why nothing was fetched. The words name neither the URL nor an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// Not an address we go to.
    Refused(&'static str),
    /// The answer points elsewhere (absolute URL). Whoever wants to go there calls [`Fetcher::get`] again, without keys: the new address is
    /// judged like any other.
    Redirected(Option<String>),
    /// More bytes than allowed.
    TooLarge,
    /// An HTTP status other than success.
    Status(u16),
    /// Not reached, too slow, or cut off.
    Failed(&'static str),
}

impl FetchError {
    /// Whether the same fetch may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Failed(_) => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..),
            Self::Refused(_) | Self::Redirected(_) | Self::TooLarge => false,
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "refused: {why}"),
            Self::Redirected(_) => f.write_str("redirected"),
            Self::TooLarge => f.write_str("too large"),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl Error for FetchError {}

impl From<Broken> for FetchError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Malformed => Self::Refused("it cannot be asked for"),
            Broken::TooLarge => Self::TooLarge,
            Broken::NotConnected | Broken::TimedOut | Broken::Lost => Self::Failed(broken.words()),
        }
    }
}

impl Fetcher {
    /// `allowed` are hosts (`host:port`) that may be anywhere and may speak plain HTTP: the demo's own gateway. None in production.
    ///
    /// # Panics
    /// As [`http_client`](super::http::http_client), at start-up.
    pub fn new(allowed: Vec<String>) -> Self {
        let build =
            |builder: reqwest::ClientBuilder| builder.read_timeout(STALL).build().expect("the system's root certificates are unusable");
        Self {
            guarded: build(client_builder().https_only(true).dns_resolver(Arc::new(PublicOnly(system_lookup)))),
            direct: build(client_builder()),
            allowed: allowed.into_iter().map(|host| host.to_ascii_lowercase()).collect(),
            timeout: TIMEOUT,
        }
    }

    /// The same with another limit for a whole fetch. The default is 120 s.
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Fetches at most `max` bytes. `headers` are sent to this URL only.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)], max: usize) -> Result<Fetched, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Refused("not a URL"))?;
        let client = self.client_for(&url)?;
        let mut request = client.get(url.clone()).timeout(self.timeout);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = answer(request).await?;
        let status = response.status();
        let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        if status.is_redirection() {
            return Err(FetchError::Redirected(text(LOCATION).and_then(|to| url.join(to).ok()).map(String::from)));
        }
        if !status.is_success() {
            return Err(FetchError::Status(status.as_u16()));
        }
        let content_type = text(CONTENT_TYPE).map(str::to_owned);
        Ok(Fetched { bytes: read_body(response, max).await?, content_type })
    }

    /// Hands something over, within the same bounds. What is answered beside the status and `Retry-After` (seconds) is not read.
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Posted, FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Refused("not a URL"))?;
        let mut request = self.client_for(&url)?.post(url.clone()).timeout(POSTING).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = answer(request).await?;
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Posted { status: response.status().as_u16(), retry_after })
    }

    /// Whether a URL is one that this would go to at all, as far as it says so itself.
    ///
    /// # Errors
    /// `Refused`, with why.
    pub fn judge(&self, url: &str) -> Result<(), FetchError> {
        let url = Url::parse(url).map_err(|_| FetchError::Refused("not a URL"))?;
        self.client_for(&url).map(|_| ())
    }

    /// Judges what the URL itself says. Numeric hosts in whatever notation are plain addresses once parsed, and never reach the resolver.
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Refused("it holds credentials"));
        }
        let host = url.host_str().unwrap_or_default();
        let is_allowed = url.port_or_known_default().is_some_and(|port| self.allowed.contains(&format!("{host}:{port}")));
        if is_allowed && matches!(url.scheme(), "http" | "https") {
            return Ok(&self.direct);
        }
        if url.scheme() != "https" {
            return Err(FetchError::Refused("not https"));
        }
        match host.trim_matches(['[', ']']).parse() {
            Ok(address) if !is_public(address) => Err(FetchError::Refused(PRIVATE)),
            _ => Ok(&self.guarded),
        }
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<reqwest::Response, FetchError> {
    request.send().await.map_err(|error| if caused_by_guard(&error) { FetchError::Refused(PRIVATE) } else { Broken::of(&error).into() })
}

const PRIVATE: &str = "not a public address";

/// Asks for the addresses of a name.
type Lookup = fn(String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Resolves names, once for each connection, and fails if any of the addresses is not public: such a mixture is no honest host. The connection goes
/// to what this gives, so nobody can answer differently a moment later.
struct PublicOnly(Lookup);

fn system_lookup(name: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
    // The client puts the URL's port in.
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

/// A name led to an address that is not public.
#[derive(Debug)]
struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PRIVATE)
    }
}

impl Error for NotPublic {}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let lookup = self.0(name.as_str().to_owned());
        Box::pin(async move {
            let addresses = lookup.await?;
            if !addresses.iter().all(|address| is_public(address.ip())) {
                return Err(NotPublic.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn caused_by_guard(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an address belongs to the public internet, by IANA's special-purpose registries
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, <https://www.iana.org/assignments/iana-ipv6-special-registry>).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 168, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // NAT64: what DNS64 makes of a v4-only host. The v4 address decides.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_public_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))),
        // Teredo and other protocol assignments, documentation, 6to4 (carries v4), documentation
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Global unicast. Everything else is loopback, mapped or compatible v4, unique-local, link-local, multicast or unassigned.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}
