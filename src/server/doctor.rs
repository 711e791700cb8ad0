//! `my21staff doctor`: walks the owner's pre-deployment and troubleshooting lists and says what to mend.

use super::{
    clock::Clock,
    config::{Config, MailRoute, Problem},
    crypto::Place,
    health, limits, run,
    state::App,
};

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub ok: bool,
    pub what: String,
    pub fix: Option<String>,
}

impl Finding {
    fn fine(what: impl Into<String>) -> Self {
        Self { ok: true, what: what.into(), fix: None }
    }
    fn wrong(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { ok: false, what: what.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything that can be looked at.
pub async fn examine(config: Result<Config, Vec<Problem>>) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(problems) => return problems.into_iter().map(|problem| Finding::wrong(problem.variable.clone(), problem.what)).collect(),
    };
    let mut findings = vec![Finding::fine("configuration is complete")];
    findings.push(match config.demo {
        true => Finding::fine("demo mode is on (this machine only); set DEV_MODE=false in production"),
        false => Finding::fine("demo mode is off"),
    });
    if !config.demo {
        findings.push(match config.public_url.starts_with("https://") {
            true => Finding::fine("PUBLIC_URL is https"),
            false => Finding::wrong("PUBLIC_URL is not https", "give the address that customers and Kapso use; TLS ends at your proxy"),
        });
    }
    findings.push(match &config.clerk {
        Some(clerk) => Finding::fine(format!("people sign in through Clerk ({})", clerk.issuer)),
        None => Finding::fine("people have local accounts (Clerk is not configured)"),
    });
    let kapso = &config.kapso;
    findings.push(match &kapso.webhook_secret {
        Some(secret) => webhook_secret(secret.expose(), kapso.api_key.as_ref().map(|key| key.expose())),
        None => Finding::wrong(
            "KAPSO_WEBHOOK_SECRET is missing: every webhook is refused",
            "copy the signing secret from Kapso's webhook settings",
        ),
    });
    findings.push(match &kapso.webhook_verify_token {
        Some(_) => Finding::fine("KAPSO_WEBHOOK_VERIFY_TOKEN is set"),
        None if config.demo => Finding::fine("KAPSO_WEBHOOK_VERIFY_TOKEN is not set (only Meta's direct webhooks need it)"),
        None => Finding::wrong(
            "KAPSO_WEBHOOK_VERIFY_TOKEN is missing: GET verification answers 403",
            "choose a long random text and enter it at the provider too",
        ),
    });
    findings.push(match &kapso.api_key {
        Some(_) => Finding::fine("KAPSO_API_KEY is set"),
        None => Finding::wrong(
            "KAPSO_API_KEY is missing: replies cannot be sent for numbers without a key of their own",
            "copy it from Kapso's project settings",
        ),
    });
    let models = &config.models;
    findings.push(if models.grok_api_key.is_some() || models.sealion_api_key.is_some() || models.ollama_base_url.is_some() {
        Finding::fine("ARI has a model")
    } else {
        Finding::wrong("ARI has no model: it apologises and hands over", "set GROK_API_KEY, SEALION_API_KEY or OLLAMA_BASE_URL")
    });
    findings.push(match config.mail.route {
        MailRoute::Nowhere => {
            Finding::wrong("mails have no way out: invitations and password resets fail", "set RESEND_API_KEY or SMTP_URL, and MAIL_FROM")
        }
        MailRoute::Folder(_) => Finding::fine("mails go into the demo's folder (/sandbox/mail)"),
        MailRoute::Resend { .. } => Finding::fine("mails go through Resend"),
        MailRoute::Smtp(_) => Finding::fine("mails go through a mail server"),
    });
    findings.extend(database(config).await);
    findings
}

/// A secret that was copied badly refuses every delivery with 401, "Invalid signature".
fn webhook_secret(secret: &str, api_key: Option<&str>) -> Finding {
    let fix = "copy the signing secret from Kapso's webhook settings again: alone, without quotation marks, spaces or a name before it";
    if secret.contains(['"', '\'', ' ', '\t']) || secret.starts_with("KAPSO_WEBHOOK_SECRET") {
        Finding::wrong("KAPSO_WEBHOOK_SECRET was copied with something around it: deliveries will be refused as \"Invalid signature\"", fix)
    } else if api_key == Some(secret) {
        Finding::wrong("KAPSO_WEBHOOK_SECRET is the API key: deliveries will be refused as \"Invalid signature\"", fix)
    } else {
        Finding::fine("KAPSO_WEBHOOK_SECRET is set")
    }
}

/// Clerk's production keys work on the domain they were made for only ("Production Keys are only allowed for domain …"). `frontend_host` is what
/// the publishable key says: `clerk.` and the domain.
pub fn clerk_domain(frontend_host: &str, public_url: &str) -> Finding {
    let domain = frontend_host.strip_prefix("clerk.").unwrap_or(frontend_host).to_ascii_lowercase();
    let host = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    if host == domain || host.ends_with(&format!(".{domain}")) || domain.ends_with(".accounts.dev") {
        Finding::fine("Clerk's keys are for this domain")
    } else {
        Finding::wrong(
            format!("Clerk's keys are for {domain}, and PUBLIC_URL is on {host}: \"Production Keys are only allowed for domain\""),
            "give PUBLIC_URL the domain of Clerk's production instance, or copy the keys of the instance for this domain",
        )
    }
}

/// What stands in the database and tells of mistakes elsewhere.
async fn signs(app: &App) -> sqlx::Result<Vec<Finding>> {
    let now = app.clock.now();
    let mut findings = Vec::new();
    let refused = limits::counted(app, &limits::REFUSED_SIGNATURES, "all").await?;
    if refused > 0 {
        findings.push(Finding::wrong(
            format!("{refused} signed deliveries were refused within a day: \"Invalid signature\""),
            "KAPSO_WEBHOOK_SECRET is not the one in Kapso's dashboard: copy it again and restart; Kapso delivers again, and reconciliation fetches what it gave up",
        ));
    }
    let last = sqlx::query_scalar!("select max(received_at) from delivery").fetch_one(&app.db.system).await?;
    findings.push(match last {
        Some(at) => Finding::fine(format!("the last delivery arrived {} minutes ago", (now - at).num_minutes().max(0))),
        None if app.config.demo => Finding::fine("no delivery has arrived yet"),
        None => Finding::wrong(
            "no delivery has ever arrived: messages do not appear",
            format!("enter {}/api/webhook/kapso as the webhook's address in Kapso's dashboard, with the events of docs/DEPLOY.md, and send a message", app.config.public_url),
        ),
    });
    let dead = sqlx::query!(r#"select kind, count(*) as "count!" from job where state = 'dead' group by kind order by kind"#)
        .fetch_all(&app.db.system)
        .await?;
    for row in dead {
        findings.push(Finding::wrong(
            format!("{} jobs of the kind {} were given up", row.count, row.kind),
            "their reasons are in the table job, column last_error; most often a key is wrong or the provider refuses",
        ));
    }
    let late = sqlx::query_scalar!(
        r#"select count(*) as "count!" from job where state = 'waiting' and run_at < $1::timestamptz - interval '5 minutes'"#,
        now
    )
    .fetch_one(&app.db.system)
    .await?;
    if late > 0 {
        findings.push(Finding::wrong(
            format!("{late} jobs have been due for five minutes: replies and files wait"),
            "start my21staff serve; if it runs, look at /readyz",
        ));
    }
    let sealed =
        sqlx::query!(r#"select workspace_id, id, api_key_sealed as "sealed!" from whatsapp_number where api_key_sealed is not null"#)
            .fetch_all(&app.db.system)
            .await?;
    let closed = sealed
        .iter()
        .filter(|row| {
            let place = Place { table: "whatsapp_number", column: "api_key_sealed", workspace: row.workspace_id, row: row.id };
            app.sealer.open(place, &row.sealed).is_none()
        })
        .count();
    if closed > 0 {
        findings.push(Finding::wrong(
            format!("the keys of {closed} WhatsApp number(s) cannot be opened: ENCRYPTION_KEY is not the one they were sealed with"),
            "restore the former ENCRYPTION_KEY, or enter those keys again",
        ));
    }
    Ok(findings)
}

/// Whether Clerk's keys can be fetched, and what became of its webhooks lately.
async fn clerk(app: &App) -> Vec<Finding> {
    let Some(clerk) = &app.clerk else { return Vec::new() };
    let mut findings = vec![match clerk.keys_can_be_fetched().await {
        true => Finding::fine("Clerk's keys can be fetched"),
        false => Finding::wrong(
            "Clerk's keys cannot be fetched: nobody can sign in",
            format!("check CLERK_JWT_ISSUER_DOMAIN, and that this machine reaches {}", clerk.config.issuer),
        ),
    }];
    let wrong = sqlx::query!(
        r#"select status, sum(attempts) as "count!" from clerk_delivery
           where status in ('failed', 'signature_failed') and last_at > $1::timestamptz - interval '1 day' group by status order by status"#,
        app.clock.now()
    )
    .fetch_all(&app.db.system)
    .await
    .unwrap_or_default();
    for row in wrong {
        findings.push(match row.status.as_str() {
            "signature_failed" => Finding::wrong(
                format!("{} webhooks of Clerk's were refused today: no valid signature", row.count),
                "copy CLERK_WEBHOOK_SECRET again from the endpoint in Clerk's webhook settings, and check this machine's clock",
            ),
            _ => Finding::wrong(
                format!("{} webhooks of Clerk's failed today", row.count),
                "their errors are in the table clerk_delivery; Svix sends them again, or replay them in Clerk's dashboard",
            ),
        });
    }
    findings
}

async fn database(config: Config) -> Vec<Finding> {
    let app = match run::build(config, Clock::System) {
        Ok(app) => app,
        Err(error) => return vec![Finding::wrong(error.to_string(), "see docs/DEPLOY.md")],
    };
    let state = health::check(&app).await;
    let mut findings = Vec::new();
    if state.database != "ok" {
        findings.push(Finding::wrong(
            format!("the database does not answer: {}", state.database),
            "check DATABASE_URL, and that Postgres 15 or newer runs there",
        ));
        return findings;
    }
    findings.push(Finding::fine("the database answers"));
    findings.push(match state.migrations.as_str() {
        "ok" => Finding::fine("the schema is up to date"),
        behind => Finding::wrong(format!("the schema is behind: {behind}"), "run: my21staff migrate"),
    });
    let numbers = sqlx::query_scalar!(r#"select count(*) as "count!" from number_route"#).fetch_one(&app.db.system).await;
    findings.push(match numbers {
        Ok(0) => Finding::wrong(
            "no workspace has a WhatsApp number",
            "incoming messages are kept as \"No workspace for phone_number_id\" until one has",
        ),
        Ok(count) => Finding::fine(format!("{count} WhatsApp number(s) have a workspace")),
        Err(error) => Finding::wrong(super::error::kind(&error), "run: my21staff migrate"),
    });
    let lost = sqlx::query!(
        r#"select outcome, count(*) as "count!" from delivery where outcome in ('quarantined', 'unknown_number') group by outcome order by outcome"#
    )
    .fetch_all(&app.db.system)
    .await
    .unwrap_or_default();
    for row in lost {
        findings.push(match row.outcome.as_str() {
            "unknown_number" => Finding::wrong(
                format!("{} deliveries have no workspace for their phone_number_id", row.count),
                "connect that number to a workspace; the deliveries are applied within a minute",
            ),
            _ => Finding::wrong(
                format!("{} deliveries are quarantined", row.count),
                "their reasons are in the table delivery; they are tried again by themselves",
            ),
        });
    }
    match signs(&app).await {
        Ok(more) => findings.extend(more),
        Err(error) => findings.push(Finding::wrong(super::error::kind(&error), "run: my21staff migrate")),
    }
    findings.extend(clerk(&app).await);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clerks_production_keys_belong_to_one_domain() {
        for fine in ["https://my21staff.com", "https://app.my21staff.com/", "https://MY21staff.com"] {
            assert!(clerk_domain("clerk.my21staff.com", fine).ok, "{fine}");
        }
        assert!(clerk_domain("happy-cat-1.clerk.accounts.dev", "http://127.0.0.1:3000").ok, "test keys work anywhere");
        for wrong in ["https://my21staff.id", "https://evilmy21staff.com", "https://my21staff.com.evil.test"] {
            let finding = clerk_domain("clerk.my21staff.com", wrong);
            assert!(
                !finding.ok && finding.what.contains("Production Keys are only allowed for domain") && finding.fix.is_some(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_badly_copied_secret_is_noticed() {
        for wrong in ["\"abc\"", "'abc'", "KAPSO_WEBHOOK_SECRET=abc", "abc def"] {
            assert!(!webhook_secret(wrong, None).ok, "{wrong}");
        }
        assert!(!webhook_secret("key", Some("key")).ok);
        assert!(webhook_secret("abc", Some("key")).ok);
    }
}
