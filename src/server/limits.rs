//! How often somebody may do something: counters in Postgres, shared by all processes, and whose address a request comes from.
//!
//! A window begins with the first call and ends by the clock; within it `count` calls are let through. One statement counts and decides. Keys are
//! stored as hashes, so that the table tells nobody who tried what.

use super::{crypto::token_hash, state::App};
use crate::error::AppError;
use axum::http::HeaderMap;
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
    time::Duration,
};

/// So many calls in so much time, for each key.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Unique among rules: counters of different rules are apart.
    pub name: &'static str,
    pub count: u32,
    pub window: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const QUARTER: Duration = Duration::from_secs(15 * 60);

/// Attempts at one account, from wherever: slows down guessing a password. Forgotten after a success.
pub const SIGN_IN_ACCOUNT: Rule = Rule { name: "sign-in account", count: 10, window: QUARTER };
/// Attempts from one address, at whichever accounts. An office behind one address has room.
pub const SIGN_IN_ADDRESS: Rule = Rule { name: "sign-in address", count: 60, window: QUARTER };
/// Codes tried at one account's second step.
pub const SECOND_STEP: Rule = Rule { name: "second step", count: 10, window: QUARTER };
/// A person's own password, asked again before something that matters. Forgotten after a success.
pub const OWN_PASSWORD: Rule = Rule { name: "own password", count: 10, window: QUARTER };
/// Mails that anybody can have sent by filling in a form, from one address.
pub const MAIL_ADDRESS: Rule = Rule { name: "mail address", count: 30, window: HOUR };
/// The same, to one mailbox.
pub const MAIL_ACCOUNT: Rule = Rule { name: "mail account", count: 4, window: HOUR };
/// Invitations of one workspace, new ones and those sent again: they go to mailboxes that never asked for them.
pub const INVITE: Rule = Rule { name: "invite", count: 50, window: HOUR };
/// Replies of one person. Reference: 30 a minute; half as much again for fast typists and forms sent twice.
pub const SEND: Rule = Rule { name: "send", count: 45, window: MINUTE };
/// Reactions of one person, and their second thoughts: only the last of each is sent.
pub const REACT: Rule = Rule { name: "react", count: 60, window: MINUTE };
/// Files that one person hands in to be sent. Counted before they are read, since reading is what costs.
pub const UPLOAD: Rule = Rule { name: "upload", count: 60, window: MINUTE };
/// Lists of templates that one person has fetched: each is a call to the provider, who allows few.
pub const TEMPLATES: Rule = Rule { name: "templates", count: 60, window: MINUTE };
/// Reports of browsers about broken policies, from one address.
pub const REPORT: Rule = Rule { name: "policy report", count: 30, window: MINUTE };
/// Numbers that one person has shown to themselves.
pub const REVEAL: Rule = Rule { name: "reveal", count: 30, window: Duration::from_secs(3600) };
/// Tellings of one person where they are: one in three seconds while they write, and twice that for several tabs.
pub const HERE: Rule = Rule { name: "here", count: 60, window: MINUTE };
/// Drafts of one person: one a second while they write, from two devices, with room for a third.
pub const DRAFT: Rule = Rule { name: "draft", count: 180, window: MINUTE };
/// Questions that one person asks the search.
pub const SEARCH: Rule = Rule { name: "search", count: 120, window: MINUTE };
/// Deliveries with a bad or missing signature from one address. Good ones are not counted: the provider may be busy.
pub const BAD_SIGNATURE: Rule = Rule { name: "bad signature", count: 100, window: MINUTE };
/// Deliveries that carried a signature, and a wrong one; counted for `doctor`, refusing nothing.
pub const REFUSED_SIGNATURES: Rule = Rule { name: "refused signatures", count: u32::MAX, window: Duration::from_secs(24 * 3600) };
/// Files that one person looks at: a thread full of pictures is many at once.
pub const MEDIA: Rule = Rule { name: "media", count: 600, window: MINUTE };

/// Texts of one person that a model finds other words for: each costs, and nobody reads faster.
pub const WORDING: Rule = Rule { name: "wording", count: 30, window: MINUTE };
/// Browsers that one person makes known as ones to be called: one with each page that is opened.
pub const PUSH: Rule = Rule { name: "push", count: 60, window: MINUTE };

/// Counts a call by `key` (an address, an account's e-mail, a person's id) and refuses it when there were too many.
///
/// # Errors
/// `TooMany` with the seconds until the window ends; a database error.
pub async fn take(app: &App, rule: &Rule, key: &str) -> Result<(), AppError> {
    let now = app.clock.now();
    let ends_at = now + rule.window;
    let counted = sqlx::query!(
        r#"
        insert into rate_limit as held (key, count, ends_at) values ($1, 1, $2)
        on conflict (key) do update set
            count = case when held.ends_at <= $3 then 1 else least(held.count, 1000000) + 1 end,
            ends_at = case when held.ends_at <= $3 then excluded.ends_at else held.ends_at end
        returning count, ends_at
        "#,
        &stored_key(rule, key)[..],
        ends_at,
        now
    )
    .fetch_one(&app.db.app)
    .await?;
    if i64::from(counted.count) <= i64::from(rule.count) {
        return Ok(());
    }
    tracing::warn!(rule = rule.name, "too many requests");
    let left = (counted.ends_at - now).num_milliseconds().max(1);
    Err(AppError::TooMany(u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX)))
}

/// How often was counted in the running window.
pub async fn counted(app: &App, rule: &Rule, key: &str) -> sqlx::Result<i32> {
    let count =
        sqlx::query_scalar!("select count from rate_limit where key = $1 and ends_at > $2", &stored_key(rule, key)[..], app.clock.now())
            .fetch_optional(&app.db.system)
            .await?;
    Ok(count.unwrap_or(0))
}

/// Forgets what was counted for a key: after a right password, the wrong ones before it are no attack.
pub async fn forget(app: &App, rule: &Rule, key: &str) -> Result<(), AppError> {
    sqlx::query!("delete from rate_limit where key = $1", &stored_key(rule, key)[..]).execute(&app.db.app).await?;
    Ok(())
}

/// Deletes the windows that are over; called by the minute's chores.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    sqlx::query!("delete from rate_limit where ends_at <= $1", app.clock.now()).execute(&app.db.system).await?;
    Ok(())
}

fn stored_key(rule: &Rule, key: &str) -> [u8; 32] {
    token_hash(format!("{}\0{key}", rule.name).as_bytes())
}

/// Whom a request comes from. Put among a request's extensions by `headers::protect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address as a limit's key. Of an IPv6 address the network counts (/64): whoever has one address there has them all.
    pub fn key(self) -> String {
        match self.0 {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        }
    }
}

/// Whose request it is: the connection's other end, or, where that is one of `TRUSTED_PROXIES`, the nearest address in `X-Forwarded-For` that
/// is none. What a client writes into that header itself stands further left and is never reached.
///
/// `peer` is none where there is no connection (tests call the router directly); then nobody is trusted.
pub fn client_address(app: &App, headers: &HeaderMap, peer: Option<SocketAddr>) -> ClientAddress {
    nearest_stranger(&app.config.trusted_proxies, headers, peer.map(|peer| peer.ip()))
}

fn nearest_stranger(proxies: &[Network], headers: &HeaderMap, peer: Option<IpAddr>) -> ClientAddress {
    let trusted = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut nearest = plain(peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()));
    // Several headers count as one list, in their order.
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().map(|line| line.to_str().unwrap_or_default()).collect();
    for hop in lines.iter().flat_map(|line| line.split(',')).rev() {
        if !trusted(nearest) {
            break;
        }
        // A hop that is no address was not written by a proxy of ours: the one that passed it on is the last we know.
        let Some(address) = address_of(hop.trim()) else { break };
        nearest = address;
    }
    ClientAddress(nearest)
}

/// `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`
fn address_of(hop: &str) -> Option<IpAddr> {
    hop.parse::<IpAddr>().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip())).map(plain)
}

/// A v4 address that came in v6's clothes.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, plain(address)) {
            (IpAddr::V4(base), IpAddr::V4(address)) => same_start(base.to_bits().into(), address.to_bits().into(), 32, self.bits),
            (IpAddr::V6(base), IpAddr::V6(address)) => same_start(base.to_bits(), address.to_bits(), 128, self.bits),
            _ => false,
        }
    }
}

fn same_start(a: u128, b: u128, width: u8, bits: u8) -> bool {
    // A shift by the whole width is none at all in Rust.
    bits == 0 || (a ^ b) >> (width - bits) == 0
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (base, bits) = text.trim().split_once('/').map_or((text.trim(), None), |(base, bits)| (base, Some(bits)));
        let base: IpAddr = base.parse().map_err(|_| ())?;
        let width = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), |bits| bits.parse::<u8>().map_err(|_| ()))?;
        if bits <= width { Ok(Self { base, bits }) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn networks(list: &[&str]) -> Vec<Network> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn who(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        forwarded.iter().for_each(|line| {
            headers.append("x-forwarded-for", HeaderValue::from_str(line).unwrap());
        });
        nearest_stranger(&networks(proxies), &headers, Some(peer.parse().unwrap())).0.to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        let proxies = ["127.0.0.0/8", "::1", "10.0.0.0/8"];
        // A stranger connects directly and claims to be somebody else.
        assert_eq!(who(&proxies, "203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        // Through the proxy: what the client wrote itself stands left of what the proxy saw.
        assert_eq!(who(&proxies, "127.0.0.1", &["198.51.100.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(who(&proxies, "127.0.0.1", &["198.51.100.1", "203.0.113.9, 10.1.2.3"]), "203.0.113.9");
        assert_eq!(who(&proxies, "::ffff:127.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
        assert_eq!(who(&proxies, "::1", &["[2001:db8::7]:80"]), "2001:db8::7");
        // Nothing came along, or nonsense: the nearest that is known.
        assert_eq!(who(&proxies, "127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(who(&proxies, "127.0.0.1", &["203.0.113.9, <script>"]), "127.0.0.1");
        assert_eq!(who(&[], "127.0.0.1", &["203.0.113.9"]), "127.0.0.1");
        assert_eq!(who(&proxies, "127.0.0.1", &["10.0.0.1, 10.0.0.2"]), "10.0.0.1");
    }

    #[test]
    fn networks_are_ranges_of_their_own_kind() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()) && !network.contains(outside.parse().unwrap()), "{network:?}");
        }
        for wrong in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "proxy.test", "10.0.0.0/", "10.0.0.0/-1"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_v6_network_counts_as_one() {
        let key = |text: &str| ClientAddress(text.parse().unwrap()).key();
        assert_eq!(key("2001:db8:1:2:aaaa::1"), key("2001:db8:1:2:bbbb::2"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_ne!(key("203.0.113.1"), key("203.0.113.2"));
    }
}
