//! What is done to messages that are there already.

use super::*;

#[test]
fn what_is_written_anew_is_said_and_not_seen_by_whoever_reads_elsewhere_and_quotes_follow() {
    let said = |text: &str, revoked| MessageView {
        text: text.into(),
        earlier: vec![Earlier { text: "Pesan 1".into(), until: NOW }],
        revoked,
        ..message(1)
    };
    let answer = MessageView { quote: Some(message(1).as_quote()), ..message(2) };
    with_inbox(list(&[1], None), Some(page(vec![message(1), answer], 10)), |inbox| {
        let thread = opened(inbox);
        thread.at_end.set(false);
        thread.quoting.set(Some(message(1).as_quote()));
        let edited = |seq, view| LiveFrame { kind: "message_edited".into(), message: Some(view), ..frame(seq) };
        inbox.apply(edited(11, said("Bukan, tiga", None)), true);
        let shown = |nth: usize| thread.entries.with_untracked(|entries| entries[nth].view.get_untracked());
        assert_eq!(shown(0), said("Bukan, tiga", None));
        let quote = said("Bukan, tiga", None).as_quote();
        assert_eq!((shown(1).quote, thread.quoting.get_untracked()), (Some(quote.clone()), Some(quote)));
        assert_eq!((thread.missed.get_untracked(), thread.new_from.get_untracked()), (0, None), "it is no message");
        assert!(inbox.announcement.get_untracked().contains("diedit: Bukan, tiga"));
        assert_eq!(inbox.seen(&thread), 10, "whoever reads further up has not seen it");
        thread.reach_end();
        assert_eq!(inbox.seen(&thread), 11);
        // What was taken back cannot be answered.
        inbox.apply(edited(12, said("Bukan, tiga", Some(NOW))), true);
        assert_eq!((shown(1).quote.map(|quote| quote.kind), thread.quoting.get_untracked()), (Some(REVOKED.into()), None));
        let announced = inbox.announcement.get_untracked();
        assert!(announced.contains("Pesan yang dihapus") && !announced.contains("tiga"), "{announced}");
        assert_eq!(thread.newest_inbound().map(|quote| quote.id), Some(Some(id(2).into())));
    });
}

#[test]
fn a_reaction_shows_at_its_message_and_calls_nobody() {
    let given = |emoji: &str, waits| {
        let own = OwnReaction { emoji: emoji.into(), by: None, waits, failed: String::new(), failure: None };
        MessageView { reactions: vec![emoji.into()], own_reaction: Some(own), ..message(1) }
    };
    with_inbox(list(&[1, 2], None), Some(page(vec![message(1), reply(2, Status::Pending), note(3)], 10)), |inbox| {
        let thread = opened(inbox);
        thread.at_end.set(false);
        let order: Vec<_> = inbox.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect());
        let changed = LiveFrame { kind: "message_changed".into(), message: Some(given("👍", true)), ..frame(11) };
        assert_eq!(inbox.alert_of(&LiveFrame { conversation: Some(conversation(1)), ..changed.clone() }), None);
        inbox.apply(changed, false);
        let shown = || thread.entries.with_untracked(|entries| entries[0].view.get_untracked());
        assert_eq!(shown(), given("👍", true));
        assert_eq!((thread.missed.get_untracked(), thread.new_from.get_untracked(), inbox.unread.get_untracked()), (0, None, 0));
        assert_eq!(inbox.announcement.get_untracked(), "");
        assert_eq!(inbox.seen(&thread), 11, "a reply need not wait for somebody to have seen it");
        assert_eq!(inbox.rows.with_untracked(|rows| rows.iter().map(|row| row.id).collect::<Vec<_>>()), order);
        // The answer to what was asked before that is older news; one to what was asked since is not.
        inbox.confirm(&thread, given("❤️", true), Some(10));
        assert_eq!(shown(), given("👍", true));
        inbox.confirm(&thread, given("❤️", true), Some(11));
        assert_eq!(shown(), given("❤️", true));
        // Only what WhatsApp knows can be reacted to.
        let reactable: Vec<u128> = (1..=3).filter(|n| thread.reactable(id(*n).into()).is_some()).collect();
        assert_eq!(reactable, [1]);
    });
}
