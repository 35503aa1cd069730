//! A fact as the log holds it: what the caller says, and what the log adds.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use domain::codec::Stored;
use domain::{EventKind, UserId};
use uuid::Uuid;

use crate::position::Position;

/// The stream a fact belongs to: one history that one writer at a time extends.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// `user-<id>`.
    User(UserId),
    /// Any other: `import-<id>`, `token-<id>`, `log`.
    Named(String),
}

impl Stream {
    /// `<category>-<id>`. Not for users: their streams are [`Stream::User`].
    pub fn named(category: &str, id: impl fmt::Display) -> Stream {
        Stream::Named(format!("{category}-{id}"))
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stream::User(id) => write!(f, "user-{id}"),
            Stream::Named(name) => f.write_str(name),
        }
    }
}

impl From<&str> for Stream {
    fn from(name: &str) -> Stream {
        match name.strip_prefix("user-").map(UserId::from_str) {
            Some(Ok(id)) => Stream::User(id),
            Some(Err(_)) | None => Stream::Named(name.to_owned()),
        }
    }
}

/// What kind of actor did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// A person who signed in.
    TeamMember,
    /// A program with a token.
    Token,
    /// A rule that follows facts.
    Policy,
    /// The service itself.
    System,
}

impl ActorKind {
    const ALL: [ActorKind; 4] =
        [ActorKind::TeamMember, ActorKind::Token, ActorKind::Policy, ActorKind::System];

    /// Its stored and public name.
    pub fn name(self) -> &'static str {
        match self {
            ActorKind::TeamMember => "team_member",
            ActorKind::Token => "token",
            ActorKind::Policy => "policy",
            ActorKind::System => "system",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<ActorKind> {
        ActorKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// Which one.
    pub id: String,
}

/// How a fact came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A person on a page.
    Person,
    /// A program over HTTP.
    Api,
    /// A row of an import.
    Import,
    /// An import or a bulk action taken back.
    Revert,
    /// A rule's consequence.
    Policy,
    /// One of many users of a bulk action.
    Bulk,
}

impl Origin {
    /// In the order of their stored numbers.
    pub const ALL: [Origin; 6] =
        [Origin::Person, Origin::Api, Origin::Import, Origin::Revert, Origin::Policy, Origin::Bulk];

    /// Its public name.
    pub fn name(self) -> &'static str {
        match self {
            Origin::Person => "person",
            Origin::Api => "api",
            Origin::Import => "import",
            Origin::Revert => "revert",
            Origin::Policy => "policy",
            Origin::Bulk => "bulk",
        }
    }
}

/// The fact that caused another: found by its stream's chain, the same on every engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Its id.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: Stream,
    /// Its place there.
    pub revision: u64,
}

/// Who, how and why; shared by all facts of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Who.
    pub actor: Actor,
    /// How.
    pub origin: Origin,
    /// The request or job it belongs to.
    pub correlation: Uuid,
    /// What led to it.
    pub cause: Option<Cause>,
}

/// A fact to record.
#[derive(Debug, Clone)]
pub struct NewFact {
    /// Its id, set by us, derived where a retry must not duplicate.
    pub event_id: Uuid,
    /// Its content.
    pub stored: Stored,
    /// When it happened, where the caller says that it was earlier. Microseconds since 1970, UTC.
    pub occurred_at: Option<i64>,
    /// Who, how and why.
    pub context: Arc<Context>,
}

/// A [`Cause`], borrowed: most scans never look at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CauseRef<'a> {
    /// Its id.
    pub event_id: Uuid,
    /// Its stream.
    pub stream: StreamRef<'a>,
    /// Its place there.
    pub revision: u64,
}

/// A [`Stream`], borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamRef<'a> {
    /// `user-<id>`.
    User(UserId),
    /// Any other.
    Named(&'a str),
}

impl StreamRef<'_> {
    /// A copy of its own.
    pub fn to_stream(self) -> Stream {
        match self {
            StreamRef::User(id) => Stream::User(id),
            StreamRef::Named(name) => Stream::Named(name.to_owned()),
        }
    }
}

impl CauseRef<'_> {
    /// A copy of its own.
    pub fn to_cause(self) -> Cause {
        Cause { event_id: self.event_id, stream: self.stream.to_stream(), revision: self.revision }
    }
}

impl Cause {
    /// The same, borrowed.
    pub fn borrowed(&self) -> CauseRef<'_> {
        let stream = match &self.stream {
            Stream::User(id) => StreamRef::User(*id),
            Stream::Named(name) => StreamRef::Named(name),
        };
        CauseRef { event_id: self.event_id, stream, revision: self.revision }
    }
}

/// What a recorded fact says, borrowed while it is scanned.
#[derive(Debug)]
pub struct Content<'a> {
    /// Place among all facts.
    pub position: Position,
    /// Its stream.
    pub stream: Stream,
    /// Stored name of its type.
    pub kind: &'a str,
    /// Its type; none where this version does not know it.
    pub known_kind: Option<EventKind>,
    /// When the log took it: microseconds since 1970, UTC, never decreasing along positions.
    pub recorded_at: i64,
    /// When it happened, where said.
    pub occurred_at: Option<i64>,
    /// The public part, as stored.
    pub data: &'a [u8],
    /// The personal part, as stored.
    pub personal: Option<&'a [u8]>,
}

/// A recorded fact, borrowed while it is scanned: what it says and how it came to be recorded.
#[derive(Debug)]
pub struct Row<'a> {
    /// What it says; read as if it were the row's own.
    pub content: Content<'a>,
    /// Place in its stream, from 0.
    pub revision: u64,
    /// Schema version.
    pub version: u16,
    /// Its id.
    pub event_id: Uuid,
    /// Who.
    pub actor: &'a Actor,
    /// How.
    pub origin: Origin,
    /// The request or job.
    pub correlation: Uuid,
    /// What led to it.
    pub cause: Option<CauseRef<'a>>,
}

impl<'a> Deref for Row<'a> {
    type Target = Content<'a>;

    fn deref(&self) -> &Content<'a> {
        &self.content
    }
}

impl Row<'_> {
    /// Reads the content.
    ///
    /// # Errors
    /// When no known version explains it.
    pub fn event(&self) -> Result<domain::Event, domain::codec::Unreadable> {
        domain::codec::decode(self.kind, self.version, self.data, self.personal)
    }

    /// A copy that outlives the scan.
    pub fn to_recorded(&self) -> Recorded {
        Recorded {
            position: self.position,
            stream: self.stream.clone(),
            revision: self.revision,
            kind: self.kind.to_owned(),
            version: self.version,
            event_id: self.event_id,
            recorded_at: self.recorded_at,
            occurred_at: self.occurred_at,
            actor: self.actor.clone(),
            origin: self.origin,
            correlation: self.correlation,
            cause: self.cause.map(CauseRef::to_cause),
            data: self.data.to_vec(),
            personal: self.personal.map(<[u8]>::to_vec),
        }
    }
}

/// A recorded fact, owned. The fields are those of [`Row`] and its [`Content`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is documented at Row or Content")]
pub struct Recorded {
    pub position: Position,
    pub stream: Stream,
    pub revision: u64,
    pub kind: String,
    pub version: u16,
    pub event_id: Uuid,
    pub recorded_at: i64,
    pub occurred_at: Option<i64>,
    pub actor: Actor,
    pub origin: Origin,
    pub correlation: Uuid,
    pub cause: Option<Cause>,
    pub data: Vec<u8>,
    pub personal: Option<Vec<u8>>,
}

impl Recorded {
    /// The same fact, borrowed.
    pub fn as_row(&self) -> Row<'_> {
        Row {
            content: Content {
                position: self.position,
                stream: self.stream.clone(),
                kind: &self.kind,
                known_kind: EventKind::from_name(&self.kind),
                recorded_at: self.recorded_at,
                occurred_at: self.occurred_at,
                data: &self.data,
                personal: self.personal.as_deref(),
            },
            revision: self.revision,
            version: self.version,
            event_id: self.event_id,
            actor: &self.actor,
            origin: self.origin,
            correlation: self.correlation,
            cause: self.cause.as_ref().map(Cause::borrowed),
        }
    }
}
