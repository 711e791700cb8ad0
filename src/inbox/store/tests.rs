//! What races in the store: frames, answers and a person's own clicks, in any order.

use super::*;
use crate::{
    ids::PersonId,
    inbox::{
        concerns::{Cause, Deaf},
        later::Leaves,
        list_view::SavedView,
    },
    words::Locale,
};

mod changed;
mod lists;

const NOW: Millis = 1_795_184_701_000;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn viewer() -> Viewer {
    Viewer {
        person: PersonRef { id: id(900).into(), name: "Rani Prameswari".into() },
        email: "rani@demo.test".into(),
        workspace_slug: "demo".into(),
        workspace_name: "Demo".into(),
        role: "owner".into(),
        offset_minutes: 420,
        now: NOW,
        ari_enabled: true,
        sandbox: false,
        may_reply: true,
        team: Vec::new(),
        deaf: Deaf::default(),
        macros: Vec::new(),
        may_label: true,
        rights: String::new(),
    }
}

/// Conversation `n`, last heard of `n` minutes ago.
fn conversation(n: u128) -> ConversationView {
    ConversationView {
        id: id(n).into(),
        contact_id: id(n + 100).into(),
        name: format!("Pelanggan {n}"),
        holder: Holder::Ari,
        assignee: None,
        closed: false,
        blocked: false,
        snoozed_until: None,
        high_priority: false,
        unread: 0,
        last_at: NOW - n as i64 * MINUTE,
        window_closes: None,
        number: None,
        stage: None,
        tags: Vec::new(),
        values: Vec::new(),
        waiting_since: None,
        answer_due: None,
        resolve_due: None,
        chat_score: None,
        last: None,
    }
}

/// Message `n` of conversation 1, written by the customer at minute `n`.
fn message(n: u128) -> MessageView {
    MessageView {
        id: id(n).into(),
        conversation_id: id(1).into(),
        client_id: None,
        direction: Direction::Inbound,
        sender: Sender::Contact,
        sender_id: None,
        sender_name: None,
        kind: "text".into(),
        text: format!("pesan {n}"),
        detail: None,
        media: None,
        quote: None,
        reactions: Vec::new(),
        own_reaction: None,
        earlier: Vec::new(),
        revoked: None,
        mentions: Vec::new(),
        task: None,
        at: n as i64 * MINUTE,
        status: None,
        failure: None,
    }
}

fn reply(n: u128, status: Status) -> MessageView {
    MessageView {
        direction: Direction::Outbound,
        sender: Sender::Teammate,
        sender_id: Some(PersonId(id(900))),
        client_id: Some(id(n + 1_000)),
        status: Some(status),
        ..message(n)
    }
}

fn written(client_id: Uuid, text: &str) -> Outgoing {
    Outgoing { client_id, text: text.into(), writing: Writing::Reply, quote: None, seen: 10, leaves: Leaves::Now, due: String::new() }
}

/// Note `n` of conversation 1.
fn note(n: u128) -> MessageView {
    MessageView { direction: Direction::System, sender: Sender::Teammate, kind: NOTE.into(), client_id: Some(id(n + 1_000)), ..message(n) }
}

fn list(rows: &[u128], next: Option<u128>) -> ConversationPage {
    ConversationPage {
        rows: rows.iter().copied().map(conversation).collect(),
        next: next.map(|n| ListView::default().place(&conversation(n))),
        unread_total: 0,
        totals: Totals { seq: 10, ..Totals::default() },
        filter: None,
        labels: None,
        seq: 10,
    }
}

fn page(messages: Vec<MessageView>, seq: i64) -> ThreadPage {
    let contact = ContactView {
        id: id(101).into(),
        display_name: "Pelanggan 1".into(),
        given_name: None,
        profile_name: None,
        phone: None,
        username: None,
        source: "whatsapp".into(),
        since: 0,
        more_phones: Vec::new(),
        may_reveal: false,
        fields: Vec::new(),
    };
    ThreadPage {
        handover: None,
        conversation: conversation(1),
        contact,
        messages,
        older: None,
        sliced: false,
        seq,
        next_client_id: id(5_000),
        kept: false,
        unsent_reply: None,
        unsent_note: None,
    }
}

fn frame(seq: i64) -> LiveFrame {
    LiveFrame { seq, kind: "message_received".into(), conversation: None, message: None, gone: None, unread_delta: 0, labels: None }
}

fn with_inbox(list: ConversationPage, thread: Option<ThreadPage>, test: impl FnOnce(Inbox)) {
    with_view(ListView::default(), list, thread, test);
}

fn with_view(view: ListView, list: ConversationPage, thread: Option<ThreadPage>, test: impl FnOnce(Inbox)) {
    let owner = Owner::new();
    owner.with(|| test(Inbox::new(viewer(), view, list, None, thread.map(|page| (page.conversation.id, Ok(page))), Locale::Id.words())));
}

fn order(inbox: Inbox) -> Vec<u128> {
    inbox.rows.with_untracked(|rows| rows.iter().map(|row| row.id.0.as_u128()).collect())
}

fn opened(inbox: Inbox) -> Thread {
    match inbox.current.get_untracked() {
        Current::Open(thread) => thread,
        _ => panic!("no thread is open"),
    }
}

fn texts(thread: &Thread) -> Vec<String> {
    thread.entries.with_untracked(|entries| entries.iter().map(|entry| entry.view.with_untracked(|view| view.text.clone())).collect())
}

fn statuses(thread: &Thread) -> Vec<Option<Status>> {
    thread.entries.with_untracked(|entries| entries.iter().map(|entry| entry.view.with_untracked(|view| view.status)).collect())
}

#[test]
fn a_row_that_hears_something_moves_to_the_top() {
    with_inbox(list(&[1, 2, 3], None), None, |inbox| {
        let moved = ConversationView { last_at: NOW, unread: 1, ..conversation(3) };
        inbox.apply(LiveFrame { conversation: Some(moved), unread_delta: 1, ..frame(11) }, true);
        assert_eq!(order(inbox), [3, 1, 2]);
        assert_eq!(inbox.unread.get_untracked(), 1);
    });
}

#[test]
fn a_row_below_the_loaded_ones_waits_for_its_page() {
    with_inbox(list(&[1, 2], Some(2)), None, |inbox| {
        inbox.apply(LiveFrame { conversation: Some(conversation(5)), ..frame(11) }, true);
        assert_eq!(order(inbox), [1, 2]);
        let new = ConversationView { last_at: NOW, ..conversation(7) };
        inbox.apply(LiveFrame { conversation: Some(new), ..frame(12) }, true);
        assert_eq!(order(inbox), [7, 1, 2]);
    });
}

#[test]
fn a_page_read_before_a_frame_does_not_overwrite_it() {
    with_inbox(list(&[1], Some(1)), None, |inbox| {
        let newer = ConversationView { unread: 3, ..conversation(5) };
        inbox.apply(LiveFrame { conversation: Some(newer), ..frame(12) }, true);
        inbox.extend(ConversationPage { seq: 11, ..list(&[4, 5], None) });
        assert_eq!(order(inbox), [1, 4, 5]);
        inbox.rows.with_untracked(|rows| assert_eq!(rows[2].view.with_untracked(|view| view.unread), 3));
    });
}

#[test]
fn unread_counts_what_came_after_the_list_was_read() {
    with_inbox(ConversationPage { unread_total: 4, ..list(&[1], None) }, None, |inbox| {
        inbox.apply(LiveFrame { unread_delta: 1, ..frame(9) }, true);
        assert_eq!(inbox.unread.get_untracked(), 4, "the list knew already");
        inbox.apply(LiveFrame { unread_delta: -4, ..frame(11) }, true);
        assert_eq!(inbox.unread.get_untracked(), 0);
    });
}

#[test]
fn a_message_that_arrives_while_its_thread_loads_is_not_lost() {
    with_inbox(list(&[1], None), None, |inbox| {
        inbox.open(Some(id(1).into()));
        inbox.apply(LiveFrame { message: Some(message(3)), ..frame(12) }, true);
        inbox.loaded(id(1).into(), Ok(page(vec![message(1), message(2)], 11)));
        assert_eq!(texts(&opened(inbox)), ["pesan 1", "pesan 2", "pesan 3"]);
    });
}

#[test]
fn a_reply_is_shown_at_once_and_replaced_by_the_servers() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        inbox.add_local(&thread, written(id(1_002), "pesan 2"));
        let key = thread.entries.with_untracked(|entries| entries[1].key);
        inbox.apply(LiveFrame { message: Some(reply(2, Status::Sent)), ..frame(11) }, true);
        inbox.confirm(&thread, reply(2, Status::Pending), None);
        assert_eq!(statuses(&thread), [None, Some(Status::Sent)], "the later answer is the older news");
        assert_eq!(thread.entries.with_untracked(|entries| entries[1].key), key, "the same bubble");
    });
}

#[test]
fn a_failed_send_returns_its_text_to_its_own_conversation() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        inbox.add_local(&thread, written(id(7_000), "halo"));
        inbox.give_back(&thread, Returned { written: written(id(7_000), "halo"), error: AppError::Offline, with_file: false });
        assert_eq!(texts(&thread), ["pesan 1"]);
        assert_eq!(thread.draft.get_untracked(), "halo");
    });
}

#[test]
fn a_send_that_failed_here_but_reached_the_server_keeps_its_bubble() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        inbox.add_local(&thread, written(id(1_002), "pesan 2"));
        inbox.apply(LiveFrame { message: Some(reply(2, Status::Sent)), ..frame(11) }, true);
        inbox.give_back(&thread, Returned { written: written(id(1_002), "pesan 2"), error: AppError::Offline, with_file: false });
        assert_eq!(texts(&thread), ["pesan 1", "pesan 2"]);
        assert_eq!(thread.draft.get_untracked(), "");
    });
}

#[test]
fn the_divider_stands_before_what_was_unread_when_the_thread_was_opened() {
    let unread = ConversationView { unread: 2, ..conversation(1) };
    let messages = vec![message(1), message(2), reply(3, Status::Read), message(4)];
    with_inbox(list(&[1], None), Some(ThreadPage { conversation: unread, ..page(messages, 10) }), |inbox| {
        assert_eq!(opened(inbox).new_from.get_untracked(), Some((id(2), 2)));
    });
}

#[test]
fn what_comes_while_one_reads_further_up_is_counted() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        thread.at_end.set(false);
        for (n, seq) in [(2, 11), (3, 12)] {
            inbox.apply(LiveFrame { message: Some(message(n)), ..frame(seq) }, true);
        }
        assert_eq!(thread.missed.get_untracked(), 2);
        assert_eq!(thread.new_from.get_untracked(), Some((id(2), 2)));
        assert_eq!(inbox.announcement.get_untracked(), "Pelanggan: pesan 3");
    });
}

#[test]
fn who_writes_knows_of_what_came_into_view() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        assert_eq!(inbox.seen(&thread), 10);
        inbox.apply(LiveFrame { message: Some(message(2)), ..frame(11) }, true);
        assert_eq!(inbox.seen(&thread), 11, "at the end, what comes is seen");
        // Further up, one's own and the team's notes are known all the same; what the customer or a colleague says is not.
        thread.at_end.set(false);
        inbox.apply(LiveFrame { message: Some(MessageView { sender_id: Some(inbox.me()), ..reply(3, Status::Sent) }), ..frame(12) }, true);
        inbox.apply(LiveFrame { message: Some(note(4)), ..frame(13) }, true);
        assert_eq!(inbox.seen(&thread), 13);
        let colleague = MessageView { sender_id: Some(PersonId(id(901))), ..reply(5, Status::Sent) };
        inbox.apply(LiveFrame { message: Some(colleague), ..frame(14) }, true);
        inbox.apply(LiveFrame { message: Some(message(6)), ..frame(15) }, true);
        assert_eq!(inbox.seen(&thread), 13);
        thread.reach_end();
        assert_eq!(inbox.seen(&thread), 15);
        // A reply that was held is about what the stream has still to bring.
        assert!(inbox.held(&thread, 20));
        assert_eq!(inbox.seen(&thread), 20);
        assert!(!inbox.held(&thread, 15));

        // What was not loaded anew after a pause does not know what happened in between.
        thread.draft.set("belum selesai".into());
        inbox.open(None);
        inbox.replace(ConversationPage { seq: 90, ..list(&[1, 2], None) });
        assert_eq!(inbox.seen(&thread), 15);
        inbox.loaded(id(1).into(), Ok(page(vec![message(1), message(7)], 91)));
        assert_eq!(inbox.seen(&thread), 91);
    });
}

#[test]
fn colleagues_are_where_they_said_until_they_are_silent_too_long() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        let id_of = |n: u128| -> crate::ids::ConversationId { id(n).into() };
        let here = |person: u128, name: &str, at: Option<u128>, typing| Here {
            person: PersonId(id(person)),
            name: name.into(),
            conversation: at.map(id_of),
            typing,
        };
        assert!(!inbox.see_colleague(Here { person: inbox.me(), ..here(1, "Saya", Some(1), true) }), "oneself is no colleague");
        assert!(inbox.see_colleague(here(902, "Sekar", Some(1), true)) && inbox.see_colleague(here(901, "Budi", Some(1), false)));
        assert!(!inbox.see_colleague(here(901, "Budi", Some(1), false)), "known already");
        assert_eq!(
            (inbox.names_at(id_of(1), false), inbox.names_at(id_of(1), true)),
            (vec!["Budi".into(), "Sekar".into()], vec!["Sekar".to_owned()])
        );
        inbox.now.set(NOW + 7_000);
        inbox.forget_colleagues();
        assert_eq!(inbox.names_at(id_of(1), true), Vec::<String>::new(), "no key for a while");
        inbox.see_colleague(here(901, "Budi", Some(2), false));
        assert_eq!(inbox.names_at(id_of(1), false), ["Sekar"]);
        inbox.now.set(NOW + 51_000);
        inbox.forget_colleagues();
        assert_eq!((inbox.names_at(id_of(1), false), inbox.names_at(id_of(2), false)), (Vec::new(), vec!["Budi".to_owned()]));
        assert!(inbox.see_colleague(here(902, "Sekar", None, false)), "back again");
    });
}

#[test]
fn one_tells_where_one_is_when_that_changes_and_now_and_then() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        let place = |telling: &Option<Telling>| telling.as_ref().map(Telling::place);
        let open = Some(id(1).into());
        assert_eq!(inbox.telling(false, &Telling::default()), None, "nobody is looking");
        let told = inbox.telling(true, &Telling::default());
        assert_eq!(place(&told), Some((open, false)));
        let told = told.unwrap_or_default();
        assert_eq!(inbox.telling(true, &told), None);
        inbox.types(id(1).into());
        let typing = inbox.telling(true, &told);
        assert_eq!(place(&typing), Some((open, true)));
        let typing = typing.unwrap_or_default();
        inbox.now.set(NOW + 3_000);
        inbox.types(id(1).into());
        assert_eq!(place(&inbox.telling(true, &typing)), Some((open, true)), "still");
        inbox.now.set(NOW + 8_000);
        assert_eq!(place(&inbox.telling(true, &typing)), Some((open, false)), "paused");
        assert_eq!(place(&inbox.telling(false, &typing)), Some((None, false)), "looked away");
        inbox.now.set(NOW + 16_000);
        assert_eq!(place(&inbox.telling(true, &told)), Some((open, false)), "again");
        inbox.types(id(2).into());
        assert_eq!(place(&inbox.telling(true, &told)), Some((open, false)), "what is typed elsewhere is not typed here");
    });
}

#[test]
fn a_status_never_goes_back_but_a_failed_message_may_start_over() {
    with_inbox(list(&[1], None), Some(page(vec![reply(1, Status::Read), reply(2, Status::Failed)], 10)), |inbox| {
        inbox.apply(LiveFrame { message: Some(reply(1, Status::Delivered)), ..frame(11) }, true);
        inbox.apply(LiveFrame { message: Some(reply(2, Status::Pending)), ..frame(12) }, true);
        assert_eq!(statuses(&opened(inbox)), [Some(Status::Read), Some(Status::Pending)]);
    });
}

#[test]
fn after_a_reset_the_screen_is_what_a_fresh_load_shows() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1), message(2)], 10)), |inbox| {
        let thread = opened(inbox);
        inbox.add_local(&thread, written(id(7_000), "masih di jalan"));
        inbox.replace(ConversationPage { seq: 50, unread_total: 2, ..list(&[1, 3], None) });
        inbox.replace_thread(page(vec![message(2), message(60)], 50));
        assert_eq!(order(inbox), [1, 3]);
        assert_eq!(inbox.unread.get_untracked(), 2);
        assert_eq!(texts(&thread), ["pesan 2", "pesan 60", "masih di jalan"]);
    });
}

#[test]
fn a_conversation_that_left_ones_sight_is_gone_everywhere() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        inbox.apply(LiveFrame { gone: Some(id(1).into()), ..frame(11) }, true);
        assert_eq!(order(inbox), [2]);
        assert!(matches!(inbox.current.get_untracked(), Current::Failed(_, AppError::NotFound)));
        assert!(inbox.thread(id(1).into()).is_none());
    });
}

#[test]
fn a_draft_stays_with_its_conversation() {
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1)], 10)), |inbox| {
        opened(inbox).draft.set("untuk satu".into());
        inbox.open(Some(id(2).into()));
        let other = ThreadPage { conversation: conversation(2), ..page(Vec::new(), 10) };
        inbox.loaded(id(2).into(), Ok(other));
        assert_eq!(opened(inbox).draft.get_untracked(), "");
        inbox.open(Some(id(1).into()));
        assert_eq!(opened(inbox).draft.get_untracked(), "untuk satu");
    });
}

#[test]
fn a_note_has_a_draft_of_its_own_and_goes_back_into_it() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        thread.draft.set("untuk pelanggan".into());
        let written = Outgoing { writing: Writing::Note, ..written(id(7_000), "untuk tim") };
        inbox.add_local(&thread, written.clone());
        let shown = thread.entries.with_untracked(|entries| entries.last().map(|entry| entry.view.get_untracked()));
        assert!(shown.is_some_and(|view| view.is_note() && view.status.is_none()));
        inbox.give_back(&thread, Returned { written, error: AppError::Offline, with_file: false });
        assert_eq!(thread.note.get_untracked(), "untuk tim");
        assert_eq!(thread.draft.get_untracked(), "untuk pelanggan", "never in the box that sends");
    });
}

#[test]
fn a_note_is_nothing_that_one_has_missed_or_not_read() {
    let unread = ConversationView { unread: 1, ..conversation(1) };
    with_inbox(list(&[1], None), Some(ThreadPage { conversation: unread, ..page(vec![message(1), note(2)], 10) }), |inbox| {
        let thread = opened(inbox);
        assert_eq!(thread.new_from.get_untracked(), Some((id(1), 1)));
        thread.at_end.set(false);
        inbox.apply(LiveFrame { message: Some(note(3)), ..frame(11) }, false);
        assert_eq!(thread.missed.get_untracked(), 0);
        assert_eq!(texts(&thread), ["pesan 1", "pesan 2", "pesan 3"], "and it is there");
        assert_eq!(thread.newest_inbound().and_then(|quote| quote.id), Some(id(1).into()));
    });
}

#[test]
fn only_what_whatsapp_knows_can_be_quoted() {
    let messages = vec![message(1), reply(2, Status::Pending), reply(3, Status::Delivered), reply(4, Status::Failed), note(5)];
    with_inbox(list(&[1], None), Some(page(messages, 10)), |inbox| {
        let thread = opened(inbox);
        let quotable: Vec<u128> = (1..=6).filter(|n| thread.quotable(id(*n).into()).is_some()).collect();
        assert_eq!(quotable, [1, 3]);
    });
}

#[test]
fn a_reply_that_did_not_go_out_quotes_again() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let thread = opened(inbox);
        let written = Outgoing { quote: thread.quotable(id(1).into()), ..written(id(7_000), "ya") };
        inbox.add_local(&thread, written.clone());
        inbox.give_back(&thread, Returned { written, error: AppError::Offline, with_file: false });
        assert_eq!(thread.quoting.get_untracked().and_then(|quote| quote.id), Some(id(1).into()));
    });
}

/// A frame in which a conversation changed.
fn moved(seq: i64, n: u128, change: impl FnOnce(&mut ConversationView)) -> LiveFrame {
    let mut view = conversation(n);
    change(&mut view);
    LiveFrame { kind: "conversation_changed".into(), conversation: Some(view), ..frame(seq) }
}

fn me() -> PersonRef {
    viewer().person
}

#[test]
fn totals_are_asked_for_when_they_may_have_moved_and_never_go_back() {
    with_inbox(list(&[1, 2], None), None, |inbox| {
        let asked = || inbox.recount.get_untracked();
        let said = LiveFrame { conversation: Some(conversation(1)), ..frame(11) };
        inbox.apply(said, false);
        assert_eq!(asked(), 0, "a message in a conversation that is known moves nothing");
        inbox.apply(LiveFrame { conversation: Some(conversation(7)), ..frame(12) }, false);
        assert_eq!(asked(), 1, "one that was not seen may be new");
        inbox.apply(moved(13, 1, |view| view.closed = true), false);
        assert_eq!(asked(), 2);
        inbox.apply(LiveFrame { gone: Some(id(2).into()), ..frame(14) }, false);
        assert_eq!(asked(), 3);
        inbox.see_totals(Totals { mine: 1, unassigned: 2, all: 3, seq: 14, ..Totals::default() });
        inbox.see_totals(Totals { mine: 9, unassigned: 9, all: 9, mentions: 9, unread: 9, seq: 13, ..Totals::default() });
        assert_eq!(inbox.totals.get_untracked().all, 3);
    });
}

#[test]
fn somebody_is_called_for_what_concerns_them_and_for_nothing_else() {
    with_inbox(list(&[1], None), None, |inbox| {
        let alert = |row: ConversationView, message: MessageView, unread_delta: i32| {
            let frame = LiveFrame { conversation: Some(row), message: Some(MessageView { at: NOW, ..message }), unread_delta, ..frame(11) };
            inbox.alert_of(&frame).map(|alert| (alert.title, alert.text))
        };
        let waits = || ConversationView { holder: Holder::Team, ..conversation(1) };
        let of = |person: u128| {
            let assignee = Some(PersonRef { id: id(person).into(), name: "Budi".into() });
            ConversationView { assignee, ..waits() }
        };
        let called = Some(("Pelanggan 1".to_owned(), "pesan 7".to_owned()));
        assert_eq!(alert(waits(), message(7), 1), called, "a customer of nobody's waits");
        assert_eq!(alert(of(900), message(7), 1), called, "one of mine");
        assert_eq!(alert(of(901), message(7), 1), None, "a colleague's");
        assert_eq!(alert(conversation(1), message(7), 1), None, "ARI answers");
        assert_eq!(alert(waits(), message(7), 0), None, "history that came in late");
        assert_eq!(alert(waits(), reply(7, Status::Sent), 0), None, "what we say ourselves");
        let long = MessageView { text: "é".repeat(500), ..message(7) };
        assert_eq!(alert(waits(), long, 1).map(|(_, text)| text.chars().count()), Some(140));
        let old = LiveFrame { conversation: Some(waits()), message: Some(message(7)), unread_delta: 1, ..frame(11) };
        assert_eq!(inbox.alert_of(&old), None, "it came while this page was asleep");

        let names = |people: &[&str], by: u128| MessageView {
            mentions: people.iter().map(|name| (*name).to_owned()).collect(),
            sender_id: Some(id(by).into()),
            sender_name: Some("Budi".into()),
            ..note(7)
        };
        let named = alert(of(901), names(&["Rani Prameswari"], 901), 0);
        assert_eq!(named.map(|(_, text)| text), Some("Budi: pesan 7".into()), "named in a note, whoever holds the conversation");
        assert_eq!(alert(waits(), names(&["Sari"], 901), 0), None);
        assert_eq!(alert(waits(), names(&["Rani Prameswari"], 900), 0), None, "by oneself");
        let handed = |kind: &str| MessageView { direction: Direction::System, kind: kind.into(), text: String::new(), ..message(7) };
        assert!(alert(waits(), handed("ari_handed_over"), 0).is_some() && alert(waits(), handed("took_over"), 0).is_none());
        let given = |to: &str, by: u128| MessageView { text: to.into(), sender_id: Some(id(by).into()), ..handed("assigned") };
        assert!(alert(of(900), given("Rani Prameswari", 901), 0).is_some(), "given by a colleague");
        assert_eq!(alert(of(900), given("Rani Prameswari", 900), 0), None, "taken by oneself");
        assert_eq!(alert(of(901), given("Rani Prameswari", 901), 0), None, "given to somebody else since");

        inbox.viewer.update_value(|viewer| viewer.deaf = Deaf::to([Cause::Nobodys, Cause::Named]));
        assert_eq!(alert(waits(), message(7), 1), None, "what one does not want to hear of");
        assert_eq!(alert(of(901), names(&["Rani Prameswari"], 901), 0), None);
        assert_eq!(alert(of(900), message(7), 1), called);
    });
}

#[test]
fn what_comes_into_sight_brings_its_unread_messages_with_the_next_count() {
    with_inbox(ConversationPage { unread_total: 1, ..list(&[1], None) }, None, |inbox| {
        inbox.apply(moved(11, 2, |view| (view.assignee, view.unread) = (Some(me()), 3)), false);
        inbox.apply(LiveFrame { conversation: Some(conversation(2)), unread_delta: 1, ..frame(13) }, false);
        // Counted before the last of these, and told after it.
        inbox.see_totals(Totals { unread: 4, seq: 12, ..Totals::default() });
        assert_eq!(inbox.unread.get_untracked(), 5);
        // Counted after one that is still on its way.
        inbox.see_totals(Totals { unread: 7, seq: 14, ..Totals::default() });
        inbox.apply(LiveFrame { conversation: Some(conversation(2)), unread_delta: 2, ..frame(14) }, false);
        assert_eq!(inbox.unread.get_untracked(), 7, "once");
    });
}

#[test]
fn a_row_that_an_answer_or_a_thread_renews_goes_to_its_place_as_well() {
    let newer = |n: u128| ConversationView { last_at: NOW, ..conversation(n) };
    with_inbox(list(&[1, 2, 4], None), None, |inbox| {
        // The stream is behind: the answer brings what it has still to tell.
        inbox.answer(newer(4), 10);
        assert_eq!(order(inbox), [4, 1, 2]);
        inbox.apply(moved(11, 3, |_| {}), false);
        inbox.apply(LiveFrame { conversation: Some(newer(4)), ..frame(12) }, false);
        assert_eq!(order(inbox), [4, 1, 2, 3]);
        inbox.answer(ConversationView { closed: true, ..conversation(2) }, 10);
        assert_eq!(order(inbox), [4, 1, 3]);
    });
    with_inbox(list(&[2, 3, 1], None), None, |inbox| {
        let renewed = |seq| ThreadPage { conversation: newer(1), ..page(vec![message(1)], seq) };
        inbox.open(Some(id(1).into()));
        inbox.loaded(id(1).into(), Ok(renewed(12)));
        assert_eq!(order(inbox), [1, 2, 3]);
        inbox.apply(moved(13, 2, |view| view.last_at = NOW + MINUTE), false);
        let newest = ConversationView { last_at: NOW + 2 * MINUTE, ..conversation(1) };
        inbox.loaded(id(1).into(), Ok(ThreadPage { conversation: newest.clone(), ..renewed(14) }));
        assert_eq!(order(inbox), [1, 2, 3]);
        inbox.apply(moved(15, 3, |view| view.last_at = NOW + 3 * MINUTE), false);
        inbox.replace_thread(ThreadPage { conversation: ConversationView { last_at: NOW + 4 * MINUTE, ..newest }, ..renewed(16) });
        assert_eq!(order(inbox), [1, 3, 2]);
    });
}

#[test]
fn a_message_that_was_sent_again_unheard_of_is_as_far_as_it_got() {
    with_inbox(list(&[1], None), Some(page(vec![reply(1, Status::Failed), reply(2, Status::Sent)], 10)), |inbox| {
        inbox.apply(LiveFrame { message: Some(reply(1, Status::Sent)), ..frame(12) }, false);
        inbox.apply(LiveFrame { message: Some(reply(2, Status::Failed)), ..frame(13) }, false);
        assert_eq!(statuses(&opened(inbox)), [Some(Status::Sent), Some(Status::Failed)]);
    });
}

#[test]
fn an_answer_that_the_stream_has_overtaken_says_nothing_new() {
    with_inbox(list(&[1], None), Some(page(vec![reply(1, Status::Failed)], 10)), |inbox| {
        let thread = opened(inbox);
        // Sent again, and failed again before the answer came.
        let asked_at = thread.seq_of(id(1).into());
        inbox.apply(LiveFrame { message: Some(reply(1, Status::Failed)), ..frame(12) }, false);
        inbox.confirm(&thread, reply(1, Status::Pending), asked_at);
        inbox.add_local(&thread, written(id(1_002), "pesan 2"));
        inbox.apply(LiveFrame { message: Some(reply(2, Status::Failed)), ..frame(14) }, false);
        inbox.confirm(&thread, reply(2, Status::Pending), None);
        assert_eq!(statuses(&thread), [Some(Status::Failed), Some(Status::Failed)]);
        // One that is not overtaken is shown at once.
        let asked_at = thread.seq_of(id(1).into());
        inbox.confirm(&thread, reply(1, Status::Pending), asked_at);
        assert_eq!(statuses(&thread), [Some(Status::Pending), Some(Status::Failed)]);
    });
}

#[test]
fn a_card_that_was_read_earlier_does_not_come_back() {
    with_inbox(list(&[1], None), Some(page(vec![message(1)], 10)), |inbox| {
        let Current::Open(thread) = inbox.current.get_untracked() else { panic!("open") };
        let line = HandoverLine { field: HandoverField::Wants, text: "kelas".into(), message: id(1).into() };
        let card = Some(Handover { lines: vec![line], fresh: true });
        thread.see_handover(card.clone(), 12);
        inbox.loaded(id(1).into(), Ok(page(vec![message(1)], 11)));
        assert_eq!(thread.handover.get_untracked(), card, "asked for before it was made");
        inbox.loaded(id(1).into(), Ok(page(vec![message(1)], 13)));
        assert_eq!(thread.handover.get_untracked(), None);
    });
}
