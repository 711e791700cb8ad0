//! Links in what people wrote. Strangers write them: only `http` and `https` become links, and what a link says is where it leads.

use reqwest::Url;

/// The longest address that is taken for one.
const LONGEST: usize = 2_000;
/// How many of one message are shown.
const MOST: usize = 20;
/// What a masked number begins with: an address that has it leads nowhere.
const MASKED: char = '•';

/// An address that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it leads; ASCII, whatever was written.
    pub address: String,
    /// Whose it is, in the form that machines use, so that no letter can pass for another.
    pub host: String,
    /// What comes after the host; empty when nothing does.
    pub rest: String,
}

/// The links of a text in their order, each once.
pub fn found(text: &str) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    let mut done = 0;
    // Of ASCII letters only, so that places stay the same.
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices("http") {
        let begins = ["http://", "https://"].iter().any(|begin| lower[at..].starts_with(begin));
        if at < done || !begins || text[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        let address = &text[at..];
        let address = &address[..address.find(ends).unwrap_or(address.len())];
        done = at + address.len();
        if let Some(link) = link(written(address))
            && links.iter().all(|known| known.address != link.address)
        {
            links.push(link);
        }
        if links.len() == MOST {
            break;
        }
    }
    links
}

/// What no address has in it.
fn ends(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`' | '{' | '}' | '|' | '\\' | '^')
}

/// An address without the marks of the sentence that it stands in: a full stop, a bracket that was opened before it.
fn written(mut address: &str) -> &str {
    while let Some(last) = address.chars().last() {
        let belongs = match last {
            ')' => address.matches('(').count() >= address.matches(')').count(),
            ']' => address.matches('[').count() >= address.matches(']').count(),
            _ => !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '…' | '’' | '”' | '»'),
        };
        if belongs {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address
}

fn link(written: &str) -> Option<Link> {
    if written.len() > LONGEST || written.contains(MASKED) {
        return None;
    }
    let mut url = Url::parse(written).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    // `https://bank.example@evil.example` leads to the second; nobody shall take it for the first.
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let mut host = url.host_str()?.to_owned();
    if let Some(port) = url.port() {
        host.push_str(&format!(":{port}"));
    }
    let mut rest = if url.path() == "/" { String::new() } else { url.path().to_owned() };
    rest.extend(url.query().map(|query| format!("?{query}")));
    rest.extend(url.fragment().map(|fragment| format!("#{fragment}")));
    Some(Link { address: url.into(), host, rest })
}

#[cfg(test)]
mod tests {
    use super::found;

    fn addresses(text: &str) -> Vec<String> {
        found(text).into_iter().map(|link| link.address).collect()
    }

    #[test]
    fn links_are_found_in_sentences() {
        for (text, expected) in [
            ("lihat https://toko.test/paket.", &["https://toko.test/paket"][..]),
            ("(https://toko.test/a_(b))", &["https://toko.test/a_(b)"]),
            ("HTTPS://Toko.TEST/Paket?x=1&y=2#atas, ya", &["https://toko.test/Paket?x=1&y=2#atas"]),
            ("http://a.test dan https://b.test/x\nhttp://a.test/", &["http://a.test/", "https://b.test/x"]),
            ("*https://tebal.test*", &["https://tebal.test/"]),
            ("é https://a.test/é", &["https://a.test/%C3%A9"]),
            ("https://a.test:8443/x", &["https://a.test:8443/x"]),
        ] {
            assert_eq!(addresses(text), expected, "{text}");
        }
        let link = found("https://toko.test:8443/paket/?x=1").remove(0);
        assert_eq!((link.host.as_str(), link.rest.as_str()), ("toko.test:8443", "/paket/?x=1"));
        assert_eq!(found("https://toko.test/").remove(0).rest, "");
    }

    #[test]
    fn what_is_no_web_address_is_no_link() {
        for text in [
            "",
            "javascript:alert(1)",
            "javascript:alert('https:')",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x file:///etc/passwd ftp://a.test mailto:a@b.test",
            "xhttps://a.test",
            "https://",
            "http:// a.test",
            "https:///",
            "https:\\\\a.test",
            "https://[::1",
            "https://a.test:99999",
        ] {
            assert_eq!(addresses(text), [""; 0], "{text}");
        }
        // What stands around one stays text.
        assert_eq!(addresses("javascript:https://a.test/';alert(1)"), ["https://a.test/';alert(1)"]);
        assert_eq!(addresses("https://a.test/\"><script>alert(1)</script>"), ["https://a.test/"]);
        assert_eq!(addresses(&format!("https://a.test/{}", "x".repeat(3_000))), [""; 0]);
        assert_eq!(addresses(&"https://a.test/ ".repeat(100)).len(), 1);
        assert_eq!(found(&(0..100).map(|n| format!("https://a.test/{n} ")).collect::<String>()).len(), 20);
    }

    #[test]
    fn a_link_says_where_it_leads() {
        let link = found("https://bank.example@evil.test/masuk").remove(0);
        assert_eq!((link.host.as_str(), link.address.as_str()), ("evil.test", "https://evil.test/masuk"));
        let link = found("https://аррӏе.test/").remove(0);
        assert!(link.host.starts_with("xn--") && link.address.is_ascii(), "{link:?}");
        assert!(found("https://a.test/\u{202e}gpj.exe").remove(0).address.is_ascii());
    }

    #[test]
    fn an_address_with_a_hole_is_none() {
        assert_eq!(addresses("wa di https://wa.me/•••• 890"), [""; 0]);
    }
}
