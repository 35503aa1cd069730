//! How the tables fail.

use eventlog::{LogError, Position};

/// The tables could not do it.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// The file cannot be read or written.
    #[error("the projections cannot be used: {0}")]
    Store(String),
    /// The log behind them cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The tables did not reach a position in time.
    #[error("the tables are at {at:?}, behind {wanted:?}")]
    Behind {
        /// Asked for.
        wanted: Position,
        /// Reached.
        at: Position,
    },
}

impl From<rusqlite::Error> for ProjectionError {
    fn from(error: rusqlite::Error) -> Self {
        ProjectionError::Store(error.to_string())
    }
}

impl From<std::io::Error> for ProjectionError {
    fn from(error: std::io::Error) -> Self {
        ProjectionError::Store(error.to_string())
    }
}
