//! Kapso's recorded deliveries, both versions.

use super::*;

fn ayu(kind: &str) -> WireMessage {
    inbound(kind).of(by_phone_and_user_id())
}

fn contact_as_changed() -> WireIdentity {
    WireIdentity { username: Some("ayu.example".into()), ..by_phone_and_user_id() }
}

const VOICE_SHA: &str = "QnXXHpD38J+dy7oq7qr7PzBXZ4C8TVQZ/whtHG8CplQ=";
const IMAGE_SHA: &str = "spgUz1eS5oTNddan/OemehGIfjEvh8oqwkltgfNl/3I=";
const VIDEO_SHA: &str = "H/g43GypaA2IRVNBEYFX1ZoFX+bQ44cPnAAoR76+RmM=";
const DOCUMENT_SHA: &str = "E51US4IbE+vqFPGw/hhXciLkFcKWbjo1EcQZYFUjIgI=";
const STICKER_SHA: &str = "mxeAaN45PSpjqiyfMAVW3f9as5qQH41v55kMaxFs8pM=";
const WINDOW_CLOSED: &str = "Message failed to send because more than 24 hours have passed since the customer last replied to this number.";
const FIRST: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRCOUVERDcwOTIwMDJCNjE0OTBDNAA=";
const SECOND: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRENjRFQ0E5RjE5MzZBREI4NzUyQgA=";
const THIRD: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRCMTgzRUI3MkY4NURCQjM2MTdCOQA=";

const SENT: Millis = 1_795_185_060_000;

fixtures! { "kapso/webhooks/":
    a_text "v2-message-received-text" => [m(ayu("text").body("Hello, is the room still available?"))];
    a_text_in_many_scripts "v2-message-received-text-unicode" =>
        [m(ayu("text").body("Selamat pagi 👋🏽 — harga kamar berapa ya? “日本語” עברית é"))];
    a_quoting_text "v2-message-received-text-reply" => [m(ayu("text").body("Yes please").reply_to(OURS))];
    a_forwarded_text "v2-message-received-text-forwarded" =>
        [m(ayu("text").body("FYI").detail(json!({"context": {"forwarded": true}})))];
    a_text_of_somebody_without_number "v2-message-received-bsuid-no-phone" =>
        [m(inbound("text").of(by_user_id()).body("Hi, I hid my number"))];
    an_image_has_its_caption_not_the_description "v2-message-received-image" =>
        [m(ayu("image").body("The broken tap").media(media("1003383421387256", "image/jpeg", IMAGE_SHA).at_kapso("photo.jpg", 204_800)))];
    a_voice_note_keeps_its_transcript "v2-message-received-audio-voice" =>
        [m(ayu("audio").detail(json!({"voice": true, "transcript": "Hello, I need help with my order"}))
            .media(media("1908647269898587", "audio/ogg; codecs=opus", VOICE_SHA).at_kapso("voice.ogg", 51_200)))];
    a_video "v2-message-received-video" =>
        [m(ayu("video").body("Leak under the sink")
            .media(media("1166846181421424", "video/mp4", VIDEO_SHA).at_kapso("clip.mp4", 1_843_200)))];
    a_document "v2-message-received-document" =>
        [m(ayu("document").body("Signed")
            .media(media("1376223850470843", "application/pdf", DOCUMENT_SHA).at_kapso("rental_agreement.pdf", 88_064)))];
    a_sticker "v2-message-received-sticker" =>
        [m(ayu("sticker").media(media("798882015472548", "image/webp", STICKER_SHA).at_kapso("sticker.webp", 40_960)))];
    a_location "v2-message-received-location" =>
        [m(ayu("location").detail(json!({"location": {"latitude": -8.650979, "longitude": 115.216667, "name": "Denpasar",
            "address": "Jl. Contoh 1, Denpasar", "url": "https://maps.example.com/denpasar"}})))];
    a_reply_button "v2-message-received-interactive-button-reply" =>
        [m(ayu("interactive").body("Confirm").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI4MDdGQTIzNkREMzZEM0NGNUYA")
            .detail(json!({"interactive": {"type": "button_reply", "button_reply": {"id": "btn_confirm", "title": "Confirm"}}})))];
    a_finished_form "v2-message-received-interactive-nfm-reply" =>
        [m(ayu("interactive").body("Sent").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI0NTRDNTNEMEVBNDUyMzYxM0EA")
            .detail(json!({"flow_name": "booking", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent",
                "response_json": "{\"flow_token\":\"session_abc123\",\"name\":\"Ayu\",\"date\":\"2026-12-01\"}"}}})))];
    a_template_button "v2-message-received-button" =>
        [m(ayu("button").body("Unsubscribe").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI2OTI0MjMwMEY1QjFGMjM4MEEA")
            .detail(json!({"button": {"payload": "UNSUBSCRIBE", "text": "Unsubscribe"}})))];
    a_reaction "v2-message-received-reaction" => [reaction(Some("👍"), by_phone_and_user_id())];
    an_order "v2-message-received-order" =>
        [m(ayu("order").body("Please pack as a gift").detail(json!({"order": {
            "catalog_id": "194836987003835", "text": "Please pack as a gift",
            "product_items": [{"product_retailer_id": "di9ozbzfi4", "quantity": 2, "item_price": 30, "currency": "USD"},
                {"product_retailer_id": "nqryix03ez", "quantity": 1, "item_price": 25, "currency": "USD"}]}})))];
    an_unsupported_message_stays_visible "v2-message-received-unsupported" =>
        [m(ayu("unsupported").detail(json!({"unsupported": {"type": "poll_creation"}, "errors": [{
            "code": 131051, "title": "Message type unknown", "message": "Message type unknown",
            "error_data": {"details": "Message type is currently not supported."}}]})))];

    sent "v2-message-sent" => [m(outbound("text", SENT).body("On my way").statuses(vec![status("sent", SENT)]))];
    delivered_is_as_old_as_its_sending "v2-message-delivered" =>
        [m(outbound("text", SENT).body("On my way").statuses(vec![status("sent", SENT), status("delivered", SENT + 3_000)]))];
    read_by_the_customer "v2-message-read" =>
        [m(outbound("text", SENT).body("On my way")
            .statuses(vec![status("sent", SENT), status("delivered", SENT + 3_000), status("read", SENT + 30_000)]))];
    failed_for_a_closed_window "v2-message-failed-131047" =>
        [m(outbound("text", 1_795_185_100_000).body("This message failed")
            .statuses(vec![status("sent", 1_795_185_100_000), failed(1_795_185_200_000, 131047, WINDOW_CLOSED)]))];
    a_template_has_no_text_of_its_own "v2-message-sent-template" =>
        [m(outbound("template", 1_795_185_400_000).statuses(vec![status("sent", 1_795_185_400_000)])
            .detail(json!({"template": {"name": "order_confirmation", "language": {"code": "en_US"}, "components": [{"type": "body",
                "parameters": [{"type": "text", "parameter_name": "customer_name", "text": "Ayu"}]}]}})))];
    typed_on_the_phone "v2-message-sent-business-app-echo" =>
        [m(outbound("text", 1_795_185_500_000).body("Typed on the phone").origin(Origin::BusinessApp)
            .statuses(vec![WireStatus { contact: None, ..status("sent", 1_795_185_500_000) }]))];

    a_batch "v2-batch-message-received" => [
        m(ayu("text").id(FIRST).body("First in batch")),
        m(ayu("text").id(SECOND).body("Second in batch").at(AT + 2_000)),
        m(ayu("image").id(THIRD).at(AT + 3_000)
            .media(media("1003383421387777", "image/jpeg", "hjioHIu2YYik+ANkFhD4QKQtz5tloDR//kU68dt2ROI="))),
    ];
    a_batch_of_one "v2-batch-message-received-single" => [m(ayu("text").id(FIRST).body("First in batch"))];
    a_legacy_text "v1-message-received-legacy" => [m(inbound("text").body("Hello"))];
    a_forward_in_metas_format "meta-kind-forward" => [m(inbound("text").body("Hello, is the room still available?"))];

    a_changed_identity "v2-contact-identity-changed" => [profile(contact_as_changed(), AT)];
    a_changed_marketing_preference "v2-contact-marketing-preference-changed" =>
        [profile(contact_as_changed(), AT)], "marketing preference of a contact: stopped";

    conversation_created "v2-conversation-created" => [], "event whatsapp.conversation.created needs no action";
    conversation_ended "v2-conversation-ended" => [], "event whatsapp.conversation.ended needs no action";
    conversation_inactive "v2-conversation-inactive" => [], "event whatsapp.conversation.inactive needs no action";
    number_created "project-phone-number-created" => [], "event whatsapp.phone_number.created needs no action";
    number_deleted "project-phone-number-deleted" => [], "event whatsapp.phone_number.deleted needs no action";
    number_disconnected "project-phone-number-disconnected" => [], "event whatsapp.phone_number.disconnected needs no action";
    number_reconnected "project-phone-number-reconnected" => [], "event whatsapp.phone_number.reconnected needs no action";
    number_offboarded "project-phone-number-offboarded" => [], "event whatsapp.phone_number.offboarded needs no action";
    account_disabled "project-account-disabled" => [], "event whatsapp.account.disabled needs no action";
    account_reinstated "project-account-reinstated" => [], "event whatsapp.account.reinstated needs no action";
    account_violation "project-account-violation" => [], "event whatsapp.account.violation needs no action";
    workflow_handoff "project-workflow-execution-handoff" => [], "event workflow.execution.handoff needs no action";
    workflow_failed "project-workflow-execution-failed" => [], "event workflow.execution.failed needs no action";
    project_event "project-event" => [], "event project.event needs no action";
    agent_run_completed "project-agent-run-completed" => [], "event kapso_agent.run.completed needs no action";
    legacy_config_created "v1-project-config-created-legacy" => [], "event whatsapp.config.created needs no action";
    a_table_of_headers_is_no_payload "headers" => [], "payload is not understood";
}

#[test]
fn the_recorded_header_is_the_one_that_names_the_event() {
    let headers = value("kapso/webhooks/headers.json");
    for kind in ["kapso_kind_single", "kapso_kind_batch"] {
        assert_eq!(headers[kind]["X-Webhook-Event"].as_str(), event_header("kapso/webhooks/v2-batch-message-received.json").as_deref());
    }
}

#[test]
fn listed_messages_read_like_delivered_ones() {
    let list = value("kapso/rest/messages-list.response.json");
    let listed: Vec<Item> = list["data"].as_array().unwrap().iter().flat_map(|message| parse_listed(NUMBER, message).items).collect();
    let image = media("1003383421387256", "image/jpeg", IMAGE_SHA).at_kapso("photo.jpg", 204_800);
    let text = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRDQTBERjJDOTVBQTE0NEMxRDBGRgA=";
    let read = WireStatus { provider_id: OURS.into(), contact: None, ..status("read", SENT) };
    assert_eq!(
        listed,
        [
            m(outbound("text", SENT).id(OURS).body("On my way").statuses(vec![read])),
            m(inbound("image")
                .id("wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRCNUYyMDMxRUI2MkUzN0M2RDM4MgA=")
                .at(1_795_184_720_000)
                .body("The broken tap")
                .media(image)),
            m(inbound("text").id(text).body("Hello, is the room still available?")),
        ]
    );
}
