//! What no recording shows: wrappers, mixtures, hostile and broken bodies.

use super::*;
use proptest::prelude::*;

fn parsed(event: Option<&str>, body: &Value) -> Parsed {
    parse(event, &serde_json::to_vec(body).unwrap())
}

/// A v2 body with one inbound text.
fn kapso_text() -> Value {
    value("kapso/webhooks/v2-message-received-text.json")
}

fn only_message(parsed: Parsed) -> WireMessage {
    assert_eq!((parsed.items.len(), &parsed.notes[..]), (1, &[][..]), "{parsed:?}");
    match parsed.items.into_iter().next().unwrap().what {
        What::Message(message) => *message,
        other => panic!("{other:?}"),
    }
}

fn change(number: &str, field: &str, value: Value) -> Value {
    let mut value = value;
    value["metadata"] = json!({"phone_number_id": number});
    json!({"field": field, "value": value})
}

fn text(from: &str, id: &str) -> Value {
    json!({"from": from, "id": id, "timestamp": "1795184701", "type": "text", "text": {"body": id}})
}

#[test]
fn edits_and_deletions_are_about_another_message() {
    let told = |kind: &str, own: Value| {
        let message = json!({ "from": "15551234567", "id": "wamid.change", "timestamp": "1795184701", "type": kind, kind: own });
        let contacts = json!([{ "wa_id": "15551234567", "profile": { "name": "Ayu Example" } }]);
        let meta = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
            change("111", "messages", json!({ "contacts": contacts, "messages": [message] })),
        ] }] });
        let mut kapso = message.clone();
        kapso["kapso"] = json!({ "direction": "inbound", "status": "received", "origin": "cloud_api", "has_media": false });
        let kapso = json!({
            "message": kapso, "phone_number_id": "111", "is_new_conversation": false,
            "conversation": { "id": "c", "contact_name": "Ayu Example", "phone_number": "15551234567", "phone_number_id": "111" },
        });
        let (of_meta, of_kapso) = (parsed(None, &meta), parsed(None, &kapso));
        assert_eq!(of_meta, of_kapso, "both say the same");
        of_meta
    };
    let expected = |made: Change| {
        let what = What::Change(WireChange {
            provider_id: "wamid.change".into(),
            target: "wamid.first".into(),
            by_contact: true,
            contact: by_phone(),
            change: made,
            at: 1_795_184_701_000,
        });
        Parsed { items: vec![Item { phone_number_id: "111".into(), what }], notes: vec![] }
    };
    let edit = |message: Value| json!({ "original_message_id": "wamid.first", "message": message });
    let text = json!({ "context": { "id": "M0" }, "type": "text", "text": { "body": "jam 4" } });
    assert_eq!(told("edit", edit(text)), expected(Change::Edited(Some("jam 4".into()))));
    let image = json!({ "type": "image", "image": { "caption": "yang kiri", "mime_type": "image/jpeg", "sha256": "x", "id": "9" } });
    assert_eq!(told("edit", edit(image)), expected(Change::Edited(Some("yang kiri".into()))));
    assert_eq!(
        told("edit", edit(json!({ "type": "image", "image": { "id": "9" } }))),
        expected(Change::Edited(None)),
        "no caption any more"
    );
    assert_eq!(told("revoke", json!({ "original_message_id": "wamid.first" })), expected(Change::Revoked));
    // What is not understood is a message like others that nobody knows: it is shown, not dropped.
    for (kind, own) in [
        ("edit", json!({ "original_message_id": "wamid.first" })),
        ("edit", edit(json!("jam 4"))),
        ("edit", edit(json!({ "type": "unsupported" }))),
        ("edit", edit(json!({ "type": "text", "text": {} }))),
        ("revoke", json!({})),
    ] {
        assert_eq!(only_message(told(kind, own)).kind, kind);
    }
    // From the WhatsApp app of the business.
    let echo =
        json!({ "to": "15551234567", "id": "e", "timestamp": "1795184701", "type": "revoke", "revoke": { "original_message_id": "o" } });
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [
        change("111", "smb_message_echoes", json!({ "message_echoes": [echo] })),
    ] }] });
    match &parsed(None, &body).items[..] {
        [Item { what: What::Change(change), .. }] => assert_eq!((change.by_contact, &*change.target), (false, "o")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrapped_bodies_are_unwrapped() {
    let bare = parsed(None, &kapso_text());
    let wrapped = json!({"event": "whatsapp.message.received", "data": kapso_text()});
    assert_eq!(parsed(None, &wrapped), bare);
    assert_eq!(parsed(None, &json!({"data": [wrapped]})), bare);
    assert_eq!(parsed(None, &json!({"data": {"object": "whatsapp_business_account", "entry": []}})), Parsed::default());
    // A message that happens to have a field of that name is no wrapper.
    let mut own_data = kapso_text();
    own_data["data"] = json!({"message": {}});
    assert_eq!(parsed(None, &own_data), bare);
    let deep = json!({"data": [{"data": [{"data": [{"data": [kapso_text()]}]}]}]});
    assert_eq!(parsed(None, &deep).notes, ["payload is not understood"]);
}

#[test]
fn one_body_may_serve_several_workspaces() {
    let body = json!({"object": "whatsapp_business_account", "entry": [
        {"id": "waba 1", "changes": [
            change("111", "messages", json!({
                "contacts": [{"wa_id": "15550000001", "profile": {"name": "One"}}, {"wa_id": "15550000002", "profile": {"name": "Two"}}],
                "messages": [text("15550000002", "a"), text("15550000001", "b")],
                "statuses": [{"id": "c", "status": "read", "timestamp": "1795184701", "recipient_id": "15550000001"}],
            })),
            change("222", "messages", json!({"messages": [text("15550000001", "d")]})),
        ]},
        {"id": "waba 2", "changes": [change("333", "smb_message_echoes", json!({"message_echoes": [
            {"to": "15550000003", "id": "e", "timestamp": "1795184701", "type": "image", "image": {"id": "9", "mime_type": "image/png"}},
            {"to": "15550000003", "id": "f", "timestamp": "1795184701", "type": "reaction", "reaction": {"message_id": "a", "emoji": "❤️"}},
        ]}))]},
        {"id": "waba 3"},
    ]});
    let parsed = parsed(None, &body);
    let seen: Vec<_> = parsed
        .items
        .iter()
        .map(|item| {
            let (id, phone, name) = match &item.what {
                What::Message(message) => (&message.provider_id, &message.contact.phone, &message.contact.profile_name),
                What::Status(status) => {
                    let contact = status.contact.as_ref().unwrap();
                    (&status.provider_id, &contact.phone, &contact.profile_name)
                }
                What::Reaction(reaction) => {
                    assert!(!reaction.by_contact);
                    (&reaction.provider_id, &reaction.contact.phone, &reaction.contact.profile_name)
                }
                other => panic!("{other:?}"),
            };
            (item.phone_number_id.as_str(), id.as_str(), phone.as_deref().unwrap(), name.as_deref())
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("111", "a", "+15550000002", Some("Two")),
            ("111", "b", "+15550000001", Some("One")),
            ("111", "c", "+15550000001", Some("One")),
            ("222", "d", "+15550000001", None),
            ("333", "e", "+15550000003", None),
            ("333", "f", "+15550000003", None),
        ]
    );
    assert_eq!(parsed.notes, ["entry without changes"]);
}

#[test]
fn a_lone_profile_is_the_lone_senders_even_under_another_number() {
    let contacts = json!([{"wa_id": "5215550000001", "profile": {"name": "Uno"}}]);
    let of = |messages: Value| {
        let body = json!({"entry": [{"changes": [change("1", "messages", json!({"contacts": contacts, "messages": messages}))]}]});
        parsed(None, &body).items.into_iter().map(|item| match item.what {
            What::Message(message) => message.contact,
            other => panic!("{other:?}"),
        })
    };
    let same: Vec<_> = of(json!([text("525550000001", "a"), text("525550000001", "b")])).collect();
    assert!(same.iter().all(|who| who.profile_name.as_deref() == Some("Uno") && who.phone.as_deref() == Some("+525550000001")), "{same:?}");
    assert!(of(json!([text("525550000001", "a"), text("525550000002", "b")])).all(|who| who.profile_name.is_none()));
}

#[test]
fn one_odd_item_does_not_cost_its_neighbours() {
    let mut nobody = kapso_text();
    nobody["message"]["from"] = json!("");
    nobody["message"]["from_user_id"] = json!(null);
    nobody["conversation"]["phone_number"] = json!("not a number");
    let mut group = kapso_text();
    group["message"]["group_id"] = json!("Y2FwaV9ncm91cDox");
    let mut numberless = kapso_text();
    numberless["phone_number_id"] = json!(null);
    numberless["conversation"] = json!(null);
    let mut nameless = kapso_text();
    nameless["message"]["id"] = json!("x".repeat(5_000));
    let batch = json!({"batch": true, "data": [1, null, [], {}, nobody, group, numberless, nameless, kapso_text()]});
    let parsed = parsed(None, &batch);
    assert_eq!(parsed.items.len(), 1);
    assert_eq!(
        parsed.notes,
        [
            "payload is not understood",
            "payload is not understood",
            "payload is not understood",
            "payload is not understood",
            "message of nobody: neither phone nor user id",
            "group message left out",
            "message without phone_number_id",
            "message without id",
        ]
    );
}

#[test]
fn system_messages_and_changed_numbers_are_noted_without_numbers() {
    let system = json!({"from": "15550000001", "id": "a", "timestamp": "1795184701", "type": "system",
        "system": {"body": "A changed from 15550000001 to 15550000009", "wa_id": "15550000009", "type": "user_changed_number"}});
    let body = json!({"entry": [{"changes": [change("1", "messages", json!({"messages": [system]}))]}]});
    assert_eq!(parsed(None, &body), Parsed { items: vec![], notes: vec!["system message (user_changed_number) needs no action".into()] });
}

#[test]
fn notes_do_not_repeat_what_strangers_write() {
    for secret in ["call +62 812 3456 7890", "ayu@example.com", "a\nb", &"x".repeat(65)] {
        let notes = [
            parsed(Some(secret), &json!({})).notes,
            parsed(None, &json!({"event": secret})).notes,
            parsed(None, &json!({"entry": [{"changes": [{"field": secret, "value": {}}]}]})).notes,
        ];
        assert!(!notes.iter().flatten().any(|note| note.contains(secret)), "{notes:?}");
        assert!(notes.iter().all(|notes| notes.len() == 1));
    }
    let flood = json!({"data": vec![json!({}); 10_000]});
    assert_eq!(parsed(None, &flood).notes.len(), MAX_NOTES);
}

#[test]
fn texts_are_cleaned_and_cut() {
    let mut body = kapso_text();
    body["message"]["text"]["body"] = json!(format!("a\0b{}", "é".repeat(40_000)));
    body["conversation"]["contact_name"] = json!(format!("\0{}", "é".repeat(400)));
    body["message"]["referral"] = json!({"headline": "x\0y"});
    let message = only_message(parsed(None, &body));
    assert_eq!(message.body.as_deref().map(str::len), Some(MAX_BODY));
    assert!(message.body.unwrap().starts_with("abéé"));
    assert_eq!(message.contact.profile_name, Some("é".repeat(128)));
    assert_eq!(message.detail, Some(json!({"referral": {"headline": "xy"}})));
}

#[test]
fn file_names_and_addresses_cannot_lead_elsewhere() {
    let mut body = value("kapso/webhooks/v2-message-received-document.json");
    body["message"]["document"]["filename"] = json!("../..\\etc/\u{7}passwd");
    for url in ["file:///etc/passwd", "javascript:x", "https://a b", ""] {
        body["message"]["kapso"]["media_url"] = json!(url);
        body["message"]["kapso"]["media_data"]["url"] = json!(url);
        let media = only_message(parsed(None, &body)).media.unwrap();
        assert_eq!((media.url, media.file_name.as_deref()), (None, Some(".._.._etc_passwd")));
    }
}

#[test]
fn a_name_that_is_only_the_number_is_no_name() {
    let mut body = kapso_text();
    body["conversation"]["contact_name"] = json!("+1 555-123-4567");
    assert_eq!(only_message(parsed(None, &body)).contact, WireIdentity { profile_name: None, ..by_phone_and_user_id() });
}

#[test]
fn what_the_body_says_counts_more_than_the_header() {
    let message = only_message(parsed(Some("whatsapp.message.failed"), &kapso_text()));
    assert_eq!((message.direction, message.statuses), (Direction::Inbound, vec![]));
    // Without a direction of its own the body's form decides, then the event.
    let mut body = value("kapso/webhooks/v2-message-sent.json");
    body["message"]["kapso"] = json!({});
    let message = only_message(parsed(Some("whatsapp.message.delivered"), &body));
    assert_eq!(message.direction, Direction::Outbound);
    assert_eq!(message.statuses.iter().map(|status| status.status.as_str()).collect::<Vec<_>>(), ["delivered"]);
    assert_eq!(only_message(parsed(None, &body)).direction, Direction::Outbound);
}

#[test]
fn history_and_callback_data_are_told_apart() {
    let mut body = kapso_text();
    body["message"]["kapso"]["origin"] = json!("history_sync");
    assert_eq!(only_message(parsed(None, &body)).origin, Origin::HistorySync);
    let mut body = value("kapso/webhooks/v2-message-delivered.json");
    body["message"]["kapso"]["statuses"][1]["biz_opaque_callback_data"] = json!("018f");
    assert_eq!(only_message(parsed(None, &body)).callback_data.as_deref(), Some("018f"));
}

#[test]
fn a_legacy_message_that_whatsapp_has_not_numbered_is_left_out() {
    let mut body = value("kapso/webhooks/v1-message-received-legacy.json");
    body["message"]["whatsapp_message_id"] = json!(null);
    assert_eq!(parsed(None, &body), Parsed { items: vec![], notes: vec!["message without id".into()] });
}

#[test]
fn a_refreshed_profile_name_is_taken_over() {
    let contact = json!({"wa_id": "15551234567", "profile_name": " Ayu Example "});
    let body = json!({"event": "contact.updated", "data": {"contact": contact, "phone_number_id": NUMBER}});
    assert_eq!(parsed(None, &body).items, [profile(by_phone(), 0)]);
    let body = json!({"contact": {"wa_id": "15551234567"}, "phone_number_id": NUMBER});
    assert_eq!(
        parsed(Some("whatsapp.contact.identity_changed"), &body).notes,
        ["event whatsapp.contact.identity_changed brings no name or nobody"]
    );
}

#[test]
fn broken_bodies_are_noted() {
    for body in [&b""[..], b"{", b"\xff\xfe", b"nul", &[b'['; 100_000]] {
        assert_eq!(parse(None, body), Parsed { items: vec![], notes: vec!["body is not JSON".into()] });
    }
    for body in [&b"null"[..], b"5", b"\"x\"", b"[]", b"{}", b"{\"message\":[],\"contact\":1}", b"{\"entry\":{}}"] {
        assert_eq!(parse(None, body).notes, ["payload is not understood"], "{}", String::from_utf8_lossy(body));
    }
    assert_eq!(parse(None, b"{\"entry\":[{\"changes\":[1,{\"value\":[]}]}]}").notes, ["field messages without phone_number_id"; 2]);
    assert_eq!(parse(None, b"{\"message\":{}}").notes, ["message without phone_number_id"]);
}

/// Whether a NUL came through, seen in the escaped form of all texts at once.
fn holds_nul(parsed: &Parsed) -> bool {
    format!("{parsed:?}").replace(r"\\", "").contains(r"\0")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to a body on its way, reading it ends, and nothing unfit for the database comes out.
    #[test]
    fn damaged_bodies_never_do_harm(
        file in 0..kapso::FILES.len() + meta::FILES.len(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in prop::option::weighted(0.2, any::<prop::sample::Index>()),
    ) {
        let mut body = read([kapso::FILES, meta::FILES].concat()[file]);
        for (at, byte) in flips {
            let at = at.index(body.len());
            body[at] = byte;
        }
        if let Some(cut) = cut {
            body.truncate(cut.index(body.len()));
        }
        let parsed = parse(None, &body);
        prop_assert!(!holds_nul(&parsed));
        prop_assert!(parsed.items.iter().all(|item| !item.phone_number_id.is_empty()));
    }

    /// A field of another type than promised is a field that is not there.
    #[test]
    fn fields_of_the_wrong_type_never_do_harm(
        file in 0..kapso::FILES.len() + meta::FILES.len(),
        place in any::<prop::sample::Index>(),
        odd in prop::sample::select(vec![json!(null), json!(true), json!(-1.5e300), json!("\0"), json!([[]]), json!({"id": {}})]),
    ) {
        let mut body = value([kapso::FILES, meta::FILES].concat()[file]);
        let mut nodes = 0;
        replace(&mut body, &mut nodes, usize::MAX, &odd);
        replace(&mut body, &mut 0, place.index(nodes), &odd);
        let parsed = parsed(None, &body);
        prop_assert!(!holds_nul(&parsed));
    }
}

/// Puts `odd` in the place of the node that is visited as number `target`.
fn replace(value: &mut Value, visited: &mut usize, target: usize, odd: &Value) {
    let number = *visited;
    *visited += 1;
    match value {
        _ if number == target => *value = odd.clone(),
        Value::Array(values) => values.iter_mut().for_each(|value| replace(value, visited, target, odd)),
        Value::Object(fields) => fields.values_mut().for_each(|value| replace(value, visited, target, odd)),
        _ => {}
    }
}
