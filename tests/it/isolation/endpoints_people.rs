//! The endpoints about people, their accounts and what is set: the second half of [`super::endpoints`].

use super::asking::*;
use crate::support::*;
use my21staff::{inbox::api::*, workspace::api::*};

pub(super) const PEOPLE: &[Endpoint] = &[
    // ── people, roles, settings ──────────────────────────────────────────────────────────────────────────────────
    Endpoint { name: "page /onboarding", call: |_, _| Call::Get("/onboarding".into()), answers: [302; 4], shows: false },
    Endpoint { name: "page /workspaces", call: |_, _| Call::Get("/workspaces".into()), answers: [302, 200, 200, 200], shows: false },
    Endpoint { name: "page /invitation", call: |_, _| Call::Get("/invitation?token=x".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /admin", call: |_, _| Call::Get("/admin".into()), answers: [302, 404, 404, 404], shows: false },
    Endpoint {
        name: "page /:workspace/start",
        call: |workspace, _| Call::Get(format!("/{workspace}/start")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/whatsapp",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/whatsapp")),
        answers: [302, 200, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/service",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/service")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn save_service",
        call: |workspace, ids| post::<SaveService>(workspace, ids, &[("first_answer", "0"), ("week[0]", "8-17")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn save_assignment",
        call: |workspace, ids| post::<SaveAssignment>(workspace, ids, &[("mode", "round_robin"), ("capacity", "0")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn set_away",
        call: |workspace, ids| post::<SetAway>(workspace, ids, &[("away", "false")]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/notices",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/notices")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "POST /api/{workspace}/gone",
        call: |workspace, _| Call::Post(format!("/api/{workspace}/gone"), Vec::new()),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn save_notices",
        call: |workspace, ids| {
            let all = ["mine", "nobodys", "given", "handover", "named", "late"].map(|name| (name, "on"));
            post::<SaveNotices>(workspace, ids, &[&all[..], &[("quiet_from", "21:00"), ("quiet_until", "07:00")]].concat())
        },
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn remove_device",
        call: |workspace, ids| post::<RemoveDevice>(workspace, ids, &[("device", "00000000-0000-0000-0000-000000000000")]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn test_notice",
        call: |workspace, ids| post::<TestNotice>(workspace, ids, &[]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn add_holidays",
        call: |workspace, ids| post::<AddHolidays>(workspace, ids, &[("day", "2026-02-30"), ("name", "Libur")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn remove_holiday",
        call: |workspace, ids| post::<RemoveHoliday>(workspace, ids, &[("day", "besok")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/team",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/team")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/roles",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/roles")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/audit",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/audit")),
        answers: [302, 200, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/macros",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/macros")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn save_macro",
        call: |workspace, ids| post::<SaveMacro>(workspace, ids, &[("name", "")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn delete_macro",
        call: |workspace, ids| post::<DeleteMacro>(workspace, ids, &[("id", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/settings/quick-replies",
        call: |workspace, _| Call::Get(format!("/{workspace}/settings/quick-replies")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn list_quick_replies",
        call: |workspace, _| query::<ListQuickReplies>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn save_quick_reply",
        call: |workspace, ids| post::<SaveQuickReply>(workspace, ids, &[("shortcut", ""), ("text", "x")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn delete_quick_reply",
        call: |workspace, ids| post::<DeleteQuickReply>(workspace, ids, &[("quick_reply", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "GET /api/{workspace}/audit.csv",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/audit.csv")),
        answers: [401, 200, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn create_workspace",
        call: |workspace, ids| post::<CreateWorkspace>(workspace, ids, &[("name", "Baru"), ("time_zone", "Asia/Jakarta")]),
        answers: [401, 200, 200, 200],
        shows: false,
    },
    Endpoint {
        name: "fn accept_invitation",
        call: |workspace, ids| post::<AcceptInvitation>(workspace, ids, &[("token", "x")]),
        answers: [401, 409, 409, 409],
        shows: false,
    },
    Endpoint {
        name: "fn invite_member",
        call: |workspace, ids| post::<InviteMember>(workspace, ids, &[("name", "X"), ("email", "x@demo.test"), ("role", "owner")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn resend_invitation",
        call: |workspace, ids| post::<ResendInvitation>(workspace, ids, &[("invitation", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn cancel_invitation",
        call: |workspace, ids| post::<CancelInvitation>(workspace, ids, &[("invitation", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn change_role",
        call: |workspace, ids| post::<ChangeRole>(workspace, ids, &[("person", &ids.member.to_string()), ("role", "admin")]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn remove_member",
        call: |workspace, ids| post::<RemoveMember>(workspace, ids, &[("person", &ids.member.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn hand_over_ownership",
        call: |workspace, ids| post::<HandOverOwnership>(workspace, ids, &[("person", &ids.member.to_string()), ("confirmation", "")]),
        answers: [401, 409, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn save_role",
        call: |workspace, ids| post::<SaveRole>(workspace, ids, &[("name", ""), ("permissions[]", "leads:view_all")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn delete_role",
        call: |workspace, ids| post::<DeleteRole>(workspace, ids, &[("role", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn save_team",
        call: |workspace, ids| post::<SaveTeam>(workspace, ids, &[("name", ""), ("people[]", &ids.member.to_string())]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn delete_team",
        call: |workspace, ids| post::<DeleteTeam>(workspace, ids, &[("team", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn save_settings",
        call: |workspace, ids| post::<SaveSettings>(workspace, ids, &[("name", ""), ("time_zone", "Asia/Jakarta")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn connect_number",
        call: |workspace, ids| post::<ConnectNumber>(workspace, ids, &[("phone_number_id", NUMBER), ("api_key", "sandbox")]),
        answers: [401, 409, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn test_number",
        call: |workspace, ids| post::<TestNumber>(workspace, ids, &[("number", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn disconnect_number",
        call: |workspace, ids| post::<DisconnectNumber>(workspace, ids, &[("number", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn create_client",
        call: |workspace, ids| post::<CreateClient>(workspace, ids, &[("name", "X"), ("email", "x@demo.test"), ("business", "X")]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn suspend_workspace",
        call: |workspace, ids| post::<SuspendWorkspace>(workspace, ids, &[("reason", "x")]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn resume_workspace",
        call: |workspace, ids| post::<ResumeWorkspace>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    // ── what is about the workspace or the person ────────────────────────────────────────────────────────────────
    Endpoint {
        name: "fn load_viewer",
        call: |workspace, _| query::<LoadViewer>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint { name: "GET /worker.js", call: |_, _| Call::Get("/worker.js".into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /api/push-key", call: |_, _| Call::Get("/api/push-key".into()), answers: [401, 200, 200, 200], shows: false },
    Endpoint {
        name: "POST /api/push-devices",
        call: |_, _| Call::Post("/api/push-devices".into(), vec![("endpoint", "https://push.test/1".into())]),
        answers: [401, 422, 422, 422],
        shows: false,
    },
    Endpoint {
        name: "POST /api/push-forgotten",
        call: |_, _| Call::Post("/api/push-forgotten".into(), vec![("endpoint", "https://push.test/1".into())]),
        answers: [401, 422, 422, 422],
        shows: false,
    },
    Endpoint { name: "GET /api/session", call: |_, _| Call::Get("/api/session".into()), answers: [401, 200, 200, 200], shows: false },
    Endpoint { name: "GET /dashboard", call: |_, _| Call::Get("/dashboard".into()), answers: [303; 4], shows: false },
    Endpoint {
        name: "page /:workspace/mail",
        call: |workspace, _| Call::Get(format!("/{workspace}/mail")),
        answers: [302, 200, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "POST /api/{workspace}/mail/{id}/resend",
        call: |workspace, ids| Call::Post(format!("/api/{workspace}/mail/{}/resend", ids.media), Vec::new()),
        answers: [401, 404, 404, 403],
        shows: false,
    },
    // ── what is about the person: nobody else's account is named by any id ────────────────────────────────────────
    Endpoint { name: "page /account", call: |_, _| Call::Get("/account".into()), answers: [302, 200, 200, 200], shows: false },
    Endpoint { name: "page /change-password", call: |_, _| Call::Get("/change-password".into()), answers: [302; 4], shows: false },
    Endpoint {
        name: "POST /change-password",
        call: |_, _| Call::Post("/change-password".into(), vec![("new", "pendek".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/profile",
        call: |_, _| Call::Post("/account/profile".into(), vec![("name", "".into()), ("locale", "id".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/password",
        call: |_, _| Call::Post("/account/password".into(), vec![("current", "".into()), ("new", "pendek".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/sessions/end",
        call: |_, _| Call::Post("/account/sessions/end".into(), vec![("session", "00000000-0000-7000-8000-000000000000".into())]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "POST /account/sessions/end-others",
        call: |_, _| Call::Post("/account/sessions/end-others".into(), Vec::new()),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/totp/start",
        call: |_, _| Call::Post("/account/totp/start".into(), vec![("password", "".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/totp/confirm",
        call: |_, _| Call::Post("/account/totp/confirm".into(), vec![("code", "000000".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/totp/remove",
        call: |_, _| Call::Post("/account/totp/remove".into(), vec![("password", "".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/recovery",
        call: |_, _| Call::Post("/account/recovery".into(), vec![("password", "".into())]),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/recovery/read",
        call: |_, _| Call::Post("/account/recovery/read".into(), Vec::new()),
        answers: [401, 303, 303, 303],
        shows: false,
    },
    Endpoint {
        name: "POST /account/passkeys/remove",
        call: |_, _| {
            Call::Post(
                "/account/passkeys/remove".into(),
                vec![("passkey", "00000000-0000-7000-8000-000000000000".into()), ("password", "".into())],
            )
        },
        answers: [401, 303, 303, 303],
        shows: false,
    },
    // These speak JSON and nothing that a form can send; `accounts::passkeys` asks them as our script does.
    Endpoint {
        name: "POST /api/passkey/register/options",
        call: |_, _| Call::Post("/api/passkey/register/options".into(), Vec::new()),
        answers: [415; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /api/passkey/register",
        call: |_, _| Call::Post("/api/passkey/register".into(), Vec::new()),
        answers: [415; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /api/passkey/sign-in",
        call: |_, _| Call::Post("/api/passkey/sign-in".into(), Vec::new()),
        answers: [415; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /api/passkey/sign-in/options",
        call: |_, _| Call::Post("/api/passkey/sign-in/options".into(), Vec::new()),
        answers: [200; 4],
        shows: false,
    },
    // ── what is for everybody ────────────────────────────────────────────────────────────────────────────────────
    Endpoint { name: "page /", call: |_, _| Call::Get("/".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /sign-in", call: |_, _| Call::Get("/sign-in".into()), answers: [200; 4], shows: false },
    // Where Clerk is the way in; with local accounts there is nothing to refresh and no organisation to choose.
    Endpoint { name: "page /sign-in/refresh", call: |_, _| Call::Get("/sign-in/refresh".into()), answers: [302; 4], shows: false },
    Endpoint {
        name: "page /sign-in/organization",
        call: |_, _| Call::Get("/sign-in/organization".into()),
        answers: [302; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /api/webhook/clerk",
        call: |_, _| Call::Post("/api/webhook/clerk".into(), vec![("type", "user.created".into())]),
        answers: [503; 4],
        shows: false,
    },
    Endpoint { name: "page /sign-in/second", call: |_, _| Call::Get("/sign-in/second".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /sign-up", call: |_, _| Call::Get("/sign-up".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /forgot", call: |_, _| Call::Get("/forgot".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /verify", call: |_, _| Call::Get("/verify?token=salah".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /reset", call: |_, _| Call::Get("/reset?token=salah".into()), answers: [200; 4], shows: false },
    Endpoint {
        name: "POST /sign-in/second",
        call: |_, _| Call::Post("/sign-in/second".into(), vec![("code", "000000".into())]),
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /sign-up",
        call: |_, _| {
            Call::Post("/sign-up".into(), vec![("name", "".into()), ("email", "bukan alamat".into()), ("password", "pendek".into())])
        },
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /verify",
        call: |_, _| Call::Post("/verify".into(), vec![("token", "salah".into())]),
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /forgot",
        call: |_, _| Call::Post("/forgot".into(), vec![("email", "bukan alamat".into())]),
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /reset",
        call: |_, _| Call::Post("/reset".into(), vec![("token", "salah".into()), ("password", "pendek".into())]),
        answers: [303; 4],
        shows: false,
    },
    // The script is public; under another name there is none.
    Endpoint { name: "GET /scripts/{name}", call: |_, _| Call::Get("/scripts/x.js".into()), answers: [404; 4], shows: false },
    Endpoint { name: "GET /healthz", call: |_, _| Call::Get("/healthz".into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /readyz", call: |_, _| Call::Get("/readyz".into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /api/webhook/kapso", call: |_, _| Call::Get("/api/webhook/kapso".into()), answers: [200; 4], shows: false },
    Endpoint {
        name: "POST /api/webhook/kapso",
        call: |_, _| Call::Post("/api/webhook/kapso".into(), vec![("phone_number_id", NUMBER.into())]),
        answers: [401; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /api/csp-report",
        call: |_, _| Call::Post("/api/csp-report".into(), vec![("csp-report", "x".into())]),
        answers: [422; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /preferences",
        call: |workspace, _| Call::Post("/preferences".into(), vec![("locale", "en".into()), ("back", format!("/{workspace}/inbox"))]),
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /sign-in",
        call: |_, _| Call::Post("/sign-in".into(), vec![("email", "owner@demo.test".into()), ("password", "salah".into())]),
        answers: [303; 4],
        shows: false,
    },
    // In demo mode anybody may be anybody who exists; nobody else may.
    Endpoint {
        name: "POST /api/dev/sign-in",
        call: |_, _| Call::Post("/api/dev/sign-in".into(), vec![("email", "nobody@demo.test".into())]),
        answers: [303; 4],
        shows: false,
    },
    // Last: it ends the caller's session.
    Endpoint { name: "POST /sign-out", call: |_, _| Call::Post("/sign-out".into(), Vec::new()), answers: [303; 4], shows: false },
];
