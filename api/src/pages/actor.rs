//! Who did something, as pages say it: by name, else by id.

use serde::Deserialize;

/// Who did something, as the API shows it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Actor {
    /// `team_member`, `token`, `policy` or `system`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which one.
    pub id: String,
    /// What it is called, where the viewer may know.
    pub name: Option<String>,
}

impl Actor {
    /// What it is called; its id where that is not known.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// Whether it is a person or a program; of rules and of the service itself, the reason says all.
    pub fn is_somebody(&self) -> bool {
        matches!(self.kind.as_str(), "team_member" | "token")
    }
}
