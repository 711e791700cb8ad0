//! Who listens in this process, and what they have not seen yet.

use super::{
    frames::{self, Frame},
    presence::{Presence, Told},
};
use crate::{
    ids::WorkspaceId,
    server::{clock::Clock, crypto::new_id, scope::Scope},
    time::{MINUTE, Millis},
};
use sqlx::PgPool;
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Frames kept in memory per workspace: enough for a subscriber that is a moment behind; one further back reads the database.
const KEPT: usize = 512;
/// Events read at a time.
const CHUNK: i64 = 256;
/// Tellings kept for a subscriber that is a moment behind.
const TELLINGS: usize = 64;
/// How long somebody counts as being there: whoever looks tells it four times a minute.
const ONLINE: Millis = 2 * MINUTE;
/// How long somebody counts as looking: twice missed, and they have gone.
const LOOKS: Millis = 40_000;
/// After one of their pages went out of sight: as long as another one takes to tell that it is looked at.
const ELSEWHERE: Millis = 20_000;
/// People remembered before those who went are forgotten.
const MOST_ONLINE: usize = 10_000;
/// How often the hub looks without having been told to.
const SWEEP: Duration = Duration::from_secs(1);
/// How often it is checked that everybody who listens still may, whether or not a workspace says that rights changed.
const SEATS: Duration = Duration::from_secs(10);

/// A clone is the same hub.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    /// Names this process to the others.
    process: Uuid,
    pool: PgPool,
    clock: Clock,
    feeds: Mutex<HashMap<WorkspaceId, Arc<Feed>>>,
    /// How many streams rest on each seat.
    seats: Mutex<HashMap<Seat, usize>>,
    over: broadcast::Sender<Over>,
    /// Somebody said that seats changed.
    check: Notify,
    /// When people last told that they look at the inbox, to whichever process.
    online: Mutex<HashMap<(WorkspaceId, Uuid), Seen>>,
    /// Since when this process has heard of people.
    began: AtomicI64,
}

/// Somebody was there.
#[derive(Clone, Copy)]
struct Seen {
    at: Millis,
    /// When a page of theirs went out of sight since.
    gone: Option<Millis>,
}

/// What entitles a stream to its frames: it ends when any of this does.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Seat {
    session: [u8; 32],
    workspace: WorkspaceId,
    /// As [`Scope::rights`].
    rights: Arc<str>,
}

/// Whose streams end.
#[derive(Clone)]
enum Over {
    Session([u8; 32]),
    /// The session goes on, but not the membership, or not with these rights.
    Seat(Seat),
}

/// What happened lately in one workspace.
struct Feed {
    recent: Mutex<Recent>,
    /// The newest seq in `recent`; subscribers wait for it to move.
    head: watch::Sender<i64>,
    /// Somebody said *look*; the pump clears it before it looks.
    look: AtomicBool,
    told: broadcast::Sender<Arc<Told>>,
    pumping: AtomicBool,
    subscribers: AtomicUsize,
    /// The workspace's `rights_version` that its seats were last checked at.
    checked: AtomicI64,
}

struct Recent {
    frames: VecDeque<Arc<Frame>>,
    /// Everything after this is in `frames`.
    since: i64,
}

/// One open stream's place in the feed.
pub struct Subscription {
    hub: Hub,
    feed: Arc<Feed>,
    seat: Seat,
    head: watch::Receiver<i64>,
    over: broadcast::Receiver<Over>,
    told: broadcast::Receiver<Arc<Told>>,
    /// The last event handed out.
    cursor: i64,
}

/// What [`Subscription::next`] found.
pub enum Next {
    Frames(Vec<Arc<Frame>>),
    /// What is no event; perhaps not for the listener to know.
    Told(Arc<Told>),
    /// The cursor names no place in this workspace's history, or what the listener may see changed: read everything anew.
    Reset,
    /// The session ended.
    Ended,
}

impl Hub {
    /// Starts the sweeps, which end with `stopping`.
    pub fn start(pool: PgPool, clock: Clock, stopping: CancellationToken) -> Self {
        let (over, _) = broadcast::channel(256);
        let began = AtomicI64::new(clock.millis());
        let hub = Self(Arc::new(Inner {
            process: new_id(),
            pool,
            clock,
            feeds: Mutex::default(),
            seats: Mutex::default(),
            over,
            check: Notify::new(),
            online: Mutex::default(),
            began,
        }));
        tokio::spawn(hub.clone().sweep(stopping));
        hub
    }

    /// A workspace has new events. Cheap, never blocks; does nothing when nobody here listens.
    pub fn look(&self, workspace: WorkspaceId) {
        let feed = lock(&self.0.feeds).get(&workspace).cloned();
        if let Some(feed) = feed {
            feed.look.store(true, Ordering::SeqCst);
            if !feed.pumping.swap(true, Ordering::SeqCst) {
                tokio::spawn(self.clone().pump(workspace, feed));
            }
        }
    }

    /// Looks into every workspace that somebody here listens to.
    pub fn look_everywhere(&self) {
        let workspaces: Vec<_> = lock(&self.0.feeds).keys().copied().collect();
        workspaces.into_iter().for_each(|workspace| self.look(workspace));
    }

    /// Ends the streams of a session.
    pub fn end_session(&self, token_hash: [u8; 32]) {
        // An error says that no stream is open.
        let _ = self.0.over.send(Over::Session(token_hash));
    }

    /// Looks at once whether everybody who listens still may.
    pub fn seats_changed(&self) {
        self.0.check.notify_one();
    }

    /// Tells the streams of this process. Answers what is to be told to the other processes.
    pub fn tell(&self, mut told: Told) -> Told {
        *told.process() = self.0.process;
        self.pass_on(told.clone());
        told
    }

    /// Another process was told something; or this one, which has passed it on.
    pub fn heard_of(&self, mut told: Told) {
        if *told.process() != self.0.process {
            self.pass_on(told);
        }
    }

    /// Whether somebody looked at the workspace's inbox a moment ago, as far as this process has heard.
    pub fn is_online(&self, workspace: WorkspaceId, person: Uuid) -> bool {
        self.last_seen(workspace, person).is_some_and(|seen| seen.at > self.0.clock.millis() - ONLINE)
    }

    /// Whether somebody looks at the workspace's inbox, or may, as far as this process has heard: who leaves tells it, and a page that nobody looks at any more
    /// tells nothing. A process that has just begun has heard of nobody yet.
    pub fn may_look(&self, workspace: WorkspaceId, person: Uuid) -> bool {
        let now = self.0.clock.millis();
        let seen = self.last_seen(workspace, person);
        let looks = seen.is_some_and(|seen| seen.at > now - LOOKS && seen.gone.is_none_or(|gone| gone > now - ELSEWHERE));
        looks || (seen.is_none() && self.0.began.load(Ordering::SeqCst) > now - ELSEWHERE)
    }

    /// Whether somebody looked at the workspace's inbox after this moment: until their page went out of sight, if they had looked at it just before.
    pub fn looked_since(&self, workspace: WorkspaceId, person: Uuid, moment: Millis) -> bool {
        let until = |seen: Seen| seen.gone.filter(|gone| seen.at > gone - ELSEWHERE).unwrap_or(seen.at);
        self.last_seen(workspace, person).is_some_and(|seen| until(seen) > moment)
    }

    /// As if the process had been there for long. For tests, which do not wait until everybody has told where they are.
    pub fn has_heard_of_all(&self) {
        self.0.began.store(0, Ordering::SeqCst);
    }

    fn last_seen(&self, workspace: WorkspaceId, person: Uuid) -> Option<Seen> {
        lock(&self.0.online).get(&(workspace, person)).copied()
    }

    fn pass_on(&self, told: Told) {
        if let Told::Here(sighting) = &told
            && sighting.presence != Presence::Away
        {
            let now = self.0.clock.millis();
            let mut online = lock(&self.0.online);
            if online.len() >= MOST_ONLINE {
                online.retain(|_, seen| seen.at > now - ONLINE);
            }
            let key = (sighting.workspace, sighting.here.person.0);
            match sighting.presence {
                Presence::Gone => {
                    if let Some(seen) = online.get_mut(&key) {
                        seen.gone = Some(now);
                    }
                }
                _ => {
                    online.insert(key, Seen { at: now, gone: None });
                }
            }
        }
        let feed = lock(&self.0.feeds).get(&told.workspace()).cloned();
        if let Some(feed) = feed {
            // An error says that nobody listens.
            let _ = feed.told.send(Arc::new(told));
        }
    }

    /// How many streams are open.
    pub fn subscribers(&self) -> usize {
        lock(&self.0.feeds).values().map(|feed| feed.subscribers.load(Ordering::SeqCst)).sum()
    }

    /// Subscribes after `cursor` (None: from now on).
    pub async fn subscribe(&self, scope: &Scope, cursor: Option<i64>) -> sqlx::Result<Subscription> {
        let seat = Seat { session: scope.session, workspace: scope.workspace, rights: scope.rights.as_str().into() };
        let workspace = seat.workspace;
        let over = self.0.over.subscribe();
        let known = lock(&self.0.feeds).get(&workspace).cloned();
        let feed = match known {
            Some(feed) => feed,
            None => {
                let since = last_seq(&self.0.pool, workspace).await?;
                let fresh = Arc::new(Feed {
                    recent: Mutex::new(Recent { frames: VecDeque::new(), since }),
                    head: watch::Sender::new(since),
                    look: AtomicBool::new(false),
                    told: broadcast::Sender::new(TELLINGS),
                    pumping: AtomicBool::new(false),
                    subscribers: AtomicUsize::new(0),
                    checked: AtomicI64::new(-1),
                });
                lock(&self.0.feeds).entry(workspace).or_insert(fresh).clone()
            }
        };
        feed.subscribers.fetch_add(1, Ordering::SeqCst);
        *lock(&self.0.seats).entry(seat.clone()).or_insert(0) += 1;
        // The caller's rights were read a moment ago; what changed since then is found by the next sweep.
        feed.checked.store(-1, Ordering::SeqCst);
        let head = feed.head.subscribe();
        let cursor = cursor.unwrap_or_else(|| *head.borrow());
        let told = feed.told.subscribe();
        let subscription = Subscription { hub: self.clone(), feed, seat, head, over, told, cursor };
        // Between the feed's creation and now something may have been committed without anybody to tell.
        self.look(workspace);
        Ok(subscription)
    }

    /// Reads new events until nobody says *look* any more. One pump per feed runs at a time.
    async fn pump(self, workspace: WorkspaceId, feed: Arc<Feed>) {
        loop {
            feed.look.store(false, Ordering::SeqCst);
            if let Err(error) = self.read_new(workspace, &feed).await {
                tracing::warn!(error = crate::server::error::kind(&error), "live feed cannot read events; the sweep tries again");
                feed.pumping.store(false, Ordering::SeqCst);
                return;
            }
            feed.pumping.store(false, Ordering::SeqCst);
            // A *look* between the read and the line above found `pumping` set and left the work to us.
            if !feed.look.load(Ordering::SeqCst) || feed.pumping.swap(true, Ordering::SeqCst) {
                return;
            }
        }
    }

    async fn read_new(&self, workspace: WorkspaceId, feed: &Feed) -> sqlx::Result<()> {
        loop {
            let after = *feed.head.borrow();
            let frames = frames::load(&self.0.pool, workspace, after, CHUNK).await?;
            let Some(last) = frames.last().map(|frame| frame.seq) else { return Ok(()) };
            {
                let mut recent = lock(&feed.recent);
                recent.frames.extend(frames.into_iter().map(Arc::new));
                while recent.frames.len() > KEPT {
                    if let Some(dropped) = recent.frames.pop_front() {
                        recent.since = dropped.seq;
                    }
                }
            }
            feed.head.send_replace(last);
        }
    }

    async fn sweep(self, stopping: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut seats = tokio::time::interval(SEATS);
        loop {
            let outcome = tokio::select! {
                () = stopping.cancelled() => return,
                _ = sweep.tick() => self.sweep_feeds().await,
                _ = seats.tick() => self.check_seats(None).await,
                () = self.0.check.notified() => self.check_seats(None).await,
            };
            if let Err(error) = outcome {
                tracing::debug!(error = crate::server::error::kind(&error), "live sweep failed; the next one is due soon");
            }
        }
    }

    async fn sweep_feeds(&self) -> sqlx::Result<()> {
        let mut ids = Vec::new();
        lock(&self.0.feeds).retain(|workspace, feed| {
            // A feed nobody listens to is forgotten; its history is in the database. A strong count above one means that somebody
            // is subscribing or pumping right now.
            let idle = feed.subscribers.load(Ordering::SeqCst) == 0 && Arc::strong_count(feed) == 1;
            if !idle {
                ids.push(workspace.0);
            }
            !idle
        });
        if ids.is_empty() {
            return Ok(());
        }
        let heads = sqlx::query!(
            r#"
            select s.workspace_id, s.last_seq, w.rights_version from workspace_sequence s join workspace w on w.id = s.workspace_id
            where s.workspace_id = any($1)
            "#,
            &ids
        )
        .fetch_all(&self.0.pool)
        .await?;
        let mut moved = Vec::new();
        for row in heads {
            let workspace = WorkspaceId(row.workspace_id);
            let Some(feed) = lock(&self.0.feeds).get(&workspace).cloned() else { continue };
            if *feed.head.borrow() < row.last_seq {
                self.look(workspace);
            }
            // Before the check, so that whoever subscribes during it is checked the next time.
            if feed.checked.swap(row.rights_version, Ordering::SeqCst) != row.rights_version {
                moved.push(workspace);
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        let outcome = self.check_seats(Some(&moved)).await;
        if outcome.is_err() {
            let feeds = lock(&self.0.feeds);
            moved.iter().filter_map(|workspace| feeds.get(workspace)).for_each(|feed| feed.checked.store(-1, Ordering::SeqCst));
        }
        outcome
    }

    /// Ends streams whose session was deleted or ran out (should the message about it have been lost), and those of people who left the
    /// workspace or have other rights in it, in these workspaces or in all.
    async fn check_seats(&self, only: Option<&[WorkspaceId]>) -> sqlx::Result<()> {
        let seats: Vec<Seat> =
            lock(&self.0.seats).keys().filter(|seat| only.is_none_or(|only| only.contains(&seat.workspace))).cloned().collect();
        if seats.is_empty() {
            return Ok(());
        }
        let lost = sqlx::query!(
            r#"
            select seat.n as "n!", exists (select from session s where s.token_hash = seat.hash and s.expires_at > $4) as "signed_in!"
            from unnest($1::bytea[], $2::uuid[], $3::text[]) with ordinality seat(hash, workspace_id, rights, n)
            where not exists (
                select from session s
                where s.token_hash = seat.hash and s.expires_at > $4 and rights_of(seat.workspace_id, s.person_id) = seat.rights
            )
            "#,
            &seats.iter().map(|seat| seat.session.to_vec()).collect::<Vec<_>>(),
            &seats.iter().map(|seat| seat.workspace.0).collect::<Vec<_>>(),
            &seats.iter().map(|seat| seat.rights.to_string()).collect::<Vec<_>>(),
            self.0.clock.now()
        )
        .fetch_all(&self.0.pool)
        .await?;
        for row in lost {
            // `with ordinality` counts from one.
            let Some(seat) = usize::try_from(row.n - 1).ok().and_then(|place| seats.get(place)) else { continue };
            let over = if row.signed_in { Over::Seat(seat.clone()) } else { Over::Session(seat.session) };
            // An error says that the stream is gone already.
            let _ = self.0.over.send(over);
        }
        Ok(())
    }
}

impl Subscription {
    /// Waits for what comes after the cursor and moves it.
    pub async fn next(&mut self) -> sqlx::Result<Next> {
        loop {
            self.head.borrow_and_update();
            if let Some(next) = self.ready().await? {
                return Ok(next);
            }
            tokio::select! {
                changed = self.head.changed() => if changed.is_err() { return Ok(Next::Ended) },
                over = self.over.recv() => match over {
                    Ok(Over::Session(hash)) if hash == self.seat.session => return Ok(Next::Ended),
                    Ok(Over::Seat(seat)) if seat == self.seat => return Ok(Next::Reset),
                    // So many ended at once that this one may be among the missed: the sweep will say.
                    _ => {}
                },
                // What was missed is told again soon. The feed keeps its sender.
                told = self.told.recv() => if let Ok(told) = told { return Ok(Next::Told(told)) },
            }
        }
    }

    /// What is there now, without waiting.
    async fn ready(&mut self) -> sqlx::Result<Option<Next>> {
        let (since, newer) = {
            let recent = lock(&self.feed.recent);
            let newer: Vec<_> = recent.frames.iter().filter(|frame| frame.seq > self.cursor).cloned().collect();
            (recent.since, newer)
        };
        let head = *self.feed.head.borrow();
        if self.cursor > head {
            // Ahead of the feed: either the feed has not looked yet or the cursor is from another history.
            let last = Box::pin(last_seq(&self.hub.0.pool, self.seat.workspace)).await?;
            return Ok((self.cursor > last).then_some(Next::Reset));
        }
        if self.cursor < since {
            // Behind what is in memory.
            if Box::pin(pruned(&self.hub.0.pool, self.seat.workspace, self.cursor)).await? {
                return Ok(Some(Next::Reset));
            }
            let frames: Vec<_> = Box::pin(frames::load(&self.hub.0.pool, self.seat.workspace, self.cursor, CHUNK))
                .await?
                .into_iter()
                .map(Arc::new)
                .collect();
            return Ok(self.hand_out(frames));
        }
        Ok(self.hand_out(newer))
    }

    fn hand_out(&mut self, frames: Vec<Arc<Frame>>) -> Option<Next> {
        self.cursor = frames.last()?.seq;
        Some(Next::Frames(frames))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.subscribers.fetch_sub(1, Ordering::SeqCst);
        let mut seats = lock(&self.hub.0.seats);
        if let Some(count) = seats.get_mut(&self.seat) {
            *count -= 1;
            if *count == 0 {
                seats.remove(&self.seat);
            }
        }
    }
}

async fn last_seq(pool: &PgPool, workspace: WorkspaceId) -> sqlx::Result<i64> {
    let last =
        sqlx::query_scalar!("select last_seq from workspace_sequence where workspace_id = $1", workspace.0).fetch_optional(pool).await?;
    Ok(last.unwrap_or(0))
}

/// Whether events right after `cursor` were already deleted.
pub(super) async fn pruned(pool: &PgPool, workspace: WorkspaceId, cursor: i64) -> sqlx::Result<bool> {
    let next = sqlx::query_scalar!("select seq from event where workspace_id = $1 and seq > $2 order by seq limit 1", workspace.0, cursor)
        .fetch_optional(pool)
        .await?;
    let last = last_seq(pool, workspace).await?;
    Ok(cursor < 0 || cursor > last || (cursor < last && next != Some(cursor + 1)))
}

/// A panic while the lock was held cannot leave these maps half-changed in a way that matters, so poisoning is ignored.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
