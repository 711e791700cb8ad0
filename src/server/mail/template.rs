//! From a template to subject, HTML and text.
//!
//! Names of people and workspaces are chosen by strangers and arrive in the mailboxes of others, so they are made [`inert`] first: no line
//! break can end a header, no address in a name becomes a link, and no markup becomes markup.

use crate::words::{Locale, server::MailWords};

/// What a mail is about. Links are ours and absolute. Roles are keys (`owner`, `admin`, `member`) or the name of a role of the workspace's own.
#[derive(Clone, Copy, Debug)]
pub enum Template<'a> {
    /// Somebody signed up; the link (24 hours) shows that the address is theirs.
    VerifyEmail {
        name: &'a str,
        link: &'a str,
    },
    /// Somebody signed up with an address that has an account.
    AlreadyRegistered {
        name: &'a str,
        link: &'a str,
    },
    /// The link (1 hour, once) leads to a new password.
    PasswordReset {
        name: &'a str,
        link: &'a str,
    },
    /// The password, a passkey or the second factor was changed. The link leads to the reset page.
    SecurityChanged {
        name: &'a str,
        link: &'a str,
    },
    /// An account made by somebody else, with a password to be replaced at the first sign-in.
    TemporaryPassword {
        name: &'a str,
        workspace: &'a str,
        password: &'a str,
        link: &'a str,
    },
    Invitation {
        inviter: &'a str,
        workspace: &'a str,
        role: &'a str,
        link: &'a str,
        days: i64,
    },
    RoleChanged {
        name: &'a str,
        workspace: &'a str,
        role: &'a str,
        by: &'a str,
    },
    Removed {
        name: &'a str,
        workspace: &'a str,
        by: &'a str,
    },
    OwnershipHanded {
        name: &'a str,
        workspace: &'a str,
        by: &'a str,
    },
    /// What waits for somebody, a line each, as they asked to be told once a day.
    Digest {
        name: &'a str,
        workspace: &'a str,
        lines: &'a [String],
        link: &'a str,
    },
}

/// A mail without its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// Characters of a name that a mail repeats.
const MAX_NAME: usize = 80;

impl Template<'_> {
    /// As stored and listed: `password_reset`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::PasswordReset { .. } => "password_reset",
            Self::SecurityChanged { .. } => "security_changed",
            Self::TemporaryPassword { .. } => "temporary_password",
            Self::Invitation { .. } => "invitation",
            Self::RoleChanged { .. } => "role_changed",
            Self::Removed { .. } => "removed",
            Self::OwnershipHanded { .. } => "ownership_handed",
            Self::Digest { .. } => "digest",
        }
    }

    /// In one language.
    pub fn render(&self, locale: Locale) -> Rendered {
        let words = locale.mail();
        let role = |role: &str| (words.role)(role).map_or_else(|| inert(role), str::to_owned);
        match *self {
            Self::VerifyEmail { name, link } => Letter {
                name: Some(name),
                paragraphs: vec![words.verify_text.into()],
                button: Some((words.verify_button, link)),
                after: Some(words.verify_unwanted.into()),
                ..Letter::about(words.verify_subject)
            },
            Self::AlreadyRegistered { name, link } => Letter {
                name: Some(name),
                paragraphs: vec![words.known_text.into()],
                button: Some((words.known_button, link)),
                after: Some(words.known_unwanted.into()),
                ..Letter::about(words.known_subject)
            },
            Self::PasswordReset { name, link } => Letter {
                name: Some(name),
                paragraphs: vec![words.reset_text.into()],
                button: Some((words.reset_button, link)),
                after: Some(words.reset_unwanted.into()),
                ..Letter::about(words.reset_subject)
            },
            Self::SecurityChanged { name, link } => Letter {
                name: Some(name),
                paragraphs: vec![words.changed_text.into(), words.changed_unwanted.into()],
                button: Some((words.changed_button, link)),
                ..Letter::about(words.changed_subject)
            },
            Self::TemporaryPassword { name, workspace, password, link } => Letter {
                name: Some(name),
                paragraphs: vec![(words.temporary_text)(&inert(workspace)), (words.temporary_password)(password)],
                button: Some((words.temporary_button, link)),
                ..Letter::about((words.temporary_subject)(&inert(workspace)))
            },
            Self::Invitation { inviter, workspace, role: as_what, link, days } => Letter {
                paragraphs: vec![(words.invitation_text)(&inert(inviter), &inert(workspace), &role(as_what))],
                button: Some((words.invitation_button, link)),
                after: Some((words.invitation_days)(days)),
                ..Letter::about((words.invitation_subject)(&inert(inviter), &inert(workspace)))
            },
            Self::RoleChanged { name, workspace, role: to_what, by } => Letter {
                name: Some(name),
                paragraphs: vec![(words.role_text)(&inert(by), &inert(workspace), &role(to_what))],
                ..Letter::about((words.role_subject)(&inert(workspace)))
            },
            Self::Removed { name, workspace, by } => Letter {
                name: Some(name),
                paragraphs: vec![(words.removed_text)(&inert(by), &inert(workspace))],
                ..Letter::about((words.removed_subject)(&inert(workspace)))
            },
            Self::OwnershipHanded { name, workspace, by } => Letter {
                name: Some(name),
                paragraphs: vec![(words.owner_text)(&inert(by), &inert(workspace))],
                ..Letter::about((words.owner_subject)(&inert(workspace)))
            },
            Self::Digest { name, workspace, lines, link } => Letter {
                name: Some(name),
                paragraphs: [(words.digest_text)(&inert(workspace))].into_iter().chain(lines.iter().cloned()).collect(),
                button: Some((words.digest_button, link)),
                after: Some(words.digest_why.into()),
                ..Letter::about((words.digest_subject)(&inert(workspace)))
            },
        }
        .write(locale, words)
    }
}

/// The parts that every mail is made of.
struct Letter<'a> {
    subject: String,
    name: Option<&'a str>,
    paragraphs: Vec<String>,
    button: Option<(&'static str, &'a str)>,
    after: Option<String>,
}

impl Letter<'_> {
    fn about(subject: impl Into<String>) -> Self {
        Self { subject: subject.into(), name: None, paragraphs: Vec::new(), button: None, after: None }
    }

    fn write(self, locale: Locale, words: &MailWords) -> Rendered {
        let greeting = self.name.map(|name| (words.greeting)(&inert(name)));
        let before: Vec<String> = greeting.into_iter().chain(self.paragraphs).collect();
        let mut html = String::new();
        let mut text = String::new();
        for paragraph in &before {
            html.push_str(&format!("<p style=\"margin:0 0 16px\">{}</p>\n", escape(paragraph)));
            text.push_str(paragraph);
            text.push_str("\n\n");
        }
        if let Some((label, link)) = self.button {
            html.push_str(&format!(
                "<p style=\"margin:24px 0\"><a href=\"{link}\" style=\"display:inline-block;padding:12px 20px;border-radius:10px;background:#284B31;\
                 color:#FFFFFF;font-weight:600;text-decoration:none\">{}</a></p>\n\
                 <p style=\"margin:0 0 4px;font-size:13px;color:#66615A\">{}</p>\n\
                 <p style=\"margin:0 0 16px;font-size:13px;word-break:break-all\"><a href=\"{link}\" style=\"color:#284B31\">{link}</a></p>\n",
                escape(label),
                escape(words.link_by_hand),
                link = escape(link),
            ));
            text.push_str(&format!("{label}:\n{link}\n\n"));
        }
        if let Some(after) = &self.after {
            html.push_str(&format!("<p style=\"margin:0 0 16px;color:#66615A\">{}</p>\n", escape(after)));
            text.push_str(after);
            text.push_str("\n\n");
        }
        text.push_str(&format!("-- \n{}\n", words.footer));
        let html = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{}</title></head>\n<body style=\"margin:0;padding:24px 12px;background:#FBFBFA;color:#2D2A26;font:16px/24px system-ui,sans-serif\">\n\
             <div style=\"max-width:520px;margin:0 auto;padding:28px 24px;background:#FFFFFF;border:1px solid #E6E3DD;border-radius:14px\">\n\
             <p style=\"margin:0 0 24px;font-weight:700;color:#284B31\">my21staff</p>\n{html}\
             <p style=\"margin:24px 0 0;padding-top:16px;border-top:1px solid #E6E3DD;font-size:13px;color:#66615A\">{}</p>\n</div>\n</body>\n</html>\n",
            locale.as_str(),
            escape(&self.subject),
            escape(words.footer),
        );
        Rendered { subject: self.subject, html, text }
    }
}

/// A stranger's name as a mail may repeat it: one line, not too long, and nothing that a mail program would turn into a link.
pub fn inert(name: &str) -> String {
    let spaced: String = name.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let line: Vec<char> = words.join(" ").chars().take(MAX_NAME).collect();
    line.iter()
        .enumerate()
        .map(|(at, c)| {
            let between = at > 0 && line.get(at + 1).is_some_and(|next| next.is_alphanumeric()) && line[at - 1].is_alphanumeric();
            match c {
                // U+2024, which looks the same and makes no host name.
                '.' if between => '\u{2024}',
                ':' | '/' | '\\' | '@' | '<' | '>' | '"' => ' ',
                other => *other,
            }
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// Line and paragraph separators, and what turns the direction of writing around.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "Menang!\r\nBcc: all@evil.test <a href=\"http://evil.test\">klik</a> www.evil.test \u{202e}gnp.exe";

    fn all<'a>(name: &'a str, link: &'a str) -> [Template<'a>; 10] {
        let (workspace, by, role) = (name, name, name);
        [
            Template::VerifyEmail { name, link },
            Template::AlreadyRegistered { name, link },
            Template::PasswordReset { name, link },
            Template::SecurityChanged { name, link },
            Template::TemporaryPassword { name, workspace, password: "a<b&c", link },
            Template::Invitation { inviter: name, workspace, role, link, days: 7 },
            Template::RoleChanged { name, workspace, role, by },
            Template::Removed { name, workspace, by },
            Template::OwnershipHanded { name, workspace, by },
            Template::Digest { name, workspace, lines: &[], link },
        ]
    }

    #[test]
    fn names_are_inert_in_every_template_and_language() {
        for locale in [Locale::Id, Locale::En] {
            for template in all(HOSTILE, "https://my21staff.test/x?a=1&b=2") {
                let Rendered { subject, html, text } = template.render(locale);
                let what = template.name();
                assert!(!subject.chars().any(char::is_control), "{what}: {subject:?}");
                for part in [&subject, &html, &text] {
                    assert!(!part.contains("evil.test") && !part.contains('\u{202e}') && !part.contains("Bcc:"), "{what}: {part}");
                }
                assert!(!html.contains("<a href=\"http://"), "{what}: {html}");
                let links = html.matches("href=\"").count();
                assert_eq!(links, html.matches("href=\"https://my21staff.test/x?a=1&amp;b=2\"").count(), "{what}: only our links");
                assert_eq!(text.matches("://").count(), links / 2, "{what}: {text}");
            }
        }
    }

    #[test]
    fn both_languages_say_something_of_their_own() {
        for template in all("Sekar", "https://my21staff.test/x") {
            let (id, en) = (template.render(Locale::Id), template.render(Locale::En));
            assert_ne!(id.subject, en.subject, "{}", template.name());
            assert!(id.html.contains("lang=\"id\"") && en.html.contains("lang=\"en\""));
            assert!(id.text.contains("Sekar") && en.html.contains("Sekar"));
        }
        let invitation =
            Template::Invitation { inviter: "Rani", workspace: "Toko Wening", role: "member", link: "https://x.test/i", days: 7 };
        let mail = invitation.render(Locale::Id);
        assert_eq!(mail.subject, "Rani mengundang Anda ke Toko Wening");
        assert!(mail.text.contains("sebagai anggota") && mail.text.contains("7 hari") && mail.text.contains("https://x.test/i"));
        assert!(mail.html.contains("sebagai anggota"));
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in ["PT. Maju Jaya", "Ni Luh Ketut, S.", "O'Neil & Sons", "Dr. Sekar", "李小龍"] {
            assert_eq!(inert(name), name);
        }
        assert_eq!(inert("batik.id"), "batik\u{2024}id");
        assert_eq!(inert(&"a".repeat(500)).len(), MAX_NAME);
        assert_eq!(escape("<'&\">"), "&lt;&#39;&amp;&quot;&gt;");
    }
}
