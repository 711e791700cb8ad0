//! Which way mails leave.

use super::{Carried, Letter, folder::Folder, resend::Resend, smtp::Smtp};
use crate::server::config::{Config, MailRoute};
use anyhow::Context;

/// The configured way.
#[derive(Clone)]
pub enum Carrier {
    Resend(Resend),
    Smtp(Smtp),
    /// The demo's: files that a page shows.
    Folder(Folder),
    /// None is configured: every mail fails visibly.
    Nowhere,
}

impl Carrier {
    /// As configured.
    ///
    /// # Errors
    /// When `SMTP_URL` or `MAIL_FROM` cannot be used.
    pub fn new(config: &Config, http: &reqwest::Client) -> anyhow::Result<Self> {
        let from = config.mail.from.clone();
        Ok(match &config.mail.route {
            MailRoute::Resend { api_key, base_url } => Self::Resend(Resend::new(http.clone(), base_url.clone(), api_key.clone(), from)),
            MailRoute::Smtp(url) => Self::Smtp(Smtp::new(url, &from).context("SMTP_URL or MAIL_FROM cannot be used")?),
            MailRoute::Folder(path) => Self::Folder(Folder::new(path.clone(), from)),
            MailRoute::Nowhere => Self::Nowhere,
        })
    }

    /// Tries once.
    pub async fn carry(&self, letter: &Letter) -> Carried {
        match self {
            Self::Resend(resend) => resend.send(letter).await,
            Self::Smtp(smtp) => smtp.send(letter).await,
            Self::Folder(folder) => folder.keep(letter).await,
            Self::Nowhere => Carried::Refused("no mail server is configured: set RESEND_API_KEY or SMTP_URL".into()),
        }
    }
}
