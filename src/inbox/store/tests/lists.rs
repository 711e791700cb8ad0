//! What is in which list, and where.

use super::*;

#[test]
fn a_row_leaves_a_list_as_it_changes_hands_and_comes_back_to_its_place() {
    with_inbox(list(&[1, 2, 3], None), None, |inbox| {
        inbox.apply(moved(11, 2, |view| view.closed = true), false);
        assert_eq!(order(inbox), [1, 3]);
        inbox.apply(moved(12, 1, |view| view.snoozed_until = Some(NOW + MINUTE)), false);
        assert_eq!(order(inbox), [3], "what is put off is nobody's work now");
        inbox.apply(moved(13, 2, |_| {}), false);
        assert_eq!(order(inbox), [2, 3]);
    });
    let unassigned = ListView { whose: list_view::Whose::Unassigned, ..ListView::default() };
    with_view(unassigned, list(&[1, 2], None), None, |inbox| {
        inbox.apply(moved(11, 1, |view| view.assignee = Some(me())), false);
        assert_eq!(order(inbox), [2]);
        inbox.apply(moved(12, 3, |_| {}), false);
        assert_eq!(order(inbox), [2, 3]);
    });
    with_view(ListView { sort: list_view::Sort::Oldest, ..ListView::default() }, list(&[3, 2, 1], None), None, |inbox| {
        inbox.apply(moved(11, 3, |view| view.last_at = NOW), false);
        assert_eq!(order(inbox), [2, 1, 3], "who waits least stands last");
    });
}

#[test]
fn a_list_that_is_on_its_way_lacks_nothing_that_happens_meanwhile() {
    let mine = ListView { whose: list_view::Whose::Mine, ..ListView::default() };
    with_inbox(list(&[1, 2], None), None, |inbox| {
        inbox.switch(mine.clone());
        assert!(order(inbox).is_empty());
        inbox.apply(moved(11, 2, |view| view.assignee = Some(me())), false);
        assert!(order(inbox).is_empty(), "rows of another list do not stand in it");
        let mut answer = list(&[3], None);
        answer.rows[0].assignee = Some(me());
        assert!(inbox.show(&mine, answer));
        assert_eq!(order(inbox), [2, 3]);
    });
}

#[test]
fn a_list_that_was_read_before_everything_was_loaded_anew_is_asked_for_again() {
    with_inbox(list(&[1], None), None, |inbox| {
        let mut newer = list(&[1], None);
        newer.seq = 20;
        newer.totals.seq = 20;
        inbox.replace(newer);
        inbox.switch(ListView { unread_only: true, ..ListView::default() });
        assert!(!inbox.show(&ListView { unread_only: true, ..ListView::default() }, list(&[1], None)));
        assert!(inbox.show(&ListView::default(), list(&[1], None)), "one that nobody wants any more is of no interest");
        assert!(order(inbox).is_empty());
    });
}

#[test]
fn a_filter_and_an_order_hold_for_what_happens() {
    let query = |query| ListView::parse(query);
    with_view(query("filter=priority:high~unread:yes"), list(&[], None), None, |inbox| {
        inbox.apply(moved(11, 1, |view| view.high_priority = true), false);
        inbox.apply(moved(12, 2, |view| view.unread = 1), false);
        inbox.apply(moved(13, 3, |_| {}), false);
        assert_eq!(order(inbox), [1, 2]);
        inbox.apply(moved(14, 1, |_| {}), false);
        assert_eq!(order(inbox), [2]);
    });
    with_view(query("sort=priority"), list(&[1, 2, 3], None), None, |inbox| {
        inbox.apply(moved(11, 3, |view| view.high_priority = true), false);
        assert_eq!(order(inbox), [3, 1, 2], "urgent before newer");
        inbox.apply(moved(12, 2, |view| view.last_at = NOW), false);
        assert_eq!(order(inbox), [3, 2, 1]);
    });
    let closes = |minutes: i64| move |view: &mut ConversationView| view.window_closes = Some(NOW + minutes * MINUTE);
    with_view(query("sort=window"), list(&[], None), None, |inbox| {
        inbox.apply(moved(11, 1, closes(50)), false);
        inbox.apply(moved(12, 2, closes(20)), false);
        inbox.apply(moved(13, 3, closes(0)), false);
        assert_eq!(order(inbox), [2, 1], "the first to close first, and none that is shut");
        inbox.now.set(NOW + 20 * MINUTE);
        inbox.sweep();
        assert_eq!(order(inbox), [1], "time took it out");
    });
}

#[test]
fn rows_up_to_where_the_list_continues_have_their_place_in_it() {
    with_inbox(list(&[1, 2, 5], Some(5)), None, |inbox| {
        inbox.apply(moved(11, 5, |view| view.closed = true), false);
        inbox.apply(moved(12, 4, |_| {}), false);
        assert_eq!(order(inbox), [1, 2, 4], "the next page begins after it");
        inbox.apply(moved(13, 6, |_| {}), false);
        assert_eq!(order(inbox), [1, 2, 4], "that one comes with the next page");
    });
    // A walk that found nothing yet.
    let filter = ListView::parse("filter=priority:high");
    with_view(filter, list(&[], Some(4)), None, |inbox| {
        inbox.apply(moved(11, 2, |view| view.high_priority = true), false);
        inbox.apply(moved(12, 7, |view| view.high_priority = true), false);
        assert_eq!(order(inbox), [2]);
    });
}

#[test]
fn what_is_unread_in_named_views_is_counted_anew_when_something_was_said() {
    let view = SavedView { id: id(1), name: "Prioritas".into(), view: "filter=priority:high".into(), shared: true, unread: 0 };
    for (saved, times) in [(vec![], 0), (vec![view], 1)] {
        let mut page = list(&[1], None);
        page.totals.saved = saved;
        with_inbox(page, None, |inbox| {
            inbox.apply(LiveFrame { conversation: Some(conversation(1)), unread_delta: 1, ..frame(11) }, false);
            assert_eq!(inbox.recount.get_untracked(), times);
        });
    }
}
