//! Whom a batch is about: identities found or claimed, contacts created, and merged where two turn out to be one person.

use super::{merge, record::NewEvent};
use crate::{
    ids::WorkspaceId,
    server::{crypto::new_id, whatsapp::payload::WireIdentity},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Workspace, kind and value of an identity.
pub type IdentityKey = (Uuid, &'static str, String);
/// The contact behind each identity.
pub type Contacts = HashMap<IdentityKey, Uuid>;

/// Kind and value of what a person is recognised by.
pub fn recognised_by(who: &WireIdentity) -> impl Iterator<Item = (&'static str, &str)> {
    let phone = who.phone.as_deref().map(|phone| ("phone", phone));
    let bsuid = who.bsuid.as_deref().map(|bsuid| ("bsuid", bsuid));
    phone.into_iter().chain(bsuid)
}

fn identity_keys(workspace: WorkspaceId, who: &WireIdentity) -> Vec<IdentityKey> {
    recognised_by(who).map(|(kind, value)| (workspace.0, kind, value.to_owned())).collect()
}

/// The contact of somebody whom [`contacts`] was asked about.
pub fn contact_of(contacts: &Contacts, workspace: WorkspaceId, who: &WireIdentity) -> Option<Uuid> {
    identity_keys(workspace, who).iter().find_map(|key| contacts.get(key).copied())
}

/// Adds to `known` the contact of everybody in `people` who is not in it, created where there is none. Identities that are named together
/// belong to one person, also when they were two contacts until now. Gives whether such contacts were merged.
pub async fn contacts(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    people: &[(WorkspaceId, &WireIdentity)],
    known: &mut Contacts,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<bool> {
    let persons = persons(people);
    let mut claims: BTreeMap<&IdentityKey, Uuid> = BTreeMap::new();
    for person in &persons {
        let contact = person.iter().filter_map(|key| known.get(key)).min().copied().unwrap_or_else(new_id);
        claims.extend(person.iter().filter(|key| !known.contains_key(*key)).map(|key| (key, contact)));
    }
    let mut fresh = BTreeSet::new();
    if !claims.is_empty() {
        let existing: HashSet<Uuid> = known.values().copied().collect();
        let won = claim(connection, now, &claims).await?;
        fresh.extend(claims.iter().filter(|(key, contact)| won.contains(**key) && !existing.contains(contact)).map(|(key, c)| (key.0, *c)));
        create(connection, now, &fresh).await?;
        if won.len() == claims.len() {
            known.extend(claims.into_iter().map(|(key, contact)| (key.clone(), contact)));
        } else {
            // Another process was first with some: what it made counts.
            *known = lookup(connection, persons.iter().flatten()).await?;
        }
    }
    let mut merged = false;
    for person in &persons {
        let found: BTreeSet<Uuid> = person.iter().filter_map(|key| known.get(key).copied()).collect();
        let Some((workspace, ..)) = person.first().filter(|_| found.len() > 1) else { continue };
        // The oldest stays; one made a moment ago never replaces one that others can see.
        let keep = found.iter().find(|contact| !fresh.contains(&(*workspace, **contact))).or(found.first()).copied().unwrap_or_default();
        for other in found.into_iter().filter(|contact| *contact != keep) {
            merge::contacts(connection, WorkspaceId(*workspace), (keep, other), None, now, events).await?;
            // By whatever else of theirs this batch names them.
            known.values_mut().filter(|contact| **contact == other).for_each(|contact| *contact = keep);
        }
        known.extend(person.iter().map(|key| (key.clone(), keep)));
        merged = true;
    }
    Ok(merged)
}

/// The identities of `people`, put together by person, each person's sorted.
fn persons(people: &[(WorkspaceId, &WireIdentity)]) -> Vec<BTreeSet<IdentityKey>> {
    let mut persons: Vec<BTreeSet<IdentityKey>> = Vec::new();
    let mut place: HashMap<IdentityKey, usize> = HashMap::new();
    for (workspace, who) in people {
        let keys = identity_keys(*workspace, who);
        let mut places = keys.iter().filter_map(|key| place.get(key).copied());
        let home = places.next();
        let joined = places.next().filter(|other| Some(*other) != home);
        let home = home.unwrap_or_else(|| {
            persons.push(BTreeSet::new());
            persons.len() - 1
        });
        let moved = joined.map(|other| std::mem::take(&mut persons[other])).unwrap_or_default();
        for key in keys.into_iter().chain(moved) {
            place.insert(key.clone(), home);
            persons[home].insert(key);
        }
    }
    persons.retain(|person| !person.is_empty());
    persons
}

/// Claims identities for contacts. Gives those that nobody had.
async fn claim(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    claims: &BTreeMap<&IdentityKey, Uuid>,
) -> sqlx::Result<HashSet<IdentityKey>> {
    // In key order, so that two batches with the same new people wait for each other instead of deadlocking.
    let rows = sqlx::query!(
        r#"
        insert into identity (workspace_id, kind, value, contact_id, created_at)
        select i.workspace_id, i.kind, i.value, i.contact_id, $5
        from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[]) i(workspace_id, kind, value, contact_id)
        on conflict do nothing
        returning workspace_id, kind, value
        "#,
        &claims.keys().map(|key| key.0).collect::<Vec<_>>(),
        &claims.keys().map(|key| key.1.to_owned()).collect::<Vec<_>>(),
        &claims.keys().map(|key| key.2.clone()).collect::<Vec<_>>(),
        &claims.values().copied().collect::<Vec<_>>(),
        now
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.workspace_id, kind_key(&row.kind), row.value)).collect())
}

async fn create(connection: &mut PgConnection, now: DateTime<Utc>, contacts: &BTreeSet<(Uuid, Uuid)>) -> sqlx::Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    let (workspaces, ids): (Vec<Uuid>, Vec<Uuid>) = contacts.iter().copied().unzip();
    sqlx::query!(
        r#"
        insert into contact (workspace_id, id, source, created_at)
        select workspace_id, id, 'whatsapp', $3 from unnest($1::uuid[], $2::uuid[]) c(workspace_id, id)
        "#,
        &workspaces,
        &ids,
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub fn kind_key(kind: &str) -> &'static str {
    if kind == "phone" { "phone" } else { "bsuid" }
}

async fn lookup<'a>(connection: &mut PgConnection, keys: impl Iterator<Item = &'a IdentityKey>) -> sqlx::Result<Contacts> {
    let (mut workspaces, mut kinds, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (workspace, kind, value) in keys {
        workspaces.push(*workspace);
        kinds.push((*kind).to_owned());
        values.push(value.clone());
    }
    if workspaces.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        r#"
        select i.workspace_id, i.kind, i.value, i.contact_id
        from unnest($1::uuid[], $2::text[], $3::text[]) w(workspace_id, kind, value)
        join identity i on i.workspace_id = w.workspace_id and i.kind = w.kind and i.value = w.value
        "#,
        &workspaces,
        &kinds,
        &values
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| ((row.workspace_id, kind_key(&row.kind), row.value), row.contact_id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_named_together_are_one_person_through_any_number_of_items() {
        let workspace = WorkspaceId(Uuid::from_u128(1));
        let who = |phone: Option<&str>, bsuid: Option<&str>| WireIdentity {
            phone: phone.map(str::to_owned),
            bsuid: bsuid.map(str::to_owned),
            ..WireIdentity::default()
        };
        let people = [
            who(Some("+1"), None),
            who(None, Some("US.1")),
            who(Some("+2"), None),
            who(Some("+1"), Some("US.1")),
            who(Some("+1"), Some("US.2")),
            who(None, None),
        ];
        let people: Vec<_> = people.iter().map(|who| (workspace, who)).collect();
        let values: Vec<Vec<String>> = persons(&people).into_iter().map(|person| person.into_iter().map(|key| key.2).collect()).collect();
        assert_eq!(values, [vec!["US.1", "US.2", "+1"], vec!["+2"]]);
    }
}
