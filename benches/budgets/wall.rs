//! What row-level security costs: the same statements by the role that it holds and by one that it does not, in turns.

use super::{
    pages::{places, record},
    recorded::Bare,
    seed::Seed,
    server::{Database, Server},
    stats::{Finding, Limit, median, millis},
};
use anyhow::{Result, ensure};
use sqlx::Executor;
use std::time::Instant;

const PLACES: i64 = 200;

/// Pages of the list and of threads by bare SQL, each pair about the same place, with either role first every other time.
pub async fn policies(database: &Database, server: &Server, seed: &Seed, samples: usize) -> Result<Vec<Finding>> {
    let mut admin = database.admin().await?;
    admin
        .execute(
            "do $$ begin create role my21_bench_bypass nologin bypassrls; exception when duplicate_object then null; end $$;
             grant select on all tables in schema public to my21_bench_bypass",
        )
        .await?;
    let mut held = database.app().await?;
    let mut free = database.admin().await?;
    free.execute("set role my21_bench_bypass").await?;
    let bypasses: bool = sqlx::query_scalar("select rolbypassrls from pg_roles where rolname = current_user").fetch_one(&mut free).await?;
    let holds: bool = sqlx::query_scalar("select not rolbypassrls and not rolsuper from pg_roles where rolname = current_user")
        .fetch_one(&mut held)
        .await?;
    ensure!(bypasses && holds, "the policies hold one role and not the other");
    let places = places(&mut admin, seed, PLACES).await?;
    let recorded = record(database, server, &server.sign_in("owner@demo.test").await?, &places).await?;
    let all = recorded.concat();
    let (mut held, mut free) = (Bare::prepare(held, &all).await?, Bare::prepare(free, &all).await?);
    let warm_up = samples / 10;
    // List with policies and without, thread with policies and without.
    let mut times: [Vec<f64>; 4] = Default::default();
    for n in 0..samples + warm_up {
        for step in 0..4 {
            let kind = if n % 2 == 0 { step } else { step ^ 1 };
            let role = if kind % 2 == 0 { &mut held } else { &mut free };
            let began = Instant::now();
            // The list from there, or the thread.
            role.run(&recorded[n % recorded.len()][1 + kind / 2]).await?;
            if n >= warm_up {
                times[kind].push(millis(began.elapsed()));
            }
        }
    }
    let finding = |what, of: usize| {
        let (with, without) = (median(&times[of]), median(&times[of + 1]));
        Finding::new(
            what,
            with / without,
            "×",
            Limit::AtMost(1.05),
            format!("{samples} pairs"),
            format!("p50 {with:.3} ms against {without:.3} ms"),
        )
    };
    Ok(vec![finding("row-level security: a list page with the policies against without, p50", 0), finding("… a thread page", 2)])
}
