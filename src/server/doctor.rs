//! `my21staff doctor`: walks the owner's pre-deployment and troubleshooting lists and says what to mend.

use super::{
    clock::Clock,
    config::{Config, MailRoute, Problem},
    health, run, state,
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
        Some(_) => Finding::fine("KAPSO_WEBHOOK_SECRET is set"),
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

/// Whether Clerk's keys can be fetched, and what became of its webhooks lately.
async fn clerk(app: &state::App) -> Vec<Finding> {
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
    findings.extend(clerk(&app).await);
    findings
}
