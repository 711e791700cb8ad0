//! The list and a thread over HTTP against the bare SQL of the same page, and proof that no table is read from end to end.

use super::{
    seed::{CONVERSATIONS, Seed},
    server::{Database, Server},
    stats::{Finding, Limit, millis, percentile},
    wire,
};
use anyhow::{Result, ensure};
use leptos::server_fn::ServerFn;
use my21staff::inbox::api::{ListConversations, LoadThread};
use sqlx::{Executor, PgConnection};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The SQL of one page of the list, statement by statement, as `inbox::server::reading` has it.
const LIST: [&str; 4] = [
    "select id from conversation where workspace_id = $1 and ($2::timestamptz is null or (last_message_at, id) < ($2, $3)) \
     order by last_message_at desc, id desc limit 51",
    "select c.id, c.contact_id, c.state, c.holder, c.unread_count, c.last_inbound_at, c.last_message_at, k.name, k.profile_name, k.username, \
     i.value, c.assignee_id, assignee.name, m.sender, m.sender_id, author.name, m.kind, left(m.body, 200), m.status \
     from conversation c join contact k on k.workspace_id = c.workspace_id and k.id = c.contact_id \
     left join lateral (select value from identity i where i.workspace_id = c.workspace_id and i.contact_id = c.contact_id and i.kind = 'phone' \
     order by value limit 1) i on true \
     left join person assignee on assignee.id = c.assignee_id \
     left join message m on m.workspace_id = c.workspace_id and m.id = c.last_message_id \
     left join person author on author.id = m.sender_id \
     where c.workspace_id = $1 and c.id = any($2)",
    "select coalesce(sum(unread_count), 0)::bigint from conversation where workspace_id = $1 and unread_count > 0 and ($2::uuid is null or assignee_id = $2)",
    "select last_seq from workspace_sequence where workspace_id = $1",
];

/// The SQL of one page of a thread that has neither quotes nor files; the conversation comes by `LIST[1]`.
const THREAD: [&str; 4] = [
    "select k.name, k.profile_name, k.username, k.source, k.created_at, (select value from identity i where i.workspace_id = k.workspace_id \
     and i.contact_id = k.id and i.kind = 'phone' order by value limit 1) from contact k where k.workspace_id = $1 and k.id = $2",
    "select id, sent_at from message where workspace_id = $1 and conversation_id = $2 and ($3::timestamptz is null or (sent_at, id) < ($3, $4)) \
     order by sent_at desc, id desc limit 51",
    "select m.id, m.conversation_id, m.client_id, m.direction, m.sender, m.sender_id, author.name, m.kind, m.body, m.detail, \
     m.provider_message_id, m.reply_to, m.sent_at, m.status, m.failure_code, m.failure_reason, f.id, f.state, f.mime, f.file_name, f.byte_size \
     from message m left join media f on f.workspace_id = m.workspace_id and f.message_id = m.id \
     left join person author on author.id = m.sender_id where m.workspace_id = $1 and m.id = any($2)",
    "select target, emoji from reaction where workspace_id = $1 and target = any($2) and emoji is not null order by by_contact desc",
];

async fn enter(connection: &mut PgConnection, workspace: Uuid) -> Result<()> {
    connection.execute("begin isolation level repeatable read read only").await?;
    sqlx::query("select set_config('app.workspace_id', $1, true)").bind(workspace.to_string()).execute(connection).await?;
    Ok(())
}

async fn leave(connection: &mut PgConnection, workspace: Uuid) -> Result<()> {
    sqlx::query(LIST[3]).bind(workspace).fetch_one(&mut *connection).await?;
    connection.execute("rollback").await?;
    Ok(())
}

pub(super) async fn bare_list(connection: &mut PgConnection, workspace: Uuid, before: Option<(Moment, Uuid)>) -> Result<usize> {
    enter(connection, workspace).await?;
    let (at, id) = before.unzip();
    let mut ids: Vec<Uuid> = sqlx::query_scalar(LIST[0]).bind(workspace).bind(at).bind(id).fetch_all(&mut *connection).await?;
    ids.truncate(50);
    let rows = sqlx::query(LIST[1]).bind(workspace).bind(&ids).fetch_all(&mut *connection).await?.len();
    sqlx::query(LIST[2]).bind(workspace).bind(None::<Uuid>).fetch_one(&mut *connection).await?;
    leave(connection, workspace).await?;
    Ok(rows)
}

pub(super) async fn bare_thread(connection: &mut PgConnection, workspace: Uuid, (conversation, contact): (Uuid, Uuid)) -> Result<usize> {
    enter(connection, workspace).await?;
    sqlx::query(LIST[1]).bind(workspace).bind([conversation]).fetch_all(&mut *connection).await?;
    sqlx::query(THREAD[0]).bind(workspace).bind(contact).fetch_all(&mut *connection).await?;
    let found: Vec<(Uuid, Moment)> = sqlx::query_as(THREAD[1])
        .bind(workspace)
        .bind(conversation)
        .bind(None::<Moment>)
        .bind(None::<Uuid>)
        .fetch_all(&mut *connection)
        .await?;
    let ids: Vec<Uuid> = found.iter().take(50).map(|row| row.0).collect();
    let rows = sqlx::query(THREAD[2]).bind(workspace).bind(&ids).fetch_all(&mut *connection).await?;
    let targets: Vec<String> = rows.iter().filter_map(|row| sqlx::Row::try_get(row, 10).ok()).collect();
    sqlx::query(THREAD[3]).bind(workspace).bind(&targets).fetch_all(&mut *connection).await?;
    leave(connection, workspace).await?;
    Ok(rows.len())
}

pub(super) type Moment = chrono::DateTime<chrono::Utc>;

/// One conversation in many: id, contact, last message.
pub(super) type Place = (Uuid, Uuid, Moment);

/// So many conversations from anywhere, but for the end of the list, where a page is not full.
pub(super) async fn places(admin: &mut PgConnection, seed: &Seed, count: i64) -> Result<Vec<Place>> {
    Ok(sqlx::query_as(
        "select id, contact_id, last_message_at from conversation where workspace_id = $1 and last_message_at < now() - interval '1 day' \
         and last_message_at > (select last_message_at from conversation where workspace_id = $1 order by last_message_at offset 100 limit 1) \
         order by md5(id::text) limit $2",
    )
    .bind(seed.workspace)
    .bind(count)
    .fetch_all(admin)
    .await?)
}

/// Rounds of page over HTTP and page by SQL, each of a conversation of its own choosing, in alternating order.
pub async fn pages(database: &Database, server: &Server, seed: &Seed, samples: usize) -> Result<Vec<Finding>> {
    let cookie = server.sign_in("owner@demo.test").await?;
    let mut http = server.connect().await?;
    let mut bare = database.app().await?;
    let mut admin = database.admin().await?;
    let places = places(&mut admin, seed, (samples as i64 * 3).min(CONVERSATIONS)).await?;
    let list = |before: Option<&Place>| {
        let before = before.map(|(id, _, at)| format!("&before={}.{id}", at.timestamp_millis())).unwrap_or_default();
        wire::get(&format!("{}?workspace=demo{before}", ListConversations::PATH), &cookie)
    };
    let thread = |(id, ..): &Place| wire::get(&format!("{}?workspace=demo&conversation={id}", LoadThread::PATH), &cookie);
    let scans_before = scans(&mut admin).await?;
    let mut times: [Vec<f64>; 6] = Default::default();
    let warm_up = samples / 10;
    for n in 0..samples + warm_up {
        let (one, other) = (&places[n % places.len()], &places[(n + samples + warm_up) % places.len()]);
        for step in 0..6 {
            // HTTP first in even rounds, SQL first in odd ones.
            let kind = if n % 2 == 0 { step } else { step ^ 1 };
            let began = Instant::now();
            match kind {
                0 | 2 | 4 => {
                    let request = match kind {
                        0 => list(None),
                        2 => list(Some(one)),
                        _ => thread(one),
                    };
                    let (status, answer) = http.exchange(&request).await?;
                    ensure!(status == 200 && answer.len() > 2_000, "page {kind} is answered {status}");
                }
                1 => ensure!(bare_list(&mut bare, seed.workspace, None).await? == 50),
                3 => ensure!(bare_list(&mut bare, seed.workspace, Some((other.2, other.0))).await? > 0),
                _ => ensure!(bare_thread(&mut bare, seed.workspace, (other.0, other.1)).await? >= 50),
            }
            if n >= warm_up {
                times[kind].push(millis(began.elapsed()));
            }
        }
    }
    let finding = |what, of: usize| {
        let (page, sql) = (percentile(&times[of], 0.95), percentile(&times[of + 1], 0.95));
        let (page_half, sql_half) = (percentile(&times[of], 0.5), percentile(&times[of + 1], 0.5));
        let context = format!("{page:.2} ms against {sql:.2} ms; p50 {page_half:.2} against {sql_half:.2}");
        Finding::new(what, page / sql, "×", Limit::AtMost(2.0), format!("{samples} pairs"), context)
    };
    let mut findings = vec![
        finding("conversation list, first page, p95 against its bare SQL", 0),
        finding("… a page from anywhere in the list", 2),
        finding("thread page, p95 against its bare SQL", 4),
    ];
    // Sessions report their counters when they have been idle for a while.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let read = scans(&mut admin).await?;
    findings.push(Finding::new(
        "sequential scans of message and conversation meanwhile",
        (read.0 - scans_before.0) as f64,
        "",
        Limit::AtMost(0.0),
        format!("{} index scans", read.1 - scans_before.1),
        format!("{} messages in {CONVERSATIONS} conversations", seed.messages),
    ));
    Ok(findings)
}

/// Sequential and index scans of the two big tables, as Postgres counts them.
async fn scans(admin: &mut PgConnection) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "select sum(seq_scan)::bigint, sum(idx_scan)::bigint from pg_stat_user_tables where relname in ('message', 'conversation')",
    )
    .fetch_one(admin)
    .await?)
}
