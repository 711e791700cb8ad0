//! The same pages of a workspace with a year's million messages and of one with twenty million: what a team has on its hands is the same, what
//! lies behind is twenty times as much. Two databases of one cluster, a server for each, asked in turns.

use super::{
    pages::{Place, places},
    seed::{CONVERSATIONS, seed},
    server::{Database, Server},
    stats::{Finding, Limit, millis, percentile},
    wire::{self, Connection},
};
use anyhow::{Result, ensure};
use leptos::server_fn::ServerFn;
use my21staff::inbox::api::{CountConversations, ListConversations, LoadThread};
use std::time::Instant;

/// How many times as many conversations, and with them messages, the large one has.
const TIMES: i64 = 20;

/// Conversations whose pages are asked for, in turns.
const PLACES: i64 = 200;

/// What is asked, in the order of the findings.
const ASKED: [&str; 4] = [
    "20 M messages against 1 M: conversation list, first page, p95",
    "… a page from anywhere in the list, history included",
    "… thread page, of any conversation",
    "… totals of the views",
];

struct Side {
    server: Server,
    http: Connection,
    cookie: String,
    places: Vec<Place>,
    messages: i64,
}

async fn side(name: &str, conversations: i64) -> Result<Side> {
    let database = Database::create(name).await?;
    let server = Server::start(&database).await?;
    let mut admin = database.admin().await?;
    let seed = seed(&mut admin, conversations).await?;
    let places = places(&mut admin, &seed, PLACES).await?;
    let (cookie, http) = (server.sign_in("owner@demo.test").await?, server.connect().await?);
    Ok(Side { server, http, cookie, places, messages: seed.messages })
}

/// Rounds of the same question to both, in alternating order.
pub async fn scale(samples: usize) -> Result<Vec<Finding>> {
    // Each place once: what a team works with is in memory.
    let warm_up = PLACES as usize;
    let mut sides = [side("my21_bench_1", CONVERSATIONS).await?, side("my21_bench_20", CONVERSATIONS * TIMES).await?];
    let mut times: [[Vec<f64>; 2]; ASKED.len()] = Default::default();
    for n in 0..samples + warm_up {
        for (asked, times) in times.iter_mut().enumerate() {
            for turn in 0..2 {
                let which = (n + turn) % 2;
                let Side { http, cookie, places, .. } = &mut sides[which];
                let (id, _, at) = &places[n % places.len()];
                let path = match asked {
                    0 => format!("{}?workspace=demo", ListConversations::PATH),
                    1 => format!("{}?workspace=demo&view=state%3Dall&before={}.{id}", ListConversations::PATH, at.timestamp_millis()),
                    2 => format!("{}?workspace=demo&conversation={id}", LoadThread::PATH),
                    _ => format!("{}?workspace=demo", CountConversations::PATH),
                };
                let request = wire::get(&path, cookie);
                let began = Instant::now();
                let (status, answer) = http.exchange(&request).await?;
                let took = millis(began.elapsed());
                ensure!(status == 200 && (asked == 3 || answer.len() > 2_000), "{path} is answered {status}");
                if n >= warm_up {
                    times[which].push(took);
                }
            }
        }
    }
    let messages = format!("{} and {} messages", sides[0].messages, sides[1].messages);
    // Both live until here.
    drop(sides.map(|side| side.server));
    Ok(ASKED
        .into_iter()
        .zip(times)
        .map(|(what, [small, large])| {
            let at = |share| (percentile(&large, share), percentile(&small, share));
            let ((late, late_small), (half, half_small)) = (at(0.95), at(0.5));
            let context = format!("{late:.2} ms against {late_small:.2} ms; p50 {half:.2} against {half_small:.2}; {messages}");
            Finding::new(what, late / late_small, "×", Limit::AtMost(1.5), format!("{samples} pairs"), context)
        })
        .collect())
}
