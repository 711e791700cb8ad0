//! Any mail server by SMTP. TLS as the URL says: `smtps://` from the first byte, `smtp://…?tls=required` after STARTTLS.

use super::{Carried, Letter, resend::without_addresses};
use crate::server::{config::Secret, http::scrub};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, MultiPart},
};
use std::time::Duration;

/// How long the server may take for one step.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server and who we are to it.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// # Errors
    /// When the URL or the sender cannot be read. The error does not repeat them.
    pub fn new(url: &Secret, from: &str) -> anyhow::Result<Self> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|_| anyhow::anyhow!("the URL of the mail server is not one"))?
            .timeout(Some(TIMEOUT))
            .build();
        let from = from.parse().map_err(|_| anyhow::anyhow!("the sender is not an address"))?;
        Ok(Self { transport, from })
    }

    /// One attempt. SMTP knows no idempotency; the `Message-ID` is the same each time, so that a mailbox can tell a copy.
    pub async fn send(&self, letter: &Letter) -> Carried {
        let Some(message) = self.message(letter) else {
            return Carried::Refused("the recipient is not an address that a mail can be sent to".into());
        };
        match self.transport.send(message).await {
            Ok(_) => Carried::Sent(None),
            Err(error) => {
                let said = without_addresses(&scrub(&error.to_string(), None));
                match error.is_permanent() || error.is_client() {
                    true => Carried::Refused(format!("the mail server refused: {said}")),
                    false => Carried::Again(format!("the mail server did not take it: {said}")),
                }
            }
        }
    }

    fn message(&self, letter: &Letter) -> Option<Message> {
        let domain = self.from.email.domain();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, letter.to.parse().ok()?))
            .subject(&letter.subject)
            .date(letter.put_at.into())
            .message_id(Some(format!("<{}@{domain}>", letter.idempotency_key)))
            .multipart(MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()))
            .ok()
    }
}
