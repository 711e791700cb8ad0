//! The budgets of the product, each as a ratio to a probe that is measured in the same run: `make bench`.
//!
//! The server is the release binary in its own process; this harness plays gateway and browsers over real sockets. Probe and product are
//! measured in turns, so that what disturbs one disturbs the other. Arguments: names of measurements (memory, pages, wall, live, dom, load, tax; all of
//! these without any; and `scale`, which wants some 15 GB of disk and ten minutes), `--quick` for a first look with few samples, `--write` to put the table into docs/BENCHMARKS.md.

mod dom;
mod live;
mod load;
mod memory;
mod pages;
mod payloads;
mod recorded;
mod scale;
mod seed;
mod server;
mod stats;
mod wall;
mod wire;

use anyhow::{Context, Result};
use server::{Database, Server};
use stats::Finding;

const REPORT: &str = "docs/BENCHMARKS.md";
const BEGIN: &str = "<!-- figures: written by make bench ARGS=--write -->";
const END: &str = "<!-- end of figures -->";

#[tokio::main]
async fn main() -> Result<()> {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let (quick, write) = (has("--quick"), has("--write"));
    let all = arguments.iter().all(|argument| argument.starts_with("--"));
    let wanted = |name: &str| all || has(name);
    let few = |few, many| if quick { few } else { many };
    // Messages carry the time of sending; the wire has seconds.
    let now = my21staff::server::clock::Clock::System.millis() / 1000;

    let database = Database::create("my21_bench").await?;
    let mut findings = Findings::default();
    if wanted("memory") {
        progress("memory");
        findings.add(memory::memory(&database).await?);
    }
    if all || ["pages", "wall", "live", "dom", "load", "tax"].into_iter().any(wanted) {
        let server = Server::start(&database).await?;
        progress("a million messages");
        let seed = seed::seed(&mut database.admin().await?, seed::CONVERSATIONS).await?;
        if wanted("live") {
            progress("webhook to socket");
            findings.add(live::latency(&database, &server, few(200, 2_000), now).await?);
        }
        if wanted("dom") {
            progress("webhook to DOM");
            findings.add(dom::dom(&server, few(50, 300)).await?);
        }
        if wanted("pages") {
            progress("pages");
            findings.add(pages::pages(&database, &server, &seed, few(100, 1_000)).await?);
        }
        if wanted("wall") {
            progress("row-level security");
            findings.add(wall::policies(&database, &server, &seed, few(200, 2_000)).await?);
        }
        if wanted("load") {
            progress("acks and pgbench");
            findings.add(load::throughput(&database, &server, few(2, 7), few(3, 6) as u64, now).await?);
        }
        if wanted("tax") {
            progress("live-update tax");
            findings.add(load::live_tax(&database, &server, few(3, 9), few(3, 6) as u64, now).await?);
        }
    }
    if has("scale") {
        findings.add(scale::scale(few(100, 1_000)).await?);
    }
    let table = stats::table(&findings.0);
    println!("{table}");
    if write {
        let text = std::fs::read_to_string(REPORT).context(REPORT)?;
        let (before, rest) = text.split_once(BEGIN).context("the report has no place for figures")?;
        let (_, after) = rest.split_once(END).context("the report has no end of figures")?;
        let cores = std::thread::available_parallelism()?;
        std::fs::write(
            REPORT,
            format!(
                "{before}{BEGIN}\nOn a virtual machine with {cores} cores, shared by server, database and clients.\n\n{table}{END}{after}"
            ),
        )?;
    }
    Ok(())
}

/// The lines of the table so far; each is said as soon as it is known, so that a run that breaks off later has not been in vain.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            eprintln!(
                "    {}: {:.2}{} ({}), {}; {}",
                finding.what,
                finding.value,
                finding.unit,
                finding.verdict(),
                finding.samples,
                finding.context
            );
            self.0.push(finding);
        }
    }
}

fn progress(what: &str) {
    eprintln!("▸ {what}");
}
