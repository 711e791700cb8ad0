//! The `my21staff` program: `serve` (default), `doctor`, `migrate`, `found`, `super-admin`, `seed`, `reconcile`, `healthcheck`.

use my21staff::{
    inbox::server::reconcile,
    server::{clock::Clock, config::Config, doctor, run, state::App},
    workspace::{
        Role,
        server::{admin, seed},
    },
};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main]
async fn main() -> ExitCode {
    let json = std::env::var("LOG_FORMAT").is_ok_and(|format| format == "json");
    let filter = EnvFilter::try_from_env("LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        logs.json().init()
    } else {
        logs.init()
    }
    let command = std::env::args().nth(1).unwrap_or_else(|| "serve".into());
    let outcome = match command.as_str() {
        "healthcheck" => healthcheck().await,
        "doctor" => examine().await,
        "serve" | "migrate" | "found" | "super-admin" | "seed" | "reconcile" => match Config::from_env() {
            Ok(config) => work(&command, config).await,
            Err(problems) => {
                problems.iter().for_each(|problem| eprintln!("{problem}"));
                return ExitCode::from(78);
            }
        },
        _ => {
            eprintln!("usage: my21staff [serve | doctor | migrate | found … | super-admin EMAIL | seed | reconcile | healthcheck]");
            return ExitCode::from(64);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn work(command: &str, config: Config) -> anyhow::Result<()> {
    if command == "serve" {
        let leptos = leptos::config::get_configuration(site_options().as_deref())?;
        return run::serve(config, leptos.leptos_options).await;
    }
    let app = run::build(config, Clock::System)?;
    app.db.migrate().await?;
    match command {
        "seed" => {
            anyhow::ensure!(app.config.demo, "seed creates the demo's people and workspaces: it needs DEV_MODE=true");
            seed::demo(&app).await?;
        }
        "found" => found(&app).await?,
        "super-admin" => {
            let email = std::env::args().nth(2).unwrap_or_default().to_lowercase();
            let known = admin::appoint(&app, &email).await?;
            anyhow::ensure!(known, "nobody has the address {email:?}: sign up first. usage: my21staff super-admin EMAIL");
            println!("{email} sees /admin now");
        }
        "reconcile" => {
            let numbers = reconcile::put_all(&app).await?;
            println!("{numbers} number(s) will be compared with the provider's list by the running server");
        }
        _ => println!("the schema is up to date"),
    }
    Ok(())
}

/// Leptos.toml, in the folder one starts in or beside the program. Without it pages would name files that carry no hash.
fn site_options() -> Option<String> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("Leptos.toml")));
    [Some("Leptos.toml".into()), beside].into_iter().flatten().find(|path| path.exists()).map(|path| path.to_string_lossy().into_owned())
}

/// Creates a workspace with its number and its owner, whose password comes on standard input.
async fn found(app: &App) -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(2).collect();
    let [slug, name, phone_number_id, email, owner] = words.as_slice() else {
        anyhow::bail!(
            "usage: my21staff found SLUG NAME PHONE_NUMBER_ID OWNER_EMAIL OWNER_NAME, with the owner's password on standard input"
        );
    };
    let password = std::io::read_to_string(std::io::stdin())?;
    let password = password.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(password.chars().count() >= 8, "a password has at least 8 characters");
    let hash = my21staff::auth::server::hash(password.to_owned()).await?;
    let email = email.to_lowercase();
    let people = [(email.as_str(), owner.as_str(), Role::Owner)];
    let workspace = seed::NewWorkspace { slug, name, phone_number_id, people: &people };
    seed::found(app, &workspace, &hash).await?;
    println!("{slug} is founded: {email} can sign in");
    Ok(())
}

async fn examine() -> anyhow::Result<()> {
    let findings = doctor::examine(Config::from_env()).await;
    for finding in &findings {
        println!("{} {}", if finding.ok { "✓" } else { "✗" }, finding.what);
        if let Some(fix) = &finding.fix {
            println!("    → {fix}");
        }
    }
    let wrong = findings.iter().filter(|finding| !finding.ok).count();
    anyhow::ensure!(wrong == 0, "{wrong} thing(s) to mend");
    Ok(())
}

/// For container health checks, which have no curl: whether the server on this machine answers.
async fn healthcheck() -> anyhow::Result<()> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let addr = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into()).replace("0.0.0.0", "127.0.0.1");
    let mut stream = tokio::net::TcpStream::connect(&addr).await?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "not healthy");
    Ok(())
}
