//! Giving out what nobody has (F73, F222): in turn or to whoever has least, to those who are there, up to as many as one can hold.
//!
//! Looked for again and again rather than done where a conversation changes hands: whoever comes online, has room again or joins gets what waited. What waits
//! longest goes first. One process at a time gives out a workspace's: the rule's row is locked meanwhile.

use super::{deeds, holding, record};
use crate::{
    error::AppError,
    ids::{ConversationId, PersonId, WorkspaceId},
    inbox::model::Holder,
    server::{db, error, request, state::App},
    workspace::Permission,
};
use chrono::Duration;
use sqlx::PgConnection;
use uuid::Uuid;

/// Conversations given out at a time in a workspace; what remains is given out the next time.
const AT_A_TIME: i64 = 50;
/// After somebody was taken off by hand: as long as one may think again.
const THINKING: Duration = Duration::seconds(15);

/// How a workspace gives out.
struct Rule {
    least_busy: bool,
    online_only: bool,
    capacity: Option<i32>,
    team: Option<Uuid>,
}

/// Somebody who may get something.
struct Candidate {
    person: PersonId,
    name: String,
    /// How many they have open, where the rule asks.
    open: i64,
    given_nth: Option<i64>,
}

/// Gives out what waits in every workspace that has a rule.
pub async fn give_out(app: &App) -> sqlx::Result<()> {
    let workspaces = sqlx::query_scalar!(
        r#"
        select r.workspace_id from assignment_rule r join workspace w on w.id = r.workspace_id
        where w.status = 'active' and exists (
            select from conversation c
            where c.workspace_id = r.workspace_id and c.waiting_since is not null and c.state = 'open' and c.holder = 'team'
                and c.assignee_id is null)
        "#
    )
    .fetch_all(&app.db.system)
    .await?;
    for workspace in workspaces {
        // Whatever is wrong in one does not hold up the others.
        if let Err(error) = in_workspace(app, WorkspaceId(workspace)).await {
            tracing::warn!(error = error::kind(&error), "nothing could be given out; it comes round again");
        }
    }
    Ok(())
}

async fn in_workspace(app: &App, workspace: WorkspaceId) -> sqlx::Result<()> {
    // Held until the end; each conversation is a transaction of its own, because whoever holds two of them may be waited for in a circle.
    let mut turn = db::begin(&app.db.system).await?;
    let rule = sqlx::query!(
        "select mode, online_only, capacity, team_id from assignment_rule where workspace_id = $1 for update skip locked",
        workspace.0
    )
    .fetch_optional(&mut *turn)
    .await?;
    // Another process is at it.
    let Some(rule) = rule else { return Ok(()) };
    let rule = Rule { least_busy: rule.mode == "least_busy", online_only: rule.online_only, capacity: rule.capacity, team: rule.team_id };
    let mut candidates = candidates(app, &mut turn, workspace, &rule).await?;
    // Whoever alone could get something is not offered what they let go: it would stand before all others for ever.
    let sole = match candidates.iter().filter(|candidate| has_room(candidate, &rule)).collect::<Vec<_>>()[..] {
        [] => return Ok(()),
        [only] => Some(only.person.0),
        _ => None,
    };
    let waiting = sqlx::query!(
        r#"
        select id, let_go_by from conversation
        where workspace_id = $1 and waiting_since is not null and state = 'open' and holder = 'team' and assignee_id is null
            and (let_go_at is null or let_go_at <= $3) and ($4::uuid is null or let_go_by is distinct from $4)
        order by waiting_since, id limit $2
        "#,
        workspace.0,
        AT_A_TIME,
        app.clock.now() - THINKING,
        sole
    )
    .fetch_all(&mut *turn)
    .await?;
    // Of all, also of those who are not there: whoever comes back does not wait until the others have caught up.
    let mut nth =
        sqlx::query_scalar!(r#"select coalesce(max(given_nth), 0) as "nth!" from availability where workspace_id = $1"#, workspace.0)
            .fetch_one(&mut *turn)
            .await?;
    for conversation in waiting {
        let Some(place) = choose(&candidates, &rule, conversation.let_go_by) else { continue };
        if give(app, workspace, ConversationId(conversation.id), &candidates[place], nth + 1).await? {
            nth += 1;
            candidates[place].open += 1;
            candidates[place].given_nth = Some(nth);
        }
    }
    Ok(())
}

/// Gives it, unless somebody was quicker.
async fn give(app: &App, workspace: WorkspaceId, id: ConversationId, to: &Candidate, nth: i64) -> sqlx::Result<bool> {
    let mut tx = db::begin(&app.db.system).await?;
    let Some(locked) = holding::lock(&mut tx, workspace, id).await? else { return Ok(false) };
    if locked.state != "open" || locked.holder != Holder::Team || locked.assignee.is_some() {
        return Ok(false);
    }
    // Somebody who left meanwhile gets nothing.
    let given = sqlx::query!(
        r#"
        with given as (
            insert into availability (workspace_id, person_id, given_nth)
            select workspace_id, person_id, $4 from membership where workspace_id = $1 and person_id = $3
            on conflict (workspace_id, person_id) do update set given_nth = excluded.given_nth
            returning person_id
        )
        update conversation set assignee_id = given.person_id from given
        where workspace_id = $1 and id = $2 and waiting_since is not null and let_go_by is distinct from $3
        "#,
        workspace.0,
        id.0,
        to.person.0,
        nth
    )
    .execute(&mut *tx)
    .await?;
    // Nor whoever let it go meanwhile, and nobody what was answered. Nobody's turn is over then: the transaction ends with nothing done.
    if given.rows_affected() == 0 {
        return Ok(false);
    }
    let now = app.clock.now();
    let mut events = vec![deeds::changed(&locked)];
    holding::system_line(&mut tx, &locked, "auto_assigned", None, &to.name, now, &mut events).await?;
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(true)
}

/// Those who may answer, are not away and, if that is asked, are there.
async fn candidates(app: &App, connection: &mut PgConnection, workspace: WorkspaceId, rule: &Rule) -> sqlx::Result<Vec<Candidate>> {
    let members = sqlx::query!(
        r#"
        select m.person_id, p.name, a.given_nth as "given_nth?"
        from membership m join person p on p.id = m.person_id
        left join availability a on a.workspace_id = m.workspace_id and a.person_id = m.person_id
        where m.workspace_id = $1 and a.away is not true
            and ($2::uuid is null or exists (
                select from team_member t where t.workspace_id = m.workspace_id and t.team_id = $2 and t.person_id = m.person_id))
        "#,
        workspace.0,
        rule.team
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut candidates = Vec::new();
    for row in members {
        let person = PersonId(row.person_id);
        if rule.online_only && !app.hub.is_online(workspace, person.0) {
            continue;
        }
        match request::scope_of_person(app, person, workspace).await {
            Ok(scope) if scope.permissions.has(Permission::Reply) => {
                candidates.push(Candidate { person, name: row.name, open: 0, given_nth: row.given_nth });
            }
            Ok(_) | Err(AppError::NotFound | AppError::Suspended) => {}
            // Not known is not "may not": nobody is passed over.
            Err(_) => return Ok(Vec::new()),
        }
    }
    if rule.least_busy || rule.capacity.is_some() {
        count_open(connection, workspace, &mut candidates).await?;
    }
    Ok(candidates)
}

async fn count_open(connection: &mut PgConnection, workspace: WorkspaceId, candidates: &mut [Candidate]) -> sqlx::Result<()> {
    let people: Vec<Uuid> = candidates.iter().map(|candidate| candidate.person.0).collect();
    let counts = sqlx::query!(
        r#"
        select assignee_id as "person!", count(*) as "open!" from conversation
        where workspace_id = $1 and assignee_id = any($2) and state = 'open' group by assignee_id
        "#,
        workspace.0,
        &people
    )
    .fetch_all(connection)
    .await?;
    for row in counts {
        candidates.iter_mut().filter(|candidate| candidate.person.0 == row.person).for_each(|candidate| candidate.open = row.open);
    }
    Ok(())
}

fn has_room(candidate: &Candidate, rule: &Rule) -> bool {
    rule.capacity.is_none_or(|capacity| candidate.open < i64::from(capacity))
}

/// Whose turn it is, by place; `not`: whoever let go of it.
fn choose(candidates: &[Candidate], rule: &Rule, not: Option<Uuid>) -> Option<usize> {
    let free = candidates.iter().enumerate().filter(|(_, candidate)| has_room(candidate, rule) && Some(candidate.person.0) != not);
    let turn = |(_, candidate): &(usize, &Candidate)| (rule.least_busy.then_some(candidate.open), candidate.given_nth, candidate.person.0);
    free.min_by_key(turn).map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(n: u128, open: i64, given: Option<i64>) -> Candidate {
        Candidate { person: PersonId(Uuid::from_u128(n)), name: n.to_string(), open, given_nth: given }
    }

    fn chosen(all: &[Candidate], least_busy: bool, capacity: Option<i32>, not: Option<u128>) -> Option<String> {
        let rule = Rule { least_busy, online_only: false, capacity, team: None };
        choose(all, &rule, not.map(Uuid::from_u128)).map(|place| all[place].name.clone())
    }

    #[test]
    fn whose_turn_it_is() {
        let all = &[candidate(1, 5, Some(10)), candidate(2, 9, Some(3)), candidate(3, 7, None)];
        assert_eq!(chosen(all, false, None, None).as_deref(), Some("3"), "who never got one");
        assert_eq!(chosen(all, false, None, Some(3)).as_deref(), Some("2"), "then who got one longest ago");
        assert_eq!(chosen(all, true, None, None).as_deref(), Some("1"), "who has least");
        assert_eq!(chosen(all, false, Some(9), Some(3)).as_deref(), Some("1"), "and has room");
        assert_eq!(chosen(all, false, Some(5), None), None, "nobody has room");
        assert_eq!(
            chosen(&[candidate(4, 2, Some(1)), candidate(5, 2, None)], true, None, None).as_deref(),
            Some("5"),
            "in turn among equals"
        );
    }
}
