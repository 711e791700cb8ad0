//! The demo's mailbox: every mail as three files, the page for people, the text, and a description for programs. The description is written last, and whoever
//! reads the folder goes by it, so nobody sees half a mail.

use super::{Carried, Letter};
use chrono::SecondsFormat;
use serde_json::json;
use std::{path::PathBuf, sync::Arc};

/// The folder, made when first needed.
#[derive(Clone)]
pub struct Folder {
    path: Arc<PathBuf>,
    from: Arc<str>,
}

impl Folder {
    pub fn new(path: PathBuf, from: String) -> Self {
        Self { path: Arc::new(path), from: from.into() }
    }

    /// Files are named by the id, whose order is that of time.
    pub async fn keep(&self, letter: &Letter) -> Carried {
        match self.write(letter).await {
            Ok(()) => Carried::Sent(None),
            Err(error) => Carried::Again(format!("the mail folder cannot be written: {}", error.kind())),
        }
    }

    async fn write(&self, letter: &Letter) -> std::io::Result<()> {
        tokio::fs::create_dir_all(&*self.path).await?;
        let file = |kind: &str| self.path.join(format!("{}.{kind}", letter.id));
        let description = json!({
            "id": letter.id,
            "template": letter.template,
            "from": &*self.from,
            "to": letter.to,
            "subject": letter.subject,
            "text": letter.text,
            "at": letter.put_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        });
        tokio::fs::write(file("html"), &letter.html).await?;
        tokio::fs::write(file("txt"), &letter.text).await?;
        tokio::fs::write(file("part"), serde_json::to_vec_pretty(&description)?).await?;
        tokio::fs::rename(file("part"), file("json")).await
    }
}
