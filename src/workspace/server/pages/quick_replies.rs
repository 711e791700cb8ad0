//! `/{workspace}/settings/quick-replies`: the texts kept ready for the composer. Everybody reads them; who changes them is a permission.

use super::*;
use crate::inbox::{
    api::{DeleteQuickReply, SaveQuickReply},
    model::{MAX_QUICK_REPLY, MAX_SHORTCUT, QuickReply},
    server::quick_replies,
};
use leptos::server_fn::ServerFn;

/// Each with its form, and one for the next.
#[component]
pub fn QuickRepliesPage() -> impl IntoView {
    let team = say().team;
    let outcome = outcome(say(), &[("deleted", team.quick_reply_deleted)]);
    settings_page(Part::QuickReplies, async move |app, scope, say| {
        let all = quick_replies::list(&app, &scope).await?;
        let may = scope.permissions.has(Permission::ManageQuickReplies);
        let none = all.is_empty().then(|| view! { <p class="muted">{say.team.no_quick_replies}</p> });
        let content = view! {
            <p class="muted">{say.team.quick_replies_text}</p>
            {none}
            {all.iter().map(|reply| one(say, &scope, reply, may)).collect_view()}
        };
        Ok(view! {
            {outcome}
            {card(say.team.quick_replies.into(), content.into_any())}
            {card(say.team.new_quick_reply.into(), form(say, &scope, None))}
        }
        .into_any())
    })
}

fn one(say: Say, scope: &Scope, reply: &QuickReply, may: bool) -> AnyView {
    let team = say.team;
    let changes = may.then(|| {
        let fields = view! {
            {hidden("workspace", scope.slug.clone())}
            {hidden("quick_reply", reply.id.to_string())}
        };
        let text = fill(team.delete_quick_reply_text, &[&reply.shortcut]);
        view! {
            {form(say, scope, Some(reply))}
            {confirmed(team.delete, text, fields.into_any(), DeleteQuickReply::url(), team.delete_yes)}
        }
    });
    let text = (!may).then(|| view! { <p class="kept-text">{reply.text.clone()}</p> });
    view! {
        <details class="fold">
            <summary>"/" {reply.shortcut.clone()}</summary>
            {text}
            {changes}
        </details>
    }
    .into_any()
}

fn form(say: Say, scope: &Scope, reply: Option<&QuickReply>) -> AnyView {
    let team = say.team;
    let key = reply.map_or_else(|| "new".into(), |reply| reply.id.to_string());
    let (shortcut, text) = reply.map(|reply| (reply.shortcut.clone(), reply.text.clone())).unwrap_or_default();
    let text_id = format!("text-{key}");
    let hint_id = format!("{text_id}-hint");
    view! {
        <form method="post" action=SaveQuickReply::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            {reply.map(|reply| hidden("quick_reply", reply.id.to_string()))}
            <div class="field">
                <label for=format!("shortcut-{key}")>{team.shortcut}</label>
                <input
                    id=format!("shortcut-{key}")
                    class="input"
                    name="shortcut"
                    value=shortcut
                    required
                    maxlength=MAX_SHORTCUT.to_string()
                    autocomplete="off"
                />
            </div>
            <div class="field">
                <label for=text_id.clone()>{team.quick_reply_body}</label>
                <textarea
                    id=text_id
                    class="input tall-text"
                    name="text"
                    rows="4"
                    required
                    maxlength=MAX_QUICK_REPLY.to_string()
                    aria-describedby=hint_id.clone()
                >
                    {inert(&text)}
                </textarea>
                <p id=hint_id class="cap muted">
                    {team.quick_reply_hint}
                </p>
            </div>
            {button(say, scope, Permission::ManageQuickReplies, team.save, false)}
        </form>
    }
    .into_any()
}

/// A text as the inside of a textarea, which the renderer leaves as it is: nothing in it ends the textarea or begins a tag.
pub(super) fn inert(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::inert;

    #[test]
    fn a_text_cannot_end_its_box() {
        assert_eq!(inert("</textarea><b>&lt;"), "&lt;/textarea>&lt;b>&amp;lt;");
    }
}
