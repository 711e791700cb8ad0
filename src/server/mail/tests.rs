//! Resend's answers by its own examples, and what goes over the wire.

use super::{Carried, Letter, resend::Resend, smtp::Smtp};
use crate::server::{
    config::Secret,
    fake_upstream::{Upstream, closed, hanging_up_after},
    http::http_client,
};
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

const KEY: &str = "re_rahasia";

fn letter() -> Letter {
    Letter {
        id: uuid::Uuid::from_u128(7),
        idempotency_key: "my21staff-7-0".into(),
        template: "password_reset".into(),
        to: "sekar@toko.test".into(),
        subject: "Atur ulang kata sandi – Toko".into(),
        html: "<p>Halo</p>".into(),
        text: "Halo\nhttps://my21staff.test/reset?token=abc\n".into(),
        put_at: crate::server::clock::from_millis(1_795_184_701_000),
    }
}

fn resend(base: &str) -> Resend {
    Resend::new(http_client(), base.into(), Secret::new(KEY), "my21staff <halo@my21staff.test>".into())
}

async fn answered(status: u16, headers: &[(&'static str, &str)], body: &str) -> Carried {
    let upstream = Upstream::answering(status, headers, body.to_owned()).await;
    resend(&upstream.base).send(&letter()).await
}

#[tokio::test]
async fn a_mail_goes_out_as_resend_documents_it() {
    let upstream = Upstream::answering(200, &[], r#"{"id":"49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}"#).await;
    let carried = resend(&upstream.base).send(&letter()).await;
    assert_eq!(carried, Carried::Sent(Some("49a3999c-0ce1-4ea6-ab68-afcd6dc2e794".into())));
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/emails"));
    assert_eq!(seen.header("authorization"), Some("Bearer re_rahasia"));
    assert_eq!(seen.header("idempotency-key"), Some("my21staff-7-0"));
    assert!(seen.header("user-agent").is_some_and(|agent| agent.starts_with("my21staff/")), "Resend refuses requests without one");
    let letter = letter();
    assert_eq!(
        seen.json(),
        json!({
            "from": "my21staff <halo@my21staff.test>", "to": [letter.to], "subject": letter.subject, "html": letter.html, "text": letter.text,
            "tags": [{ "name": "template", "value": "password_reset" }],
        })
    );
}

#[tokio::test]
async fn errors_mean_what_resend_says_they_mean() {
    let error = |name: &str, message: &str| json!({ "statusCode": 0, "name": name, "message": message }).to_string();
    for (status, name) in [
        (400, "validation_error"),
        (401, "missing_api_key"),
        (401, "restricted_api_key"),
        (403, "invalid_api_key"),
        (403, "validation_error"),
        (409, "invalid_idempotent_request"),
        (422, "invalid_from_address"),
        (429, "daily_quota_exceeded"),
        (429, "monthly_quota_exceeded"),
        (451, "security_error"),
    ] {
        let carried = answered(status, &[], &error(name, "no")).await;
        assert!(matches!(&carried, Carried::Refused(reason) if reason.contains(name)), "{status} {name}: {carried:?}");
    }
    for (status, name) in [(409, "concurrent_idempotent_requests"), (500, "application_error"), (500, "internal_server_error"), (503, "")] {
        let carried = answered(status, &[], &error(name, "later")).await;
        assert!(matches!(carried, Carried::Again(_)), "{status} {name}: {carried:?}");
    }
    let limited = error("rate_limit_exceeded", "Too many requests");
    assert_eq!(answered(429, &[("retry-after", "7")], &limited).await, Carried::Later(Duration::from_secs(7)));
    assert_eq!(answered(429, &[("retry-after", "999999")], &limited).await, Carried::Later(Duration::from_secs(300)));
    assert_eq!(answered(429, &[], &limited).await, Carried::Later(Duration::from_secs(1)));
    assert!(matches!(answered(502, &[], "<html>bad gateway").await, Carried::Again(_)));
    assert!(matches!(resend(&closed().await).send(&letter()).await, Carried::Again(_)));
    assert!(matches!(resend(&hanging_up_after(b"HTTP/1.1 2").await).send(&letter()).await, Carried::Again(_)));
}

#[tokio::test]
async fn reasons_hold_no_address_and_no_key() {
    let message = format!("You can only send to your own address (sekar@toko.test) with {KEY}.");
    let body = json!({ "name": "validation_error", "message": message }).to_string();
    let Carried::Refused(reason) = answered(403, &[], &body).await else { panic!("refused") };
    assert!(!reason.contains('@') && !reason.contains(KEY) && reason.contains("own address"), "{reason}");
}

/// A mail server that says these replies to RCPT and to the end of the data; gives its URL and what it was told.
async fn smtp_server(recipient: &'static str, end: &'static str) -> (Secret, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Secret::new(format!("smtp://{}", listener.local_addr().unwrap()));
    let told = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let (read, mut write) = socket.into_split();
        let mut read = BufReader::new(read);
        let mut told = String::new();
        let mut line = String::new();
        write.write_all(b"220 mail.test\r\n").await.unwrap();
        let mut in_data = false;
        while read.read_line(&mut line).await.unwrap_or(0) > 0 {
            told.push_str(&line);
            let reply = match line.trim_end() {
                "." if in_data => {
                    in_data = false;
                    end
                }
                _ if in_data => "",
                "DATA" => {
                    in_data = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                command if command.starts_with("RCPT") => recipient,
                _ => "250 fine",
            };
            if !reply.is_empty() {
                write.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
            }
            line.clear();
        }
        told
    });
    (url, told)
}

#[tokio::test]
async fn a_mail_goes_out_by_smtp() {
    let (url, told) = smtp_server("250 fine", "250 queued").await;
    let smtp = Smtp::new(&url, "my21staff <halo@my21staff.test>").unwrap();
    assert_eq!(smtp.send(&letter()).await, Carried::Sent(None));
    drop(smtp);
    let told = told.await.unwrap();
    for part in [
        "MAIL FROM:<halo@my21staff.test>",
        "RCPT TO:<sekar@toko.test>",
        "Message-ID: <my21staff-7-0@my21staff.test>",
        "multipart/alternative",
        "text/plain",
        "text/html",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[tokio::test]
async fn what_a_mail_server_refuses_for_good_is_not_tried_again() {
    let outcomes = [
        ("550 no such mailbox sekar@toko.test", "250 queued", true),
        ("450 greylisted", "250 queued", false),
        ("250 fine", "554 spam", true),
        ("250 fine", "451 disk full", false),
    ];
    for (recipient, end, refused) in outcomes {
        let (url, _told) = smtp_server(recipient, end).await;
        let carried = Smtp::new(&url, "halo@my21staff.test").unwrap().send(&letter()).await;
        match &carried {
            Carried::Refused(reason) => assert!(refused && !reason.contains("sekar@"), "{carried:?}"),
            Carried::Again(_) => assert!(!refused, "{carried:?}"),
            other => panic!("{other:?}"),
        }
    }
    let nobody = Smtp::new(&Secret::new("smtp://127.0.0.1:9"), "halo@my21staff.test").unwrap();
    assert!(matches!(nobody.send(&letter()).await, Carried::Again(_)), "nobody listens");
    let crooked = Letter { to: "sekar@toko.test\r\nBcc: semua@toko.test".into(), ..letter() };
    assert!(matches!(nobody.send(&crooked).await, Carried::Refused(_)), "an address cannot carry a second header");
}
