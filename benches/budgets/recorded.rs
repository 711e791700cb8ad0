//! The statements that the server runs for a page, to be run again without it. They are not written down here, where they would be those of a page
//! of long ago: Postgres logs them while the server answers.

use super::server::Database;
use anyhow::{Context, Result, ensure};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::HashMap;

/// One statement of a page: as it was prepared, and what it was given; none for one without.
#[derive(Clone, Debug)]
struct Statement {
    sql: String,
    given: Option<String>,
}

/// The transaction in which a page is read, from beginning to end.
#[derive(Clone, Debug)]
pub struct Page(Vec<Statement>);

/// Has everything logged, for as long as it is not [`finished`](Self::finish).
pub struct Recorder {
    admin: PgConnection,
    read: i64,
}

const LOG: &str = "current_setting('data_directory') || '/server.log'";

impl Recorder {
    pub async fn start(database: &Database) -> Result<Self> {
        let mut admin = database.admin().await?;
        set(&mut admin, "set log_statement = 'all'").await?;
        Ok(Self { admin, read: 0 })
    }

    /// Forgets what was logged so far.
    pub async fn begin(&mut self) -> Result<()> {
        let size = format!("select size from pg_stat_file({LOG})");
        self.read = sqlx::query_scalar(AssertSqlSafe(size)).fetch_one(&mut self.admin).await?;
        Ok(())
    }

    /// The longest transaction since then: beside it there are the request's own, and what goes on by itself.
    pub async fn page(&mut self) -> Result<Page> {
        let part = format!("select pg_read_file({LOG}, $1, 100000000)");
        let text: String = sqlx::query_scalar(AssertSqlSafe(part)).bind(self.read).fetch_one(&mut self.admin).await?;
        // Each page of the inbox asks up to which event it is; nothing else that reads does.
        let is_page = |statements: &Vec<Statement>| {
            statements.iter().any(|statement| statement.sql.contains("select last_seq from workspace_sequence"))
        };
        let longest = transactions(&text).into_iter().filter(is_page).max_by_key(Vec::len);
        longest.map(Page).context("no page in the log of Postgres")
    }

    pub async fn finish(mut self) -> Result<()> {
        set(&mut self.admin, "reset log_statement").await
    }
}

async fn set(admin: &mut PgConnection, what: &str) -> Result<()> {
    admin.execute(AssertSqlSafe(format!("alter system {what}"))).await?;
    admin.execute("select pg_reload_conf()").await?;
    // Each process of the cluster reads it before its next statement, and hears of it soon.
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    Ok(())
}

/// Transactions, whosever they are. An entry begins with the time, goes on with the process in brackets and with what it is; a line that begins with a
/// tab belongs to the one above.
fn transactions(log: &str) -> Vec<Vec<Statement>> {
    let (mut open, mut whole): (HashMap<&str, Vec<Statement>>, Vec<Vec<Statement>>) = Default::default();
    let mut entries: Vec<(&str, String)> = Vec::new();
    for line in log.lines() {
        let entry = line.split_once(" [").and_then(|(_, rest)| rest.split_once("] ")).filter(|_| !line.starts_with('\t'));
        match (entry, entries.last_mut()) {
            (Some((process, text)), _) => entries.push((process, text.to_owned())),
            (None, Some((_, above))) => above.extend(["\n", line.trim_start_matches('\t')]),
            (None, None) => {}
        }
    }
    for (process, text) in entries {
        let statements = open.entry(process).or_default();
        if let Some(given) =
            text.strip_prefix("DETAIL:  ").and_then(|text| text.strip_prefix("parameters: ").or(text.strip_prefix("Parameters: ")))
        {
            if let Some(last) = statements.last_mut() {
                last.given = Some(values(given));
            }
            continue;
        }
        let Some(said) = text.strip_prefix("LOG:  ") else { continue };
        let sql = match (said.strip_prefix("statement: "), said.strip_prefix("execute ").and_then(|named| named.split_once(": "))) {
            (Some(sql), _) | (_, Some((_, sql))) => sql.to_owned(),
            _ => continue,
        };
        let word = sql.split_whitespace().next().unwrap_or_default().to_lowercase();
        // How it ends is another thing for reading than for measuring, and may be logged later.
        let ends = matches!(word.as_str(), "commit" | "rollback");
        if ends || word == "begin" {
            whole.push(std::mem::take(statements));
        }
        if !ends {
            statements.push(Statement { sql, given: None });
        }
    }
    whole.extend(open.into_values());
    whole.retain(|statements| statements.first().is_some_and(|first| first.sql.to_lowercase().starts_with("begin")));
    whole
}

/// `$1 = 'a', $2 = NULL` without the names.
fn values(given: &str) -> String {
    let (mut values, mut quoted, mut rest) = (String::new(), false, given);
    while let Some(next) = rest.chars().next() {
        if !quoted && next == '$' {
            rest = rest.split_once(" = ").map_or("", |(_, value)| value);
            continue;
        }
        quoted ^= next == '\'';
        values.push(next);
        rest = &rest[next.len_utf8()..];
    }
    values
}

/// A connection on which pages are run.
pub struct Bare {
    connection: PgConnection,
    prepared: HashMap<String, String>,
}

impl Bare {
    /// Prepares what is needed for these pages, as the server has it prepared.
    pub async fn prepare(mut connection: PgConnection, pages: &[Page]) -> Result<Self> {
        let mut prepared = HashMap::new();
        for statement in pages.iter().flat_map(|page| &page.0).filter(|statement| statement.given.is_some()) {
            if !prepared.contains_key(&statement.sql) {
                let name = format!("bench_{}", prepared.len());
                connection.execute(AssertSqlSafe(format!("prepare {name} as {}", statement.sql))).await?;
                prepared.insert(statement.sql.clone(), name);
            }
        }
        Ok(Self { connection, prepared })
    }

    /// Runs a page; gives how many rows it read.
    pub async fn run(&mut self, page: &Page) -> Result<usize> {
        let mut rows = 0;
        for Statement { sql, given } in &page.0 {
            let sql = match given {
                Some(given) => format!("execute {}({given})", self.prepared.get(sql).context("a statement that was not prepared")?),
                None => sql.clone(),
            };
            rows += sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await?.len();
        }
        ensure!(rows > 0, "a page has rows");
        self.connection.execute("rollback").await?;
        Ok(rows)
    }
}
