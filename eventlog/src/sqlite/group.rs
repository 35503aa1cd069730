//! What goes into one transaction: what is queued and, where that pays, what arrives a moment later.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::append::{Entry, Outcome};
use crate::error::LogError;
use crate::position::Position;

/// Most appends taken into one transaction.
const APPENDS_MAX: usize = 512;
/// A group takes no further append once it holds this many facts: a bound on how long the first one waits.
const FACTS_MAX: usize = 20_000;
/// A group of fewer appends and facts than these lets more gather, where that has been seen to pay.
const APPENDS_FEW: usize = 16;
const FACTS_FEW: usize = 1_000;
/// How long it lets them gather, and so the most by which that makes an acknowledgement later.
const GATHER: Duration = Duration::from_millis(1);
/// Gathering pays if it brings at least this many appends: each commit costs a sync and some pages.
const GATHERED_MIN: usize = 2;
/// Groups written at once before gathering is tried again, where it did not pay.
const TRY_AGAIN_AFTER: u32 = 128;

/// What the writer is asked.
pub(super) enum Request {
    Append { entries: Arc<Vec<Entry>>, answer: oneshot::Sender<Result<Vec<Outcome>, LogError>> },
    Settle { time: i64, answer: oneshot::Sender<Position> },
    WriteHeads { answer: oneshot::Sender<Result<Position, LogError>> },
    Close,
}

/// An append and where its answer goes.
pub(super) type Pending = (Arc<Vec<Entry>>, oneshot::Sender<Result<Vec<Outcome>, LogError>>);

/// Requests answered together.
#[derive(Default)]
pub(super) struct Group {
    pub(super) appends: Vec<Pending>,
    pub(super) settles: Vec<(i64, oneshot::Sender<Position>)>,
    pub(super) heads_wanted: Vec<oneshot::Sender<Result<Position, LogError>>>,
    pub(super) closing: bool,
    facts: usize,
}

impl Group {
    fn take(&mut self, request: Request) {
        match request {
            Request::Append { entries, answer } => {
                self.facts += entries.iter().map(|entry| entry.facts.len()).sum::<usize>();
                self.appends.push((entries, answer));
            }
            Request::Settle { time, answer } => self.settles.push((time, answer)),
            Request::WriteHeads { answer } => self.heads_wanted.push(answer),
            Request::Close => self.closing = true,
        }
    }

    fn take_queued(&mut self, requests: &mut mpsc::Receiver<Request>) {
        while !self.closing && self.appends.len() < APPENDS_MAX && self.facts < FACTS_MAX {
            let Ok(request) = requests.try_recv() else { break };
            self.take(request);
        }
    }

    fn is_small(&self) -> bool {
        !self.closing && self.appends.len() < APPENDS_FEW && self.facts < FACTS_FEW
    }
}

/// Makes groups, and learns whether waiting a moment makes them bigger: it does with many clients at once, and with
/// one that waits for each answer it never does.
#[derive(Default)]
pub(super) struct Gatherer {
    at_once: u32,
}

impl Gatherer {
    /// Waits for a request and takes what belongs with it; none once nobody can ask any more.
    pub(super) fn next(&mut self, requests: &mut mpsc::Receiver<Request>) -> Option<Group> {
        let mut group = Group::default();
        group.take(requests.blocking_recv()?);
        group.take_queued(requests);
        if !group.is_small() {
            return Some(group);
        }
        if self.at_once > 0 {
            self.at_once -= 1;
            return Some(group);
        }
        let before = group.appends.len();
        std::thread::sleep(GATHER);
        group.take_queued(requests);
        if group.appends.len() < before + GATHERED_MIN {
            self.at_once = TRY_AGAIN_AFTER;
        }
        Some(group)
    }
}
