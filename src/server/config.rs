//! The environment, read once. All problems are reported together, each with its fix.

use super::limits::Network;
use crate::{auth::server::clerk::keys::frontend_host, server::webhooks::svix::SigningKey};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{collections::HashMap, net::SocketAddr, path::PathBuf};

/// Everything the process was told. Secrets are [`Secret`]s, so that no debug print can show them.
#[derive(Clone, Debug)]
pub struct Config {
    /// Demo mode: sandbox, demo sign-in, seeded workspaces. Loopback only.
    pub demo: bool,
    pub site_addr: SocketAddr,
    /// What browsers and providers call us, without a slash at the end.
    pub public_url: String,
    pub database_url: Secret,
    /// Connections per pool.
    pub pool_size: u32,
    pub data_dir: PathBuf,
    pub media_url: Option<String>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// 32 bytes for AES-256-GCM.
    pub encryption_key: Secret,
    /// The key before, while secrets that it sealed are sealed again.
    pub encryption_key_previous: Option<Secret>,
    pub kapso: KapsoConfig,
    /// None: people have local accounts.
    pub clerk: Option<ClerkConfig>,
    pub models: ModelsConfig,
    pub mail: MailConfig,
}

/// The WhatsApp gateway.
#[derive(Clone, Debug)]
pub struct KapsoConfig {
    pub api_key: Option<Secret>,
    pub api_base_url: String,
    /// None: the webhook refuses everything (503).
    pub webhook_secret: Option<Secret>,
    pub webhook_verify_token: Option<Secret>,
    /// Meta's app secret, for `X-Hub-Signature-256`.
    pub meta_app_secret: Option<Secret>,
}

/// Clerk, the identity provider. All of it or nothing.
#[derive(Clone, Debug)]
pub struct ClerkConfig {
    pub publishable_key: String,
    /// For Clerk's backend API.
    pub secret_key: Secret,
    /// `whsec_…`
    pub webhook_secret: Secret,
    /// `https://` and the host of the frontend API, which the publishable key names too; tokens carry it as `iss`.
    pub issuer: String,
    /// Origins that tokens may have been made for (`azp`).
    pub authorized_parties: Vec<String>,
    pub api_url: String,
}

/// ARI's models in the order they are asked.
#[derive(Clone, Debug)]
pub struct ModelsConfig {
    pub grok_api_key: Option<Secret>,
    pub grok_base_url: String,
    pub grok_model: String,
    pub sealion_api_key: Option<Secret>,
    pub sealion_base_url: String,
    pub sealion_model: String,
    pub ollama_base_url: Option<String>,
    pub ollama_model: String,
}

/// How mails leave.
#[derive(Clone, Debug)]
pub struct MailConfig {
    /// The sender, with or without a name: `my21staff <halo@my21staff.example>`.
    pub from: String,
    pub route: MailRoute,
}

/// The one way that mails take.
#[derive(Clone, Debug)]
pub enum MailRoute {
    Resend {
        api_key: Secret,
        base_url: String,
    },
    /// `smtps://user:password@host`, or `smtp://…?tls=required`.
    Smtp(Secret),
    /// Files in this folder: the demo.
    Folder(PathBuf),
    /// Every mail fails visibly.
    Nowhere,
}

/// A value that never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// One thing wrong with the environment, and its fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub variable: String,
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.variable, self.what)
    }
}

impl Config {
    /// Whether browsers reach us by https: then cookies are for https only, and answers say so.
    pub fn https(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Reads the process's environment. In demo mode missing secrets are generated into `DATA_DIR` and kept there.
    pub fn from_env() -> Result<Self, Vec<Problem>> {
        Self::read(&std::env::vars().collect())
    }

    /// As [`Config::from_env`], from a map.
    pub fn read(env: &HashMap<String, String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { env, problems: Vec::new() };
        let demo = match reader.get("DEV_MODE").as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                reader.problem("DEV_MODE", "is neither true nor false; leave it out in production");
                false
            }
        };
        let site_addr = reader.parsed("LEPTOS_SITE_ADDR", "127.0.0.1:3000", "an address and port such as 127.0.0.1:3000");
        let site_addr: SocketAddr = site_addr.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
        let own_url = format!("http://{site_addr}");
        let public_url = reader.get("PUBLIC_URL").unwrap_or_else(|| own_url.clone()).trim_end_matches('/').to_owned();
        if !(public_url.starts_with("https://") || public_url.starts_with("http://")) {
            reader.problem("PUBLIC_URL", "must start with https:// (what customers' browsers and Kapso call)");
        } else if !demo && !public_url.starts_with("https://") && !site_addr.ip().is_loopback() {
            reader.problem("PUBLIC_URL", "must be https:// in production; TLS ends at your proxy, so give the public address");
        }
        // A proxy on the same machine is the usual case; on a public port nobody but this machine itself connects from loopback.
        let proxies = reader.get("TRUSTED_PROXIES").unwrap_or_else(|| "127.0.0.0/8,::1".into());
        let (trusted_proxies, strange): (Vec<_>, Vec<_>) = proxies
            .split([',', ' '])
            .filter(|text| !text.is_empty())
            .map(|text| text.parse::<Network>().map_err(|()| text))
            .partition(Result::is_ok);
        if let Some(Err(text)) = strange.first() {
            reader.problem(
                "TRUSTED_PROXIES",
                &format!("{text:?} is no address or range; write addresses and ranges with commas between them: 10.0.0.0/8, ::1"),
            );
        }
        let data_dir = PathBuf::from(reader.get("DATA_DIR").unwrap_or_else(|| "data".into()));
        let database_url = reader.required("DATABASE_URL", "set it to postgres://user:password@host/database");
        let pool_size = reader.parsed("DATABASE_POOL_SIZE", "16", "a number of connections per pool").unwrap_or(16);

        let encryption_key = reader.secret_or_demo("ENCRYPTION_KEY", demo, &data_dir, "generate one with: openssl rand -base64 32");
        if let Some(key) = &encryption_key
            && STANDARD.decode(key.expose()).map(|bytes| bytes.len()) != Ok(32)
        {
            reader.problem("ENCRYPTION_KEY", "is not 32 bytes in base64; generate one with: openssl rand -base64 32");
        }
        let encryption_key_previous = reader.get("ENCRYPTION_KEY_PREVIOUS").map(Secret);
        if let Some(key) = &encryption_key_previous
            && STANDARD.decode(key.expose()).map(|bytes| bytes.len()) != Ok(32)
        {
            reader.problem("ENCRYPTION_KEY_PREVIOUS", "is not 32 bytes in base64; give the former ENCRYPTION_KEY, or leave it out");
        }
        let webhook_secret = match reader.get("KAPSO_WEBHOOK_SECRET") {
            Some(secret) => Some(Secret(secret)),
            None if demo => reader.secret_or_demo("KAPSO_WEBHOOK_SECRET", demo, &data_dir, ""),
            None => None,
        };
        let api_key = reader.get("KAPSO_API_KEY").map(Secret);
        let api_base_url =
            reader.url("KAPSO_API_BASE_URL", if demo { format!("{own_url}/sandbox/kapso") } else { "https://api.kapso.ai".into() });
        let grok_api_key = reader.get("GROK_API_KEY").map(Secret);
        let grok_base_url =
            reader.url("GROK_BASE_URL", if demo { format!("{own_url}/sandbox/model/v1") } else { "https://api.x.ai/v1".into() });

        let clerk = reader.clerk(&public_url);
        let mail = reader.mail(demo, &data_dir);

        if demo {
            if !site_addr.ip().is_loopback() {
                reader.problem(
                    "LEPTOS_SITE_ADDR",
                    "demo mode (DEV_MODE=true) serves this machine only: use a loopback address, or DEV_MODE=false",
                );
            }
            let live =
                |secret: &Option<Secret>, marks: &[&str]| secret.as_ref().is_some_and(|s| marks.iter().any(|m| s.expose().starts_with(m)));
            if live(&grok_api_key, &["xai-"])
                || live(&reader.get("CLERK_SECRET_KEY").map(Secret), &["sk_live_"])
                || live(&reader.get("RESEND_API_KEY").map(Secret), &["re_"])
            {
                reader.problem(
                    "DEV_MODE",
                    "is true beside a live key (GROK_API_KEY, CLERK_SECRET_KEY or RESEND_API_KEY): remove the key or set DEV_MODE=false",
                );
            }
            if api_key.is_some() && api_base_url.contains("kapso.ai") {
                reader.problem("DEV_MODE", "is true beside a live KAPSO_API_KEY: remove the key or set DEV_MODE=false");
            }
        }

        let config = Self {
            demo,
            site_addr,
            public_url,
            pool_size,
            media_url: reader.get("MEDIA_URL"),
            trusted_proxies: trusted_proxies.into_iter().flatten().collect(),
            kapso: KapsoConfig {
                api_key: api_key.or_else(|| demo.then(|| Secret("sandbox".into()))),
                api_base_url,
                webhook_secret,
                webhook_verify_token: reader.get("KAPSO_WEBHOOK_VERIFY_TOKEN").map(Secret),
                meta_app_secret: reader.get("META_APP_SECRET").map(Secret),
            },
            models: ModelsConfig {
                grok_api_key: grok_api_key.or_else(|| demo.then(|| Secret("sandbox".into()))),
                grok_base_url,
                grok_model: reader.get("GROK_MODEL").unwrap_or_else(|| "grok-3".into()),
                sealion_api_key: reader.get("SEALION_API_KEY").map(Secret),
                sealion_base_url: reader.url("SEALION_BASE_URL", "https://api.sea-lion.ai/v1".into()),
                sealion_model: reader.get("SEALION_MODEL").unwrap_or_else(|| "aisingapore/Gemma-SEA-LION-v4-27B-IT".into()),
                ollama_base_url: reader.get("OLLAMA_BASE_URL").map(|url| url.trim_end_matches('/').to_owned()),
                ollama_model: reader.get("OLLAMA_MODEL").unwrap_or_else(|| "sea-lion".into()),
            },
            clerk,
            mail,
            data_dir,
            database_url: Secret(database_url.unwrap_or_default()),
            encryption_key_previous,
            encryption_key: encryption_key.unwrap_or_else(|| Secret(String::new())),
        };
        if reader.problems.is_empty() { Ok(config) } else { Err(reader.problems) }
    }
}

struct Reader<'a> {
    env: &'a HashMap<String, String>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    /// Empty counts as not set: that is how compose files leave things out.
    fn get(&self, variable: &str) -> Option<String> {
        self.env.get(variable).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn problem(&mut self, variable: &str, what: &str) {
        self.problems.push(Problem { variable: variable.into(), what: what.into() });
    }

    fn required(&mut self, variable: &str, fix: &str) -> Option<String> {
        let value = self.get(variable);
        if value.is_none() {
            self.problem(variable, &format!("is missing; {fix}"));
        }
        value
    }

    fn parsed<T: std::str::FromStr>(&mut self, variable: &str, default: &str, form: &str) -> Option<T> {
        let value = self.get(variable).unwrap_or_else(|| default.into());
        let parsed = value.parse().ok();
        if parsed.is_none() {
            self.problem(variable, &format!("must be {form}"));
        }
        parsed
    }

    fn url(&mut self, variable: &str, default: String) -> String {
        let url = self.get(variable).unwrap_or(default);
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            self.problem(variable, "must be an http(s) address");
        }
        url.trim_end_matches('/').to_owned()
    }

    /// Clerk's variables: all four, fitting each other, or none.
    fn clerk(&mut self, public_url: &str) -> Option<ClerkConfig> {
        const NEEDED: [(&str, &str); 4] = [
            ("CLERK_PUBLISHABLE_KEY", "copy pk_test_… or pk_live_… from Clerk's API keys"),
            ("CLERK_SECRET_KEY", "copy sk_test_… or sk_live_… from Clerk's API keys"),
            (
                "CLERK_WEBHOOK_SECRET",
                "copy whsec_… from the endpoint in Clerk's webhook settings; its address is PUBLIC_URL/api/webhook/clerk",
            ),
            ("CLERK_JWT_ISSUER_DOMAIN", "copy the frontend API URL, https://…, from Clerk's API keys"),
        ];
        let given = NEEDED.map(|(variable, _)| self.get(variable));
        if given.iter().all(Option::is_none) {
            return None;
        }
        for ((variable, fix), value) in NEEDED.iter().zip(&given) {
            if value.is_none() {
                self.problem(variable, &format!("is missing beside Clerk's other variables; {fix}, or remove them all for local accounts"));
            }
        }
        let [Some(publishable_key), Some(secret_key), Some(webhook_secret), Some(issuer)] = given else { return None };
        let before = self.problems.len();
        let host = frontend_host(&publishable_key);
        if host.is_none() {
            self.problem(
                "CLERK_PUBLISHABLE_KEY",
                "is no publishable key; it starts with pk_test_ or pk_live_ and is copied whole from Clerk's API keys",
            );
        }
        let kind = |key: &str| key.split('_').nth(1).map(str::to_owned);
        if !(secret_key.starts_with("sk_test_") || secret_key.starts_with("sk_live_")) {
            self.problem("CLERK_SECRET_KEY", "is no secret key; it starts with sk_test_ or sk_live_");
        } else if host.is_some() && kind(&secret_key) != kind(&publishable_key) {
            self.problem(
                "CLERK_SECRET_KEY",
                "is of another kind than CLERK_PUBLISHABLE_KEY: take both from the same instance, test or live",
            );
        }
        if SigningKey::parse(&webhook_secret).is_none() {
            self.problem("CLERK_WEBHOOK_SECRET", "is no signing secret; it starts with whsec_ and is copied whole");
        }
        let issuer = issuer.trim_end_matches('/').to_ascii_lowercase();
        let issuer = if issuer.contains("://") { issuer } else { format!("https://{issuer}") };
        let (scheme, named) = issuer.split_once("://").unwrap_or_default();
        let own_machine = ["127.0.0.1", "localhost"].iter().any(|own| named == *own || named.starts_with(&format!("{own}:")));
        if scheme != "https" && !(scheme == "http" && own_machine) {
            self.problem("CLERK_JWT_ISSUER_DOMAIN", "must start with https://");
        } else if let Some(host) = &host
            && host != named
        {
            self.problem(
                "CLERK_JWT_ISSUER_DOMAIN",
                &format!("is not the instance of CLERK_PUBLISHABLE_KEY, which belongs to https://{host}: take both from the same instance"),
            );
        }
        let own = origin(public_url).unwrap_or_default();
        let parties = self.get("CLERK_AUTHORIZED_PARTIES").unwrap_or(own);
        let authorized_parties: Vec<String> =
            parties.split(',').map(|party| party.trim().to_owned()).filter(|party| !party.is_empty()).collect();
        if authorized_parties.iter().any(|party| origin(party).as_ref() != Some(party)) {
            self.problem(
                "CLERK_AUTHORIZED_PARTIES",
                "must be origins such as https://my21staff.example, separated by commas and without a slash at the end",
            );
        }
        let api_url = self.url("CLERK_API_URL", "https://api.clerk.com".into());
        (self.problems.len() == before).then_some(ClerkConfig {
            publishable_key,
            secret_key: Secret(secret_key),
            webhook_secret: Secret(webhook_secret),
            issuer,
            authorized_parties,
            api_url,
        })
    }

    fn mail(&mut self, demo: bool, data_dir: &std::path::Path) -> MailConfig {
        let base_url = self.url("RESEND_BASE_URL", "https://api.resend.com".into());
        let route = match (self.get("RESEND_API_KEY"), self.get("SMTP_URL")) {
            (Some(_), Some(_)) => {
                self.problem("SMTP_URL", "is set beside RESEND_API_KEY; keep the one that mails shall take");
                MailRoute::Nowhere
            }
            (Some(key), None) => MailRoute::Resend { api_key: Secret(key), base_url },
            (None, Some(url)) => {
                if !(url.starts_with("smtp://") || url.starts_with("smtps://")) {
                    self.problem("SMTP_URL", "must look like smtps://user:password@host or smtp://host:587?tls=required");
                }
                MailRoute::Smtp(Secret(url))
            }
            (None, None) if demo => MailRoute::Folder(data_dir.join("mail")),
            (None, None) => MailRoute::Nowhere,
        };
        let from = match self.get("MAIL_FROM") {
            Some(from) => from,
            None => {
                if !demo && !matches!(route, MailRoute::Nowhere) {
                    self.problem("MAIL_FROM", "is missing; give the sender of mails, such as my21staff <halo@your-domain.example>");
                }
                "my21staff <halo@my21staff.test>".into()
            }
        };
        if from.parse::<lettre::message::Mailbox>().is_err() {
            self.problem("MAIL_FROM", "is not an address; write it as my21staff <halo@your-domain.example>");
        }
        MailConfig { from, route }
    }

    fn secret_or_demo(&mut self, variable: &str, demo: bool, data_dir: &std::path::Path, fix: &str) -> Option<Secret> {
        if let Some(value) = self.get(variable) {
            return Some(Secret(value));
        }
        if !demo {
            self.problem(variable, &format!("is missing; {fix}"));
            return None;
        }
        match kept_secret(data_dir, &variable.to_lowercase()) {
            Ok(secret) => Some(secret),
            Err(error) => {
                self.problem("DATA_DIR", &format!("cannot keep the generated {variable} ({}); give a writable folder", error.kind()));
                None
            }
        }
    }
}

/// The origin of an address: scheme, host and port, without what follows.
fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    matches!(scheme, "http" | "https").then(|| format!("{scheme}://{host}"))
}

/// Reads the secret from its file, or makes one (32 random bytes, base64) that only its owner can read.
fn kept_secret(data_dir: &std::path::Path, name: &str) -> std::io::Result<Secret> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let path = data_dir.join(name);
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Ok(Secret(text.trim().to_owned()));
    }
    std::fs::create_dir_all(data_dir)?;
    let secret = STANDARD.encode(super::crypto::random_bytes::<32>());
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(secret.as_bytes())?;
    Ok(Secret(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> HashMap<String, String> {
        pairs.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect()
    }

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn every_problem_is_reported_at_once_with_its_fix() {
        let problems =
            Config::read(&env(&[("DEV_MODE", "yes"), ("ENCRYPTION_KEY", "short"), ("KAPSO_API_BASE_URL", "ftp://x")])).unwrap_err();
        let variables: Vec<_> = problems.iter().map(|problem| problem.variable.as_str()).collect();
        assert_eq!(variables, ["DEV_MODE", "DATABASE_URL", "ENCRYPTION_KEY", "KAPSO_API_BASE_URL"]);
        assert!(problems[2].what.contains("openssl rand -base64 32"));
    }

    #[test]
    fn a_missing_encryption_key_refuses_to_start() {
        let problems = Config::read(&env(&[("DATABASE_URL", "postgres://x")])).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].variable, "ENCRYPTION_KEY");
    }

    #[test]
    fn demo_mode_refuses_the_outside_world() {
        let base = [("DEV_MODE", "true"), ("DATABASE_URL", "postgres://x"), ("ENCRYPTION_KEY", KEY), ("KAPSO_WEBHOOK_SECRET", "s")];
        assert!(Config::read(&env(&base)).is_ok());
        for (variable, value) in [("LEPTOS_SITE_ADDR", "0.0.0.0:3000"), ("GROK_API_KEY", "xai-live"), ("RESEND_API_KEY", "re_x")] {
            let mut pairs = base.to_vec();
            pairs.push((variable, value));
            assert_eq!(Config::read(&env(&pairs)).unwrap_err().len(), 1, "{variable}");
        }
        let mut pairs = base.to_vec();
        pairs.extend([("KAPSO_API_KEY", "k"), ("KAPSO_API_BASE_URL", "https://api.kapso.ai")]);
        assert_eq!(Config::read(&env(&pairs)).unwrap_err().len(), 1);
    }

    const CLERK: [(&str, &str); 6] = [
        ("DATABASE_URL", "postgres://x"),
        ("ENCRYPTION_KEY", KEY),
        ("CLERK_PUBLISHABLE_KEY", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k"),
        ("CLERK_SECRET_KEY", "sk_live_x"),
        ("CLERK_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("CLERK_JWT_ISSUER_DOMAIN", "https://clerk.example.com"),
    ];

    #[test]
    fn clerk_is_configured_wholly_or_not_at_all() {
        let config = Config::read(&env(&[&CLERK[..], &[("PUBLIC_URL", "https://app.example.com/")]].concat())).unwrap().clerk.unwrap();
        assert_eq!(
            (config.issuer.as_str(), config.authorized_parties.as_slice()),
            ("https://clerk.example.com", &["https://app.example.com".to_owned()][..])
        );
        for left_out in 2..6 {
            let mut pairs = CLERK.to_vec();
            let (variable, _) = pairs.remove(left_out);
            let problems = Config::read(&env(&pairs)).unwrap_err();
            assert_eq!(problems.len(), 1, "{variable}");
            assert_eq!(problems[0].variable, variable);
        }
        assert!(Config::read(&env(&CLERK[..2])).unwrap().clerk.is_none());
        let mut demo = CLERK.to_vec();
        demo.extend([("DEV_MODE", "true"), ("KAPSO_WEBHOOK_SECRET", "s")]);
        assert_eq!(Config::read(&env(&demo)).unwrap_err()[0].variable, "DEV_MODE", "a live key in demo mode");
    }

    #[test]
    fn clerks_variables_must_belong_together() {
        for (variable, wrong) in [
            ("CLERK_PUBLISHABLE_KEY", "pk_live_x"),
            ("CLERK_SECRET_KEY", "sk_test_x"),
            ("CLERK_SECRET_KEY", "pk_live_x"),
            ("CLERK_WEBHOOK_SECRET", "whsec_"),
            ("CLERK_JWT_ISSUER_DOMAIN", "https://clerk.example.org"),
            ("CLERK_JWT_ISSUER_DOMAIN", "http://clerk.example.com"),
            ("CLERK_AUTHORIZED_PARTIES", "https://app.example.com/"),
            ("CLERK_AUTHORIZED_PARTIES", "*"),
        ] {
            let mut pairs = CLERK.to_vec();
            pairs.push((variable, wrong));
            let problems = Config::read(&env(&pairs)).unwrap_err();
            assert_eq!(problems.len(), 1, "{variable}={wrong}: {problems:?}");
            assert_eq!(problems[0].variable, variable);
        }
        let mut pairs = CLERK.to_vec();
        pairs.extend([
            ("CLERK_JWT_ISSUER_DOMAIN", "clerk.example.com/"),
            ("CLERK_AUTHORIZED_PARTIES", "https://a.test, http://localhost:3000"),
        ]);
        let config = Config::read(&env(&pairs)).unwrap().clerk.unwrap();
        assert_eq!((config.issuer.as_str(), config.authorized_parties.len()), ("https://clerk.example.com", 2));
    }

    #[test]
    fn without_a_webhook_secret_there_is_none_to_accept_with() {
        let config = Config::read(&env(&[("DATABASE_URL", "postgres://x"), ("ENCRYPTION_KEY", KEY)])).unwrap();
        assert!(config.kapso.webhook_secret.is_none() && !config.demo);
    }

    #[test]
    fn mails_take_one_way_and_have_a_sender() {
        let read = |pairs: &[(&str, &str)]| {
            let mut all = vec![("DATABASE_URL", "postgres://x"), ("ENCRYPTION_KEY", KEY)];
            all.extend(pairs);
            Config::read(&env(&all))
                .map(|config| config.mail.route)
                .map_err(|problems| problems.into_iter().map(|p| p.variable).collect::<Vec<_>>())
        };
        assert!(matches!(read(&[]), Ok(MailRoute::Nowhere)));
        assert!(matches!(read(&[("RESEND_API_KEY", "re_1"), ("MAIL_FROM", "a@b.test")]), Ok(MailRoute::Resend { .. })));
        assert!(matches!(read(&[("SMTP_URL", "smtps://u:p@h"), ("MAIL_FROM", "A <a@b.test>")]), Ok(MailRoute::Smtp(_))));
        assert_eq!(read(&[("RESEND_API_KEY", "re_1")]).unwrap_err(), ["MAIL_FROM"]);
        assert_eq!(read(&[("RESEND_API_KEY", "re_1"), ("MAIL_FROM", "nobody")]).unwrap_err(), ["MAIL_FROM"]);
        assert_eq!(read(&[("RESEND_API_KEY", "re_1"), ("SMTP_URL", "smtp://h"), ("MAIL_FROM", "a@b.test")]).unwrap_err(), ["SMTP_URL"]);
        assert_eq!(read(&[("SMTP_URL", "mail.test"), ("MAIL_FROM", "a@b.test")]).unwrap_err(), ["SMTP_URL"]);
        let demo = Config::read(&env(&[("DEV_MODE", "1"), ("DATABASE_URL", "x"), ("ENCRYPTION_KEY", KEY), ("KAPSO_WEBHOOK_SECRET", "s")]))
            .unwrap();
        assert!(matches!(demo.mail.route, MailRoute::Folder(_)));
    }

    #[test]
    fn secrets_do_not_print() {
        let config = Config::read(&env(&[("DATABASE_URL", "postgres://u:geheim@x"), ("ENCRYPTION_KEY", KEY)])).unwrap();
        let printed = format!("{config:?}");
        assert!(!printed.contains("geheim") && !printed.contains(KEY));
    }
}
