//! How the log itself fails. A rule's no is a `domain::Refusal`, a lost race a `Conflict`.

/// The log could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The disk failed while writing; nothing more is written until a person has looked and restarted.
    #[error("the log stopped writing for good: {cause}")]
    Stopped {
        /// What the disk said.
        cause: String,
    },
    /// No room. Nothing of the append was written; it can be sent again once there is room.
    #[error("the disk is full; nothing was written")]
    Full,
    /// The writer has been shut down.
    #[error("the log is closed")]
    Closed,
    /// Reading failed.
    #[error("the log cannot be read: {0}")]
    Read(String),
    /// The file is not a log of this version.
    #[error("{0}")]
    Unusable(String),
    /// The last fact is later than the clock by more than the tolerated gap.
    #[error(
        "the last fact was recorded {ahead_s} s after what the clock says now; set the clock, or start with --accept-clock"
    )]
    ClockBehind {
        /// By how many seconds.
        ahead_s: i64,
    },
    /// The stream holds no fact at the position asked from.
    #[error("the stream has no fact at that position")]
    NotInStream,
    /// The caller broke the port's contract.
    #[error("malformed append: {0}")]
    Malformed(&'static str),
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        LogError::Read(error.to_string())
    }
}
