//! Every endpoint, how it is asked, and what everybody is answered. Complete by test ([`super::complete`]): a new endpoint fails until it stands here.

pub(super) use super::asking::*;
use leptos::server_fn::ServerFn;
use my21staff::inbox::api::*;
use std::sync::LazyLock;

/// All of them. What is about people comes last: its last one ends the caller's session.
pub(super) static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| [CONVERSATIONS, super::endpoints_people::PEOPLE].concat());

const CONVERSATIONS: &[Endpoint] = &[
    // ── what shows conversations ─────────────────────────────────────────────────────────────────────────────────
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox")),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox?page={}", far_future())),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}?before={}&panel=contact", ids.conversation, far_future())),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn list_conversations",
        call: |workspace, _| query::<ListConversations>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn list_conversations",
        call: |workspace, _| query::<ListConversations>(&[("workspace", workspace.into()), ("before", far_future())]),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn list_conversations",
        call: |workspace, _| {
            query::<ListConversations>(&[("workspace", workspace.into()), ("view", "view=unassigned&state=all&unread=1".into())])
        },
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn count_conversations",
        call: |workspace, _| query::<CountConversations>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/mentions",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox/mentions")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/pick",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox/pick")),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/views",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox/views")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn shape_view",
        call: |workspace, ids| post::<ShapeView>(workspace, ids, &[("deed", "save"), ("name", ""), ("shared", "true")]),
        answers: [401, 422, 404, 403],
        shows: false,
    },
    Endpoint {
        name: "fn delete_view",
        call: |workspace, ids| post::<DeleteView>(workspace, ids, &[("id", &ids.conversation.to_string())]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/search",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox/search?q=a")),
        answers: [302, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn load_thread",
        call: |workspace, ids| query::<LoadThread>(&about_the_conversation(workspace, ids)),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/live",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/live?after=0")),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/events",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/events?after=0")),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "POST /api/{workspace}/conversations/{conversation}/messages",
        call: |workspace, ids| {
            let fields = [("client_id", uuid::Uuid::new_v4().to_string()), ("text", "halo".into()), ("seen_seq", "1000000000".into())];
            Call::Upload(format!("/api/{workspace}/conversations/{}/messages", ids.conversation), fields.into())
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "GET /api/{workspace}/drafts",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/drafts")),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "GET /api/{workspace}/media/{id}",
        call: |workspace, ids| Call::Get(format!("/api/{workspace}/media/{}", ids.media)),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/conversations/{conversation}/on",
        call: |workspace, ids| Call::Get(format!("/api/{workspace}/conversations/{}/on?date=2026-11-20", ids.conversation)),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn reveal_number",
        call: |workspace, ids| post::<RevealNumber>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    // ── what changes them ────────────────────────────────────────────────────────────────────────────────────────
    Endpoint {
        name: "fn send_message",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            post::<SendMessage>(workspace, ids, &[("client_id", &client_id), ("text", "halo"), ("seen_seq", "1000000000")])
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn send_template",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            let chosen = [("name", "lanjut_percakapan"), ("language", "id"), ("values[b_1]", "Dewi")];
            let sent = [("client_id", &*client_id), ("seen_seq", "1000000000")];
            post::<SendTemplate>(workspace, ids, &[&sent[..], &chosen[..]].concat())
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn run_macro",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            let sent = [("id", &*ids.conversation.to_string()), ("client_id", &*client_id), ("seen_seq", "1000000000")];
            post::<RunMacro>(workspace, ids, &sent)
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/contact",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/contact", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn save_contact",
        call: |workspace, ids| post::<SaveContact>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/merge",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/merge?q=Pelanggan", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/tasks",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox/tasks?whose=all")),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn finish_task",
        call: |workspace, ids| {
            let (note, client_id) = (ids.note.to_string(), uuid::Uuid::new_v4().to_string());
            post::<FinishTask>(workspace, ids, &[("message", &note), ("client_id", &client_id), ("text", "sudah")])
        },
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn set_task",
        call: |workspace, ids| post::<SetTask>(workspace, ids, &[("message", &*ids.note.to_string()), ("due", "again")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn merge_contacts",
        call: |workspace, ids| post::<MergeContacts>(workspace, ids, &[("other", &*ids.contact.to_string())]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn split_contact",
        call: |workspace, ids| post::<SplitContact>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn block_contact",
        call: |workspace, ids| post::<BlockContact>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn move_to_stage",
        call: |workspace, ids| post::<MoveToStage>(workspace, ids, &[("stage", "")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn tag_contact",
        call: |workspace, ids| post::<TagContact>(workspace, ids, &[("tag", "Beasiswa"), ("on", "true")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn send_choices",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            let written = [("client_id", &*client_id), ("seen_seq", "1000000000"), ("text", "Jadi?"), ("choices[0][title]", "Ya")];
            post::<SendChoices>(workspace, ids, &written)
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/choices",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/choices", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/past",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/past", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/score",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/score", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/template",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/template", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation/media",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}/media?kind=files", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn add_note",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            post::<AddNote>(workspace, ids, &[("client_id", &client_id), ("text", "catatan")])
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "POST /api/{workspace}/conversations/{conversation}/draft",
        call: |workspace, ids| {
            let page = uuid::Uuid::new_v4().to_string();
            let form = [("kind", "reply".into()), ("body", "halo".into()), ("base", "0".into()), ("page", page), ("number", "1".into())];
            Call::Post(format!("/api/{workspace}/conversations/{}/draft", ids.conversation), form.into())
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "POST /api/{workspace}/conversations/{conversation}/wording",
        call: |workspace, ids| {
            Call::Post(format!("/api/{workspace}/conversations/{}/wording", ids.conversation), [("way", "better".into())].into())
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn resend_message",
        call: |workspace, ids| post::<ResendMessage>(workspace, ids, &[("message", &ids.message.to_string())]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn take_back",
        call: |workspace, ids| post::<TakeBack>(workspace, ids, &[("message", &ids.message.to_string())]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn react_to_message",
        call: |workspace, ids| post::<ReactToMessage>(workspace, ids, &[("message", &ids.message.to_string()), ("emoji", "👍")]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn send_waiting",
        call: |workspace, ids| {
            post::<SendWaiting>(workspace, ids, &[("message", &ids.message.to_string()), ("seen_seq", "9000000000000000000")])
        },
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn take_over",
        call: |workspace, ids| post::<TakeOver>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn hand_back",
        call: |workspace, ids| post::<HandBack>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn close_conversation",
        call: |workspace, ids| post::<CloseConversation>(workspace, ids, &[("reason", "beres")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn reopen_conversation",
        call: |workspace, ids| post::<ReopenConversation>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn assign_conversation",
        call: |workspace, ids| post::<AssignConversation>(workspace, ids, &[("assignee", "")]),
        // A member may not give to others, whatever it is about.
        answers: [401, 404, 404, 403],
        shows: true,
    },
    Endpoint {
        name: "fn prioritise_conversation",
        call: |workspace, ids| post::<PrioritiseConversation>(workspace, ids, &[("high", "true")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn snooze_conversation",
        call: |workspace, ids| post::<SnoozeConversation>(workspace, ids, &[("until", "monday")]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn bulk_work",
        call: |workspace, ids| {
            let fields = [("workspace", workspace.to_owned()), ("action", uuid::Uuid::new_v4().to_string()), ("deed", "close".into())];
            let picked = ("picked[]", format!("1000000000.{}", ids.conversation));
            Call::Post(BulkWork::PATH.to_owned(), fields.into_iter().chain([picked]).collect())
        },
        // Each conversation is answered by itself: not found.
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint {
        name: "fn undo_bulk_work",
        call: |workspace, _| {
            let fields = vec![("workspace", workspace.to_owned()), ("action", uuid::Uuid::new_v4().to_string())];
            Call::Post(UndoBulkWork::PATH.to_owned(), fields)
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn be_here",
        call: |workspace, ids| post::<BeHere>(workspace, ids, &[("typing", "true")]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn mark_read",
        call: |workspace, ids| post::<MarkRead>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
];
