//! From the form in which a filter is put together to the list that it asks for, and back.

use crate::inbox::{
    filter::{Filter, LONGEST, MOST_TERMS},
    list_view::{ListView, Sort, Which, Whose},
};

/// Groups that the form has: one, and two that one may open.
pub const GROUPS: usize = 3;

/// What a group asks, by field.
pub type Asked = Vec<(String, Vec<String>)>;

/// What a list shows as conditions of its groups, so that one form says all of it.
pub fn spread(view: &ListView) -> Vec<Asked> {
    let owned = |(field, values): (&str, Vec<&str>)| (field.to_owned(), values.into_iter().map(str::to_owned).collect());
    let mut groups: Vec<Asked> = view.filter.groups().map(|group| group.into_iter().map(owned).collect()).collect();
    if groups.is_empty() {
        groups.push(Vec::new());
    }
    let state = match view.which {
        Which::Active => Some("open"),
        Which::Snoozed => Some("snoozed"),
        Which::Closed => Some("closed"),
        Which::All => None,
    };
    let whose = match view.whose {
        Whose::Mine => Some("me"),
        Whose::Unassigned => Some("none"),
        Whose::All => None,
    };
    let unread = view.unread_only.then_some("yes");
    for (field, value) in [("state", state), ("assignee", whose), ("unread", unread)] {
        let Some(value) = value else { continue };
        for group in groups.iter_mut().filter(|group| group.iter().all(|(known, _)| known != field)) {
            group.push((field.into(), vec![value.into()]));
        }
    }
    groups
}

/// The list that a form asks for. What every group asks alike and the list can say by itself, it says by itself: then it is read from an index.
/// None where a form names more than a filter may.
pub fn gathered(terms: &[String], sort: &str) -> Option<ListView> {
    if terms.iter().filter(|term| !term.is_empty()).count() > MOST_TERMS as usize {
        return None;
    }
    let mut groups: Vec<Asked> = vec![Vec::new(); GROUPS];
    for term in terms {
        let mut parts = term.splitn(3, ':');
        let (Some(place), Some(field), Some(value)) = (parts.next(), parts.next(), parts.next()) else { continue };
        let Some(group) = place.parse().ok().and_then(|place: usize| groups.get_mut(place)) else { continue };
        match group.iter_mut().find(|(known, _)| known == field) {
            Some((_, values)) => values.push(value.into()),
            None => group.push((field.into(), vec![value.into()])),
        }
    }
    groups.retain(|group| !group.is_empty());
    let asks_blocked = |(field, values): &(String, Vec<String>)| field == "blocked" && matches!(&values[..], [only] if only == "yes");
    for group in groups.iter_mut().filter(|group| group.iter().any(asks_blocked)) {
        // They are closed, whatever the form had ticked to begin with; so they are looked for among those.
        group.retain(|(field, _)| field != "state");
        group.push(("state".into(), vec!["closed".into()]));
    }
    let mut take = |field: &str, value: &str| {
        let asks = |(known, values): &(String, Vec<String>)| known == field && matches!(&values[..], [only] if only == value);
        let alike = !groups.is_empty() && groups.iter().all(|group| group.iter().any(asks));
        if alike {
            groups.iter_mut().for_each(|group| group.retain(|condition| !asks(condition)));
        }
        alike
    };
    let which = [(Which::Active, "open"), (Which::Snoozed, "snoozed"), (Which::Closed, "closed")];
    let which = which.into_iter().find(|(_, value)| take("state", value)).map_or(Which::All, |(which, _)| which);
    let whose = [(Whose::Mine, "me"), (Whose::Unassigned, "none")];
    let whose = whose.into_iter().find(|(_, value)| take("assignee", value)).map_or(Whose::All, |(whose, _)| whose);
    let unread_only = take("unread", "yes");
    // A group that asks nothing any more lets everything through, whatever the others ask.
    let filter = match groups.iter().any(Vec::is_empty) {
        true => String::new(),
        false => {
            let written = groups.iter().map(|group| {
                let conditions = group.iter().map(|(field, values)| format!("{field}:{}", values.join(",")));
                conditions.collect::<Vec<_>>().join(";")
            });
            written.collect::<Vec<_>>().join("~")
        }
    };
    let sort = Sort::ALL.into_iter().find(|known| known.as_str() == sort).unwrap_or_default();
    (filter.len() <= LONGEST).then(|| ListView { whose, which, unread_only, sort, filter: Filter::read(&filter) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(written: &[&str]) -> Vec<String> {
        written.iter().map(|term| (*term).to_owned()).collect()
    }

    /// What the form says of a list, as it is sent.
    fn sent(view: &ListView) -> Vec<String> {
        let group = |(place, asked): (usize, Asked)| {
            let all = asked.into_iter().flat_map(|(field, values)| values.into_iter().map(move |value| (field.clone(), value)));
            all.map(move |(field, value)| format!("{place}:{field}:{value}")).collect::<Vec<_>>()
        };
        spread(view).into_iter().enumerate().flat_map(group).collect()
    }

    #[test]
    fn a_form_becomes_the_list_that_it_says() {
        for (written, list) in [
            (&["0:state:open"][..], ""),
            (&[], "state=all"),
            (&["0:state:open", "0:assignee:me", "0:unread:yes"], "view=mine&unread=1"),
            (&["0:state:open", "0:state:snoozed", "0:priority:high"], "state=all&filter=state:open,snoozed;priority:high"),
            (&["0:state:open", "0:priority:high", "1:state:open", "1:window:soon"], "filter=priority:high~window:soon"),
            (&["0:state:open", "0:priority:high", "1:state:closed"], "state=all&filter=state:open;priority:high~state:closed"),
            // The second group is all that is active, whatever the first one says.
            (&["0:state:open", "0:priority:high", "1:state:open"], ""),
            (&["0:state:open", "0:blocked:yes"], "state=closed&filter=blocked:yes"),
            (&["0:blocked:yes", "1:priority:high"], "state=all&filter=blocked:yes;state:closed~priority:high"),
            (&["0:state:closed", "0:blocked:no"], "state=closed&filter=blocked:no"),
            (&["0:assignee:me", "0:assignee:none"], "state=all&filter=assignee:me,none"),
            (&["", "x", "9:state:open", "0:state:open", "0:within:24"], "filter=within:24"),
            (&["2:state:closed", "0:colour:red"], "state=all&filter=state:closed"),
        ] {
            assert_eq!(gathered(&terms(written), "newest").unwrap().to_string(), list, "{written:?}");
        }
        assert_eq!(gathered(&[], "window").unwrap().to_string(), "state=all&sort=window");
    }

    #[test]
    fn a_form_that_names_more_than_a_filter_holds_is_no_list() {
        let field = uuid::Uuid::from_u128(1);
        let of = |length: usize, many: usize| (0..many).map(|n| format!("0:own.{field}:*{}{n:03}", "a".repeat(length))).collect::<Vec<_>>();
        assert!(gathered(&of(100, 70), "").is_some() && gathered(&of(190, 70), "").is_none());
        assert!(gathered(&of(1, MOST_TERMS as usize), "").is_some() && gathered(&of(1, MOST_TERMS as usize + 1), "").is_none());
        assert!(gathered(&vec![String::new(); 1_000], "").is_some(), "what asks nothing");
    }

    #[test]
    fn what_a_list_shows_comes_back_from_its_form() {
        for list in [
            "",
            "state=all",
            "view=mine&unread=1",
            "view=unassigned&state=closed&filter=priority:high",
            "filter=priority:high~window:soon",
            "state=all&filter=state:open,snoozed;assignee:me,none~unread:no;older:72",
        ] {
            let view = ListView::parse(list);
            assert_eq!(gathered(&sent(&view), "").unwrap().to_string(), list);
        }
    }
}
