//! What is in which list, and where.

use super::*;
use crate::inbox::labels::{LABELS_CHANGED, Labels, Stage, Tag};

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

/// Stages and tags numbered so.
fn labels(stages: &[u128], tags: &[u128]) -> Labels {
    Labels {
        stages: stages.iter().map(|n| Stage { id: id(*n), name: format!("Tahap {n}"), temperature: String::new() }).collect(),
        tags: tags.iter().map(|n| Tag { id: id(*n), name: format!("Tag {n}") }).collect(),
        fields: None,
    }
}

#[test]
fn what_is_no_label_any_more_goes_from_rows_and_from_lists_that_ask_for_it() {
    let labelled = |n| ConversationView { stage: Some(id(50)), tags: vec![id(60), id(61)], ..conversation(n) };
    let page = ConversationPage { rows: vec![labelled(1), conversation(2)], labels: Some(labels(&[50], &[60, 61])), ..list(&[], None) };
    with_inbox(page, None, |inbox| {
        inbox.switch(ListView::parse(&format!("filter=tag:{}", id(60))));
        let shown = ConversationPage { rows: vec![labelled(1)], labels: Some(labels(&[50], &[60, 61])), ..list(&[], None) };
        assert!(inbox.show(&inbox.view.get_untracked(), shown));
        assert_eq!(order(inbox), [1]);
        let recounts = inbox.recount.get_untracked();
        let told = |seq, labels| LiveFrame { kind: LABELS_CHANGED.into(), labels: Some(labels), ..frame(seq) };
        // A name is another one: rows stay as they are.
        let mut renamed = labels(&[50], &[60, 61]);
        renamed.tags[0].name = "VIP".into();
        inbox.apply(told(11, renamed.clone()), false);
        assert_eq!((order(inbox), inbox.labels.get_untracked()), (vec![1], renamed));
        assert!(inbox.recount.get_untracked() > recounts, "named views may ask for it");
        let row = inbox.row(id(1).into()).expect("the row");
        inbox.apply(told(12, labels(&[], &[60])), false);
        assert_eq!(row.view.with_untracked(|view| (view.stage, view.tags.clone())), (None, vec![id(60)]));
        assert_eq!(order(inbox), [1]);
        inbox.apply(told(13, labels(&[], &[])), false);
        assert!(order(inbox).is_empty(), "nothing there has the tag any more");
        // A page that was read before does not bring it back.
        let old = ConversationPage { seq: 12, rows: vec![labelled(3)], labels: Some(labels(&[50], &[60])), ..list(&[], None) };
        inbox.extend(old);
        assert_eq!(inbox.labels.get_untracked(), labels(&[], &[]));
        assert!(order(inbox).is_empty());
        assert_eq!(row.view.with_untracked(|view| view.tags.len()), 0);
    });
}
