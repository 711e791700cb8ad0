//! Meta's recorded deliveries.

use super::*;

const BUTTON: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI2OTI0MjMwMEY1QjFGMjM4MEEA";
/// What Meta calls a click on an advert.
const CLICK: &str = "Aff-n8ZTODiE79d22KtAwQKj9e_mIEOOj27vDVwFjN80dp4_0NiNhEgpGo0AHemvuSoifXaytfTzcchptiErTKCqTrJ5nW1h7IHYeYymGb5K5J5iT\
    ROpBhWAGaIAeUzHL50";
const REPORTED: Millis = 1_795_185_060_000;
const FAILED: Millis = 1_795_185_200_000;
const STOPPED: &str =
    "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business";

fn unknown_type() -> Value {
    json!([{"code": 131051, "title": "Message type unknown", "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."}}])
}

fixtures! { "whatsapp/":
    text "inbound/text" => [m(inbound("text").body("Hello, is the room still available?"))];
    text_in_many_scripts "inbound/text-unicode" => [m(inbound("text").body("Selamat pagi 👋🏽 — harga kamar berapa ya? “日本語” עברית é"))];
    text_at_the_limit "inbound/text-4096" => [m(inbound("text").body(&"x".repeat(4096)))];
    empty_text "inbound/text-empty-body" => [m(inbound("text"))];
    quoting_text "inbound/text-reply" => [m(inbound("text").body("Yes please").reply_to(OURS))];
    forwarded_text "inbound/text-forwarded" => [m(inbound("text").body("FYI").detail(json!({"context": {"forwarded": true}})))];
    often_forwarded_text "inbound/text-frequently-forwarded" =>
        [m(inbound("text").body("FYI").detail(json!({"context": {"frequently_forwarded": true}})))];
    product_enquiry "inbound/text-product-enquiry" =>
        [m(inbound("text").body("Is this available?").reply_to(OURS).detail(json!({"context": {"referred_product":
            {"catalog_id": "194836987003835", "product_retailer_id": "di9ozbzfi4"}}})))];
    text_from_an_advert "inbound/text-ad-referral" =>
        [m(inbound("text").body("I saw your ad").detail(json!({"referral": {"source_url": "https://fb.me/3cr4Wqqkv",
            "source_id": "120226305854810726", "source_type": "ad", "body": "Rooms from 99/night", "headline": "Chat with us",
            "media_type": "image", "image_url": "https://scontent.example.net/ad.jpg",
            "ctwa_clid": CLICK,
            "welcome_message": {"text": "Hi there! Let us know how we can help!"}}})))];
    text_of_somebody_without_number "inbound/text-bsuid-no-phone" => [m(inbound("text").of(by_user_id()).body("Hi, I hid my number"))];
    two_messages_in_one_change "inbound/multi-message" => [
        m(inbound("text").id("wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBQxQUFEMjcyMEZCMkMxNDU3QUQ3RQA=").body("one")),
        m(inbound("text").id("wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBQ4M0ZBQjFDQkI5NkFERDBCMjQzNQA=").body("two").at(AT + 1_000)),
    ];
    image "inbound/image" => [m(inbound("image").body("The broken tap")
        .media(media("1003383421387256", "image/jpeg", "spgUz1eS5oTNddan/OemehGIfjEvh8oqwkltgfNl/3I=").at_meta()))];
    voice_note "inbound/audio-voice" => [m(inbound("audio").detail(json!({"voice": true}))
        .media(media("1908647269898587", "audio/ogg; codecs=opus", "QnXXHpD38J+dy7oq7qr7PzBXZ4C8TVQZ/whtHG8CplQ=").at_meta()))];
    audio_file "inbound/audio-file" => [m(inbound("audio")
        .media(media("1908647269898588", "audio/mpeg", "XLQJJvbqv+oLfb4zfOygy3BU8wDnDZTLCukpH2U1OAo=")))];
    video "inbound/video" => [m(inbound("video").body("Leak under the sink")
        .media(media("1166846181421424", "video/mp4", "H/g43GypaA2IRVNBEYFX1ZoFX+bQ44cPnAAoR76+RmM=").at_meta()))];
    document "inbound/document" => [m(inbound("document").body("Signed")
        .media(media("1376223850470843", "application/pdf", "E51US4IbE+vqFPGw/hhXciLkFcKWbjo1EcQZYFUjIgI=").at_meta()
            .named("rental_agreement.pdf")))];
    sticker "inbound/sticker" => [m(inbound("sticker")
        .media(media("798882015472548", "image/webp", "mxeAaN45PSpjqiyfMAVW3f9as5qQH41v55kMaxFs8pM=").at_meta()))];
    animated_sticker "inbound/sticker-animated" => [m(inbound("sticker").detail(json!({"animated": true}))
        .media(media("798882015472549", "image/webp", "uwAsOFtVSvczEMsawPPJjlveqXTa29PH5HqbzZVri8Q=")))];
    location "inbound/location" => [m(inbound("location").detail(json!({"location": {"latitude": -8.650979, "longitude": 115.216667,
        "name": "Denpasar", "address": "Jl. Contoh 1, Denpasar", "url": "https://maps.example.com/denpasar"}})))];
    bare_pin "inbound/location-pin" => [m(inbound("location").detail(json!({"location": {"latitude": 0, "longitude": 0}})))];
    contact_card "inbound/contacts" => [m(inbound("contacts").detail(json!({"contacts": [{
        "addresses": [{"city": "Denpasar", "country": "Indonesia", "country_code": "id", "state": "Bali", "street": "Jl. Contoh 1",
            "type": "Home", "zip": "80111"}],
        "birthday": "1999-01-23",
        "emails": [{"email": "budi@example.com", "type": "Work"}],
        "name": {"formatted_name": "Budi Contoh", "first_name": "Budi", "last_name": "Contoh", "middle_name": "A.",
            "suffix": "Jr.", "prefix": "Mr."},
        "org": {"company": "Example Co", "department": "Field", "title": "Plumber"},
        "phones": [{"phone": "+1 (555) 010-0199", "wa_id": "15550100199", "type": "MOBILE"}],
        "urls": [{"url": "https://www.example.com", "type": "Company"}]}]})))];
    template_button "inbound/button" => [m(inbound("button").body("Unsubscribe").reply_to(BUTTON)
        .detail(json!({"button": {"payload": "UNSUBSCRIBE", "text": "Unsubscribe"}})))];
    reply_button "inbound/interactive-button-reply" =>
        [m(inbound("interactive").body("Confirm").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI4MDdGQTIzNkREMzZEM0NGNUYA")
            .detail(json!({"interactive": {"type": "button_reply", "button_reply": {"id": "btn_confirm", "title": "Confirm"}}})))];
    list_row "inbound/interactive-list-reply" =>
        [m(inbound("interactive").body("Express").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI5QkIzQTc4QkFCRTc2Nzk1M0QA")
            .detail(json!({"interactive": {"type": "list_reply",
                "list_reply": {"id": "express", "title": "Express", "description": "1-2 days"}}})))];
    finished_form "inbound/interactive-nfm-reply" =>
        [m(inbound("interactive").body("Sent").reply_to("wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBI0NTRDNTNEMEVBNDUyMzYxM0EA")
            .detail(json!({"interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent",
                "response_json": "{\"flow_token\":\"session_abc123\",\"name\":\"Ayu\",\"date\":\"2026-12-01\"}"}}})))];
    reaction_given "inbound/reaction" => [reaction(Some("👍"), by_phone())];
    reaction_taken_back "inbound/reaction-removed" => [reaction(None, by_phone())];
    order "inbound/order" => [m(inbound("order").body("Love these!").detail(json!({"order": {
        "catalog_id": "194836987003835", "text": "Love these!",
        "product_items": [{"product_retailer_id": "di9ozbzfi4", "quantity": 2, "item_price": 30, "currency": "USD"},
            {"product_retailer_id": "nqryix03ez", "quantity": 1, "item_price": 25.5, "currency": "USD"}]}})))];
    unsupported "inbound/unsupported" =>
        [m(inbound("unsupported").detail(json!({"unsupported": {"type": "edit"}, "errors": unknown_type()})))];
    unsupported_without_subtype "inbound/unsupported-without-subtype" =>
        [m(inbound("unsupported").detail(json!({"errors": unknown_type()})))];
    typed_on_the_phone "inbound/smb-message-echo" =>
        [m(outbound("text", 1_795_185_500_000).of(nameless()).body("Typed on the phone").origin(Origin::BusinessApp))];
    a_group_is_no_conversation "inbound/group-text" => [], "group message left out";
    an_error_of_the_number "inbound/value-errors" => [], "the number reports error 130429";
    an_unknown_field "inbound/unknown-field" => [], "field brand_new_field is not understood";
    no_more_marketing "inbound/user-preferences-stop" => [profile(by_phone(), AT)], "marketing preference of a contact: stop";

    sent_minimal "statuses/sent-minimal" => [s(status("sent", REPORTED))];
    sent_service "statuses/sent-service" => [s(status("sent", REPORTED))];
    sent_marketing "statuses/sent-marketing-with-conversation" => [s(status("sent", REPORTED))];
    sent_free_entry_point "statuses/sent-free-entry-point" => [s(status("sent", REPORTED))];
    sent_legacy_pricing "statuses/sent-cbp-legacy" => [s(status("sent", REPORTED))];
    sent_with_callback_data "statuses/sent-with-callback-data" =>
        [s(WireStatus { callback_data: Some("{\"outbox\":\"01J9\"}".into()), ..status("sent", REPORTED) })];
    delivered "statuses/delivered" => [s(status("delivered", 1_795_185_063_000))];
    read "statuses/read" => [s(status("read", 1_795_185_090_000))];
    delivered_to_a_group "statuses/group-delivered" => [], "status of a group message left out";
    failed_130472 "statuses/failed-130472" =>
        [s(failed(FAILED, 130472, "Failed to send message because this user's phone number is part of an experiment"))];
    failed_131000 "statuses/failed-131000" => [s(failed(FAILED, 131000, "Message failed to send due to an unknown error."))];
    failed_131026 "statuses/failed-131026" => [s(failed(FAILED, 131026, "Message Undeliverable."))];
    failed_131042 "statuses/failed-131042" =>
        [s(failed(FAILED, 131042, "Message failed to send because there were one or more errors related to your payment method."))];
    failed_131047 "statuses/failed-131047" => [s(failed(FAILED, 131047,
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number."))];
    failed_131048 "statuses/failed-131048" => [s(failed(FAILED, 131048,
        "Message failed to send because there are restrictions on how many messages can be sent from this phone number."))];
    failed_131049 "statuses/failed-131049" =>
        [s(failed(FAILED, 131049, "In order to maintain a healthy ecosystem engagement, the message failed to be delivered."))];
    failed_131050 "statuses/failed-131050" => [s(failed(FAILED, 131050, STOPPED))];
    failed_131052 "statuses/failed-131052" => [s(failed(FAILED, 131052, "Failed to download the media from the sender."))];
    failed_132012 "statuses/failed-132012" => [s(failed(FAILED, 132012, "Parameter format does not match format in the created template"))];

    template_approved "templates/status-approved" => [], "field message_template_status_update (APPROVED) needs no action";
    template_rejected "templates/status-rejected" => [], "field message_template_status_update (REJECTED) needs no action";
    template_paused "templates/status-paused" => [], "field message_template_status_update (PAUSED) needs no action";
    template_disabled "templates/status-disabled" => [], "field message_template_status_update (DISABLED) needs no action";
}
