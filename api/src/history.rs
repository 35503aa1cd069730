//! The facts of one user, walked page by page.

use std::ops::ControlFlow;

use domain::{EventKind, UserId};
use eventlog::{Log, LogError, Position, Recorded, Stream};

/// Facts read at once.
const PAGE_FACTS: usize = 500;
/// Facts held at once while a whole history is read forwards.
const FORWARD_FACTS: usize = 64;

/// Visits the facts of a user from the newest, or from the one before `before`, until told to stop.
///
/// # Errors
/// What the log says.
pub fn walk_back(
    log: &Log,
    user: UserId,
    mut before: Option<Position>,
    visit: &mut dyn FnMut(Recorded) -> ControlFlow<()>,
) -> Result<(), LogError> {
    loop {
        let page = log.read_stream(&Stream::User(user), before, PAGE_FACTS)?;
        let Some(last) = page.last() else { return Ok(()) };
        before = Some(last.position);
        for fact in page {
            if visit(fact).is_break() {
                return Ok(());
            }
        }
    }
}

/// The facts of a user that are about the user, oldest first, as often as asked. A stream is read backwards: what is
/// remembered of it is where its pages lie, not what they hold.
#[derive(Debug)]
pub struct History<'a> {
    log: &'a Log,
    user: UserId,
    through: Position,
    /// The newest page itself: facts that come later would push others out of it.
    newest: Vec<Recorded>,
    /// The fact that ends where each page before it begins, newest first.
    pages: Vec<Position>,
}

impl<'a> History<'a> {
    /// The facts up to and including `through`.
    ///
    /// # Errors
    /// What the log says.
    pub fn of(log: &'a Log, user: UserId, through: Position) -> Result<History<'a>, LogError> {
        let newest = log.read_stream(&Stream::User(user), None, FORWARD_FACTS)?;
        let (mut pages, mut oldest) = (Vec::new(), newest.last().map(|fact| fact.position));
        while let Some(before) = oldest {
            pages.push(before);
            let page = log.read_stream(&Stream::User(user), oldest, FORWARD_FACTS)?;
            oldest = page.last().map(|fact| fact.position);
        }
        Ok(History { log, user, through, newest, pages })
    }

    /// Visits each, oldest first. Claims on the address whose stream this is are about somebody else and left out.
    ///
    /// # Errors
    /// What the log says, or what the visitor answers.
    pub fn each<E: From<LogError>>(
        &self,
        mut visit: impl FnMut(&Recorded) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut page_of = |facts: &[Recorded]| {
            let about_the_user = |fact: &&Recorded| {
                EventKind::from_name(&fact.kind).is_some_and(EventKind::is_user_event)
                    && fact.position <= self.through
            };
            facts.iter().rev().filter(about_the_user).try_for_each(&mut visit)
        };
        for before in self.pages.iter().rev() {
            let stream = Stream::User(self.user);
            page_of(&self.log.read_stream(&stream, Some(*before), FORWARD_FACTS)?)?;
        }
        page_of(&self.newest)
    }
}
