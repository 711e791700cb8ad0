//! The phone page as HTML: a phone, the people one can be, and four steps.

use super::{
    super::{
        Business, SandboxConfig,
        world::{Chat, Message, World},
    },
    CUSTOMERS, Setting,
    bubble::{self, escape},
    texts::Texts,
};

/// As many messages as a phone page shows; the inbox has the rest.
const SHOWN: usize = 200;

/// The newest messages of a chat, oldest first.
pub fn last_messages<'a>(world: &'a World, chat: &'a Chat) -> Vec<&'a Message> {
    let mut messages: Vec<&Message> = world.thread(chat).rev().filter(|message| !message.is_change()).take(SHOWN).collect();
    messages.reverse();
    messages
}

/// The whole page.
pub fn render(world: &World, config: &SandboxConfig, setting: &Setting) -> String {
    let texts = setting.texts;
    let business = config.businesses.iter().find(|business| business.phone_number_id == setting.chat.phone_number_id);
    let business_name = escape(business.map_or("", |business| business.name.as_str()));
    format!(
        r##"<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>{title} · {business_name}</title>
<link rel="stylesheet" href="/sandbox/phone.css">
<script src="/sandbox/phone.js" defer></script>
</head>
<body>
<header class="bar">
<h1>{title}</h1>
<p class="lead">{lead}</p>
<a href="{other_page}" lang="{other_lang}" hreflang="{other_lang}">{other_language}</a>
<a class="button" href="{inbox}">{open_inbox}</a>
</header>
<main>
{phone}
<div class="beside">
{quick}
{people}
<section aria-labelledby="steps"><h2 id="steps">{steps_title}</h2><ol class="steps">{steps}</ol><p class="small">{forgets}</p></section>
</div>
</main>
</body>
</html>"##,
        lang = texts.lang,
        title = texts.title,
        lead = texts.lead,
        other_page = other_page(setting),
        other_lang = other_lang(texts),
        other_language = texts.other_language,
        inbox = escape(business.map_or("/", |business| business.inbox_path.as_str())),
        open_inbox = texts.open_inbox,
        phone = phone(world, setting, &business_name),
        people = people(config, setting),
        quick = quick(setting),
        steps_title = texts.steps,
        steps = texts.step.map(|step| format!("<li>{step}</li>")).concat(),
        forgets = texts.forgets,
    )
}

fn other_lang(texts: &Texts) -> &'static str {
    if texts.lang == "id" { "en" } else { "id" }
}

fn other_page(setting: &Setting) -> String {
    let query = setting.query();
    let query = query.strip_suffix(setting.texts.lang).unwrap_or(&query);
    format!("/sandbox/phone?{}{}", escape(query), other_lang(setting.texts))
}

fn phone(world: &World, setting: &Setting, business_name: &str) -> String {
    let texts = setting.texts;
    let query = escape(&setting.query());
    let messages = last_messages(world, &setting.chat);
    let items: String = messages.iter().map(|message| bubble::item(world, message, texts)).collect();
    let hidden = if messages.is_empty() { "" } else { " hidden" };
    let letters: String = business_name.split(' ').filter_map(|word| word.chars().next()).take(2).collect();
    let samples = [("image", texts.photo), ("voice", texts.voice), ("location", texts.location)]
        .map(|(kind, name)| format!(r#"<button name="kind" value="{kind}">{name}</button>"#))
        .concat();
    format!(
        r##"<section class="phone" aria-label="{label}" id="phone" data-stream="/sandbox/phone/events?{query}" data-live="{live}" data-offline="{offline}" data-not-sent="{not_sent}">
<header class="top"><span class="avatar" aria-hidden="true">{letters}</span><h2>{business_name}<small>{business_account}</small></h2></header>
<button form="composer" name="kind" value="text" hidden></button>
<div class="log" role="log" aria-label="{chat}" tabindex="0" id="log"><p class="empty" id="empty"{hidden}>{nothing_yet}</p><ol id="messages">{items}</ol><span id="end"></span></div>
<p class="status" role="status" id="status"><a href="/sandbox/phone?{query}#end" id="refresh">{refresh}</a></p>
<form class="composer" method="post" action="/sandbox/phone/messages" id="composer">{hidden_fields}
<label class="sr" for="text">{write_here}</label>
<input id="text" name="text" type="text" autocomplete="off" maxlength="4096" placeholder="{write_here}">
<button class="send" name="kind" value="text" aria-label="{send}"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3.7 3 21 12 3.7 21 6.5 12Z"/><path d="M6.5 12H14"/></svg></button>
<div class="samples" role="group" aria-label="{attach}">{samples}</div>
</form>
</section>"##,
        label = texts.phone,
        live = texts.live,
        offline = texts.offline,
        not_sent = texts.not_sent,
        business_account = texts.business_account,
        chat = texts.chat,
        nothing_yet = texts.nothing_yet,
        refresh = texts.refresh,
        hidden_fields = hidden_fields(setting),
        write_here = texts.write_here,
        send = texts.send,
        attach = texts.attach,
    )
}

fn hidden_fields(setting: &Setting) -> String {
    let fields = [
        ("as", &*setting.chat.customer),
        ("name", &*setting.name),
        ("number", &*setting.chat.phone_number_id),
        ("lang", setting.texts.lang),
    ];
    fields.map(|(name, value)| format!(r#"<input type="hidden" name="{name}" value="{}">"#, escape(value))).concat()
}

fn quick(setting: &Setting) -> String {
    let texts = setting.texts;
    let buttons =
        texts.quick.map(|sentence| format!(r#"<button name="quick" value="{sentence}">{sentence}</button>"#, sentence = escape(sentence)));
    format!(
        r#"<form class="quick" method="post" action="/sandbox/phone/messages" id="quick" aria-labelledby="try"><h2 id="try">{}</h2>{}<div class="chips">{}</div></form>"#,
        texts.try_this,
        hidden_fields(setting),
        buttons.concat(),
    )
}

fn people(config: &SandboxConfig, setting: &Setting) -> String {
    let texts = setting.texts;
    let chosen = |is: bool| if is { " selected" } else { "" };
    let option =
        |value: &str, name: &str, is: bool| format!(r#"<option value="{}"{}>{}</option>"#, escape(value), chosen(is), escape(name));
    let mut customers: String =
        CUSTOMERS.iter().map(|(number, name)| option(number, &format!("{name}, +{number}"), *number == setting.chat.customer)).collect();
    if CUSTOMERS.iter().all(|(number, _)| *number != setting.chat.customer) {
        customers += &option(&setting.chat.customer, &format!("{}, +{}", setting.name, setting.chat.customer), true);
    }
    let business =
        |business: &Business| option(&business.phone_number_id, &business.name, business.phone_number_id == setting.chat.phone_number_id);
    format!(
        r#"<form class="people" method="get" action="/sandbox/phone" aria-labelledby="who"><h2 id="who">{who}</h2>
<input type="hidden" name="lang" value="{lang}">
<label>{customer}<select name="as">{customers}</select></label>
<label>{to}<select name="number">{businesses}</select></label>
<button>{switch}</button></form>"#,
        who = texts.who,
        lang = texts.lang,
        customer = texts.customer,
        to = texts.business,
        businesses = config.businesses.iter().map(business).collect::<String>(),
        switch = texts.switch,
    )
}
