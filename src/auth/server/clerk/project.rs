//! What follows from the mirror: people, workspaces and who belongs to them. Each function looks at the rows as they are and changes only what
//! differs, so it may run at any time.

use super::mirror::Aftermath;
use crate::{
    ids::WorkspaceId,
    inbox::server::labels,
    server::{
        audit::{Entry, record_as},
        crypto::new_id,
    },
    workspace::{
        Role,
        server::{numbered, slug_of},
    },
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Stands for somebody whose name nobody has said yet.
const NAMELESS: &str = "?";

/// A user and everything that hangs on them. `email_before` is the address that the mirror had.
pub async fn user(tx: &mut PgConnection, now: DateTime<Utc>, id: &str, email_before: &str, after: &mut Aftermath) -> sqlx::Result<()> {
    let Some(row) = sqlx::query!("select email, banned, deleted from clerk_user where id = $1", id).fetch_optional(&mut *tx).await? else {
        return Ok(());
    };
    if row.deleted {
        sqlx::query!("update person set email = null, removed_at = coalesce(removed_at, $2) where clerk_id = $1", id, now)
            .execute(&mut *tx)
            .await?;
    } else {
        settle(tx, now, &row.email).await?;
        person(tx, now, id).await?;
        sqlx::query!(
            r#"
            update person set removed_at = case when $3 then coalesce(removed_at, $2) end
            where clerk_id = $1 and $3 is distinct from (removed_at is not null)
            "#,
            id,
            now,
            row.banned
        )
        .execute(&mut *tx)
        .await?;
    }
    for email in BTreeSet::from([email_before, row.email.as_str()]) {
        settle(tx, now, email).await?;
    }
    if row.deleted || row.banned {
        let ended = sqlx::query_scalar!(
            "delete from session s using person p where p.id = s.person_id and p.clerk_id = $1 returning s.token_hash",
            id
        )
        .fetch_all(&mut *tx)
        .await?;
        after.ended.extend(ended.into_iter().filter_map(|hash| <[u8; 32]>::try_from(hash).ok()));
    }
    let organizations = sqlx::query_scalar!(
        r#"
        select organization_id as "id!" from clerk_membership where user_id = $1
        union select id from clerk_organization where created_by = $1
        order by 1
        "#,
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    for organization in organizations {
        self::organization(tx, now, &organization, after).await?;
    }
    Ok(())
}

/// Gives an address to whom it belongs: the user of whom it was said last. A person without an identity at Clerk who has it (from before Clerk was
/// switched on) is the same person, because Clerk has proved the address.
async fn settle(tx: &mut PgConnection, now: DateTime<Utc>, email: &str) -> sqlx::Result<()> {
    if email.is_empty() {
        return Ok(());
    }
    let owner =
        sqlx::query_scalar!("select id from clerk_user where email = $1 and not deleted order by version desc, id desc limit 1", email)
            .fetch_optional(&mut *tx)
            .await?;
    let holder = sqlx::query!("select id, clerk_id from person where email = $1", email).fetch_optional(&mut *tx).await?;
    match (&owner, holder) {
        (Some(owner), Some(holder)) if holder.clerk_id.as_ref() == Some(owner) => return Ok(()),
        (Some(owner), Some(holder)) if holder.clerk_id.is_none() => adopt(tx, now, holder.id, owner).await?,
        (_, Some(holder)) if holder.clerk_id.is_some() => {
            sqlx::query!("update person set email = null where id = $1", holder.id).execute(&mut *tx).await?;
        }
        _ => {}
    }
    if let Some(owner) = owner {
        sqlx::query!("update person set email = $2 where clerk_id = $1", owner, email).execute(tx).await?;
    }
    Ok(())
}

/// Makes a person of before and a user of Clerk's one. Where the user was seen already, the memberships move over.
async fn adopt(tx: &mut PgConnection, now: DateTime<Utc>, before: Uuid, clerk_id: &str) -> sqlx::Result<()> {
    let Some(known) = sqlx::query_scalar!("select id from person where clerk_id = $1", clerk_id).fetch_optional(&mut *tx).await? else {
        sqlx::query!("update person set clerk_id = $2 where id = $1", before, clerk_id).execute(tx).await?;
        return Ok(());
    };
    let moved = sqlx::query_scalar!(
        r#"
        insert into membership (workspace_id, person_id, role, custom_role_id, created_at)
        select workspace_id, $2, role, custom_role_id, created_at from membership where person_id = $1
        on conflict do nothing
        returning workspace_id
        "#,
        before,
        known
    )
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query!("update conversation set assignee_id = $2 where assignee_id = $1", before, known).execute(&mut *tx).await?;
    sqlx::query!("update task set assignee_id = $2 where assignee_id = $1", before, known).execute(&mut *tx).await?;
    sqlx::query!(
        "insert into team_member (workspace_id, team_id, person_id) select workspace_id, team_id, $2 from team_member where person_id = $1 on conflict do nothing",
        before,
        known
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from membership where person_id = $1", before).execute(&mut *tx).await?;
    sqlx::query!("delete from session where person_id = $1", before).execute(&mut *tx).await?;
    sqlx::query!("update person set email = null, removed_at = $2 where id = $1", before, now).execute(&mut *tx).await?;
    for workspace in moved {
        let entry = Entry { action: "member.linked", target: Some(("person", known)), detail: json!({ "before": before }) };
        record_as(tx, now, workspace, None, entry).await?;
    }
    Ok(())
}

/// The person that a user is, made if need be, with the name of now.
pub async fn person(tx: &mut PgConnection, now: DateTime<Utc>, id: &str) -> sqlx::Result<Uuid> {
    let name = sqlx::query_scalar!(
        r#"
        select coalesce(
            (select nullif(name, '') from clerk_user where id = $1),
            (select nullif(user_name, '') from clerk_membership where user_id = $1 and not deleted order by version desc, id desc limit 1)
        )
        "#,
        id
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query_scalar!(
        r#"
        insert into person (id, clerk_id, name, created_at) values ($1, $2, coalesce($3, $5), $4)
        on conflict (clerk_id) do update set name = coalesce($3, person.name)
        returning id
        "#,
        new_id(),
        id,
        name,
        now,
        NAMELESS
    )
    .fetch_one(tx)
    .await
}

/// An organisation's workspace and its members.
pub async fn organization(tx: &mut PgConnection, now: DateTime<Utc>, id: &str, after: &mut Aftermath) -> sqlx::Result<()> {
    let Some(row) =
        sqlx::query!("select name, slug, created_by, deleted from clerk_organization where id = $1", id).fetch_optional(&mut *tx).await?
    else {
        return Ok(());
    };
    let workspace = match row.deleted {
        // Customers' conversations stay, and nobody can see them any more.
        true => sqlx::query_scalar!("select id from workspace where clerk_organization_id = $1", id).fetch_optional(&mut *tx).await?,
        false => Some(self::workspace(tx, now, id, &row.name, &row.slug).await?),
    };
    let Some(workspace) = workspace else { return Ok(()) };
    let said = sqlx::query!(
        r#"
        select distinct on (m.user_id) m.user_id, m.role, m.created_ms, m.id,
               not m.deleted and not coalesce(u.deleted, false) as "lives!"
        from clerk_membership m left join clerk_user u on u.id = m.user_id
        where m.organization_id = $1
        order by m.user_id, m.deleted, m.version desc, m.id desc
        "#,
        id
    )
    .fetch_all(&mut *tx)
    .await?;
    let members: Vec<Member> = said
        .iter()
        .map(|row| Member { user: &row.user_id, admin: row.role == "org:admin", since: (row.created_ms, &row.id), lives: row.lives })
        .collect();
    let creator_gone =
        sqlx::query_scalar!(r#"select exists (select from clerk_user where id = $1 and deleted) as "gone!""#, row.created_by)
            .fetch_one(&mut *tx)
            .await?;
    let wanted = if row.deleted { BTreeMap::new() } else { roles(&members, &row.created_by, creator_gone) };
    for member in &members {
        match wanted.get(member.user) {
            Some(role) => join(tx, now, workspace, member.user, *role, after).await?,
            None => leave(tx, now, workspace, member.user, after).await?,
        }
    }
    if row.deleted {
        close(tx, now, workspace, after).await?;
    }
    Ok(())
}

/// What the mirror says of somebody in an organisation.
struct Member<'a> {
    user: &'a str,
    admin: bool,
    since: (i64, &'a str),
    lives: bool,
}

/// The product's roles: the creator among the administrators is the owner; a creator who is known to have left, or who never was, is succeeded by the
/// longest-standing administrator. Whoever is not an administrator is a member, whatever Clerk's own roles are called.
fn roles<'a>(members: &[Member<'a>], creator: &str, creator_gone: bool) -> BTreeMap<&'a str, Role> {
    let admins = || members.iter().filter(|member| member.lives && member.admin);
    let creators_place = members.iter().find(|member| member.user == creator);
    let succeeded = creator.is_empty() || creator_gone || creators_place.is_some_and(|member| !(member.lives && member.admin));
    let owner = match succeeded {
        true => admins().min_by_key(|member| member.since).map(|member| member.user),
        false => creators_place.map(|member| member.user),
    };
    let role = |member: &Member| match (member.admin, owner == Some(member.user)) {
        (true, true) => Role::Owner,
        (true, false) => Role::Admin,
        (false, _) => Role::Member,
    };
    members.iter().filter(|member| member.lives).map(|member| (member.user, role(member))).collect()
}

async fn join(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    workspace: Uuid,
    user: &str,
    role: Role,
    after: &mut Aftermath,
) -> sqlx::Result<()> {
    let person = person(tx, now, user).await?;
    let before = sqlx::query_scalar!("select role from membership where workspace_id = $1 and person_id = $2", workspace, person)
        .fetch_optional(&mut *tx)
        .await?;
    let (action, detail) = match before {
        Some(before) if before == role.as_str() => return Ok(()),
        Some(before) => ("member.role_changed", json!({ "role": [before, role.as_str()] })),
        None => ("member.added", json!({ "role": role.as_str() })),
    };
    sqlx::query!(
        r#"
        insert into membership (workspace_id, person_id, role, created_at) values ($1, $2, $3, $4)
        on conflict (workspace_id, person_id) do update
            set role = excluded.role, custom_role_id = case excluded.role when 'member' then membership.custom_role_id end
        "#,
        workspace,
        person,
        role.as_str(),
        now
    )
    .execute(&mut *tx)
    .await?;
    after.seats = true;
    record_as(tx, now, workspace, None, Entry { action, target: Some(("person", person)), detail }).await
}

async fn leave(tx: &mut PgConnection, now: DateTime<Utc>, workspace: Uuid, user: &str, after: &mut Aftermath) -> sqlx::Result<()> {
    let gone = sqlx::query!(
        "delete from membership m using person p where m.workspace_id = $1 and p.id = m.person_id and p.clerk_id = $2 returning m.person_id, m.role",
        workspace,
        user
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(gone) = gone else { return Ok(()) };
    after.seats = true;
    let entry = Entry { action: "member.removed", target: Some(("person", gone.person_id)), detail: json!({ "role": gone.role }) };
    record_as(tx, now, workspace, None, entry).await
}

/// Shuts everybody out who is still in, whether the mirror knows of them or not.
async fn close(tx: &mut PgConnection, now: DateTime<Utc>, workspace: Uuid, after: &mut Aftermath) -> sqlx::Result<()> {
    let gone =
        sqlx::query!("delete from membership where workspace_id = $1 returning person_id, role", workspace).fetch_all(&mut *tx).await?;
    for gone in gone {
        after.seats = true;
        let entry = Entry { action: "member.removed", target: Some(("person", gone.person_id)), detail: json!({ "role": gone.role }) };
        record_as(tx, now, workspace, None, entry).await?;
    }
    Ok(())
}

/// The workspace of a living organisation, with the name and slug of now.
async fn workspace(tx: &mut PgConnection, now: DateTime<Utc>, organization: &str, name: &str, slug: &str) -> sqlx::Result<Uuid> {
    let name = if name.is_empty() { NAMELESS } else { name };
    let base = slug_of(if slug.is_empty() { name } else { slug });
    let known = sqlx::query!("select id, name, slug from workspace where clerk_organization_id = $1", organization)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(known) = known {
        let slug = if belongs(&known.slug, &base) { known.slug.clone() } else { free_slug(tx, &base).await? };
        if (known.name.as_str(), &known.slug) != (name, &slug) {
            sqlx::query!("update workspace set name = $2, slug = $3 where id = $1", known.id, name, slug).execute(&mut *tx).await?;
            let detail = json!({ "name": [known.name, name], "slug": [known.slug, slug] });
            record_as(tx, now, known.id, None, Entry { action: "workspace.renamed", target: None, detail }).await?;
        }
        return Ok(known.id);
    }
    let id = new_id();
    let slug = free_slug(tx, &base).await?;
    sqlx::query!(
        "insert into workspace (id, slug, name, clerk_organization_id, created_at) values ($1, $2, $3, $4, $5)",
        id,
        slug,
        name,
        organization,
        now
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("insert into workspace_sequence (workspace_id) values ($1)", id).execute(&mut *tx).await?;
    labels::begin(tx, WorkspaceId(id), now).await?;
    record_as(tx, now, id, None, Entry { action: "workspace.created", target: None, detail: json!({ "slug": slug }) }).await?;
    Ok(id)
}

/// A free slug: `base`, else `base-1`, `base-2` … (F8).
async fn free_slug(tx: &mut PgConnection, base: &str) -> sqlx::Result<String> {
    // Numbers are put behind a shortened base where it is too long to carry them.
    let taken = sqlx::query_scalar!("select slug from workspace where starts_with(slug, left($1, 40))", base).fetch_all(tx).await?;
    let taken: BTreeSet<String> = taken.into_iter().collect();
    Ok((0..).map(|n| numbered(base, n)).find(|slug| !taken.contains(slug)).unwrap_or_default())
}

/// Whether a slug is `base` itself or `base` with a number.
fn belongs(slug: &str, base: &str) -> bool {
    let number = slug.rsplit_once('-').and_then(|(_, number)| number.parse().ok());
    slug == base || number.is_some_and(|n| n > 0 && numbered(base, n) == slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbered_slug_still_belongs_to_its_base() {
        assert!(belongs("toko", "toko") && belongs("toko-1", "toko") && belongs("toko-12", "toko"));
        assert!(!belongs("toko-baru", "toko") && !belongs("toko1", "toko") && !belongs("tok", "toko"));
    }

    fn member(user: &str, admin: bool, since: i64, lives: bool) -> Member<'_> {
        Member { user, admin, since: (since, user), lives }
    }

    fn owner(members: &[Member], creator: &str, gone: bool) -> Option<String> {
        roles(members, creator, gone).into_iter().find(|(_, role)| *role == Role::Owner).map(|(user, _)| user.to_owned())
    }

    #[test]
    fn the_creator_owns_and_is_succeeded_only_when_known_to_have_left() {
        let two = [member("a", true, 1, true), member("b", true, 2, true), member("c", false, 0, true)];
        assert_eq!(owner(&two, "b", false).as_deref(), Some("b"));
        assert_eq!(owner(&two, "unseen", false), None, "the creator's membership may still be on its way");
        assert_eq!(owner(&two, "unseen", true).as_deref(), Some("a"));
        assert_eq!(owner(&two, "", false).as_deref(), Some("a"));
        assert_eq!(owner(&two, "c", false).as_deref(), Some("a"), "a creator who is a mere member does not own");
        let left = [member("a", true, 5, true), member("b", true, 1, false)];
        assert_eq!(owner(&left, "b", false).as_deref(), Some("a"));
        assert_eq!(roles(&left, "b", false).len(), 1, "who left has no role");
        assert_eq!(roles(&two, "b", false)["c"], Role::Member);
    }
}
