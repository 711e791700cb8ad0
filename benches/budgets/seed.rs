//! A million messages, or twenty, in a few statements.

use anyhow::Result;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use uuid::Uuid;

/// Conversations of the workspace `demo` that are open; each has [`MESSAGES_EACH`] messages.
pub const CONVERSATIONS: i64 = 20_000;
/// Messages of each conversation.
pub const MESSAGES_EACH: i64 = 50;
/// Workspaces beside it, so that load can be spread over tenants.
pub const TENANTS: u64 = 32;
/// Known customers of each.
pub const TENANT_CUSTOMERS: u64 = 1_000;

/// What the measurements need to know about the seed.
pub struct Seed {
    pub workspace: Uuid,
    pub messages: i64,
}

/// The WhatsApp number of the workspace `demo`.
pub const NUMBER: &str = "123456789012345";

/// The number of tenant `n`, 0 to [`TENANTS`].
pub fn tenant_number(n: u64) -> String {
    format!("2000000{n:08}")
}

/// The phone of customer `c` of tenant `n`, in digits.
pub fn tenant_phone(n: u64, c: u64) -> String {
    format!("62822{n:03}{c:05}")
}

/// Seeds the migrated database with so many conversations. Of more than [`CONVERSATIONS`] the others are history: closed and read, from the
/// time before.
pub async fn seed(admin: &mut PgConnection, conversations: i64) -> Result<Seed> {
    let (workspace,): (Uuid,) = sqlx::query_as("select id from workspace where slug = 'demo'").fetch_one(&mut *admin).await?;
    // Foreign keys hold by construction; checking a million of them takes longer than everything else.
    admin.execute("set session_replication_role = replica").await?;
    admin.execute(FUNCTIONS).await?;
    let messages = conversations * MESSAGES_EACH;
    sqlx::query(EXTENT).bind(conversations).bind(messages).bind(YEAR_MS / messages).bind(CONVERSATIONS).execute(&mut *admin).await?;
    // Building an index once is many times faster than keeping it through every row.
    let indexes: Vec<(String, String)> = sqlx::query_as(REBUILT).fetch_all(&mut *admin).await?;
    for (name, _) in &indexes {
        admin.execute(AssertSqlSafe(format!("drop index {name}"))).await?;
    }
    for part in [CONTACTS, MESSAGES, TENANT_ROWS] {
        admin.execute(part).await?;
    }
    for (_, definition) in indexes {
        admin.execute(AssertSqlSafe(definition)).await?;
    }
    admin.execute("set session_replication_role = origin").await?;
    admin.execute("vacuum (analyze)").await?;
    admin.execute("checkpoint").await?;
    let (messages,): (i64,) = sqlx::query_as("select count(*) from message").fetch_one(admin).await?;
    Ok(Seed { workspace, messages })
}

/// The time over which the messages are spread, in milliseconds: 360 days.
const YEAR_MS: i64 = 360 * 86_400_000;

const EXTENT: &str = "create table bench_extent as select date_trunc('minute', now()) - interval '360 days' as at, $1::bigint as conversations, \
    $2::bigint as messages, $3::bigint * interval '1 millisecond' as step, $2::bigint - $1::bigint as last_round, $2::bigint - $4::bigint as open_from";

/// The indexes of `message` that no constraint needs.
const REBUILT: &str = "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index \
    where indrelid = 'message'::regclass and not exists (select from pg_constraint where conindid = indexrelid)";

/// Ids that sort by time like the product's (UUIDv7): from a moment and a number, and from the clock.
const FUNCTIONS: &str = r"
create function bench_id_at(at timestamptz, kind int, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8'
    || lpad(to_hex(n), 15, '0'))::uuid
$$;
create function bench_id() returns uuid language sql volatile as $$
  select overlay(gen_random_uuid()::text placing
    overlay(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') placing '-' from 9 for 0) from 1 for 13)::uuid
$$;
create table bench_probe (id uuid primary key, body text not null);
";

const CONTACTS: &str = r"
insert into contact (workspace_id, id, profile_name, profile_name_at, created_at)
select w.id, bench_id_at(b.at, 1, c), 'Pelanggan ' || c, b.at, b.at
from workspace w, bench_extent b, generate_series(0, b.conversations - 1) c where w.slug = 'demo';
insert into identity (workspace_id, kind, value, contact_id, created_at)
select w.id, 'phone', '+62811' || lpad(c::text, 8, '0'), bench_id_at(b.at, 1, c), b.at
from workspace w, bench_extent b, generate_series(0, b.conversations - 1) c where w.slug = 'demo';
";

/// Message i is of conversation i * 7919 mod their number: each conversation gets one of as many messages, in scattered order.
const MESSAGES: &str = r"
insert into message (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, provider_message_id, sent_at, created_at, status)
select w.id, bench_id_at(b.at + i * b.step, 3, i), bench_id_at(b.at, 2, (i * 7919) % b.conversations),
  case when i / b.conversations % 2 = 0 then 'inbound' else 'outbound' end, case when i / b.conversations % 2 = 0 then 'contact' else 'teammate' end,
  case when i / b.conversations % 2 = 1 then p.id end, 'text', 'Pesan nomor ' || i || ': apakah masih ada kamar untuk dua orang minggu depan?',
  'wamid.seed.' || i, b.at + i * b.step, b.at + i * b.step, case when i / b.conversations % 2 = 1 then 'read' end
from workspace w, person p, bench_extent b, generate_series(0, b.messages - 1) i where w.slug = 'demo' and p.email = 'owner@demo.test';
insert into conversation (workspace_id, id, contact_id, number_id, holder, state, unread_count, last_inbound_at, last_message_id, last_message_at, created_at, chat_marks)
select w.id, bench_id_at(b.at, 2, (i * 7919) % b.conversations), bench_id_at(b.at, 1, (i * 7919) % b.conversations), n.id, 'team',
  case when i < b.open_from then 'closed' else 'open' end,
  case when i >= b.open_from and i % 50 = 0 then 2 else 0 end, b.at + (i - b.conversations) * b.step,
  bench_id_at(b.at + i * b.step, 3, i), b.at + i * b.step, b.at, 0
from workspace w join whatsapp_number n on n.workspace_id = w.id, bench_extent b, generate_series(b.last_round, b.messages - 1) i where w.slug = 'demo';
";

const TENANT_ROWS: &str = r"
create view bench_tenant as
  select t, bench_id_at(b.at, 4, t) as workspace_id, bench_id_at(b.at, 5, t) as number_id, b.at from bench_extent b, generate_series(0, 31) t;
insert into workspace (id, slug, name, ari_enabled, created_at) select workspace_id, 'tenant-' || t, 'Tenant ' || t, false, at from bench_tenant;
insert into workspace_sequence (workspace_id) select workspace_id from bench_tenant;
insert into whatsapp_number (workspace_id, id, phone_number_id, created_at)
select workspace_id, number_id, '2000000' || lpad(t::text, 8, '0'), at from bench_tenant;
insert into number_route (phone_number_id, workspace_id, number_id)
select '2000000' || lpad(t::text, 8, '0'), workspace_id, number_id from bench_tenant;
insert into contact (workspace_id, id, profile_name, profile_name_at, created_at)
select workspace_id, bench_id_at(at, 6, t * 1000 + c), 'Pelanggan', at, at from bench_tenant, generate_series(0, 999) c;
insert into identity (workspace_id, kind, value, contact_id, created_at)
select workspace_id, 'phone', '+62822' || lpad(t::text, 3, '0') || lpad(c::text, 5, '0'), bench_id_at(at, 6, t * 1000 + c), at
from bench_tenant, generate_series(0, 999) c;
insert into conversation (workspace_id, id, contact_id, number_id, holder, last_message_at, created_at, chat_marks)
select workspace_id, bench_id_at(at, 7, t * 1000 + c), bench_id_at(at, 6, t * 1000 + c), number_id, 'team', at, at, 0
from bench_tenant, generate_series(0, 999) c;
grant select, insert on bench_probe to my21_app, my21_system;
";
