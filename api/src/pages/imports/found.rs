//! What a check found, to look into: each kind in a part of its own, page by page.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::known::Noted;
use crate::pages::{Refused, Texts, Viewer, at, with_query};

/// Entries of a part.
const PAGE: &str = "20";

/// Which part is open, and where it begins.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// Its name at the API.
    pub of: String,
    /// Where.
    pub cursor: String,
}

/// A part.
#[derive(Debug)]
pub struct Part<T> {
    /// What is in it.
    pub items: Vec<T>,
    /// What comes after.
    pub next: Option<String>,
    /// Its beginning, where this is not it.
    pub first: Option<String>,
    /// Whether somebody looks into it.
    pub open: bool,
}

/// A user that would be made or changed.
#[derive(Debug, Deserialize)]
pub struct Difference {
    /// Who.
    pub user_id: String,
    /// The address.
    pub email: Option<String>,
    /// Line of the file.
    pub line: u64,
    /// Whether it would be made.
    pub created: bool,
    /// What would change.
    pub changes: Vec<Change>,
}

/// A value before and after.
#[derive(Debug, Deserialize)]
pub struct Change {
    /// Of which field.
    pub field: String,
    /// Before.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
}

/// What would follow by rules.
#[derive(Debug, Deserialize)]
pub struct Consequence {
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    segment_id: Option<String>,
    badge_id: Option<String>,
    users: u64,
    first: Vec<Who>,
}

/// A user for whom something would follow.
#[derive(Debug, Deserialize)]
pub struct Who {
    /// The address.
    pub email: Option<String>,
}

impl Consequence {
    /// In words.
    pub fn said(&self) -> String {
        let kind = self.kind.trim_start_matches("cohort.").replace('.', "_");
        let id = self.segment_id.as_ref().or(self.badge_id.as_ref());
        let name = self.name.as_ref().or(id).cloned().unwrap_or_default();
        let (follows, users) = (Texts.named("follows", &kind), self.users);
        Texts.with("import-follows", &[("what", &follows), ("name", &name), ("count", &users)])
    }

    /// The first users, as far as they may be named.
    pub fn first(&self) -> String {
        let named: Vec<&str> = self.first.iter().filter_map(|who| who.email.as_deref()).collect();
        named.join(", ")
    }
}

/// Everything.
#[derive(Debug)]
pub struct Found {
    /// Users.
    pub differences: Part<Difference>,
    /// Rows that would be refused.
    pub rejects: Part<Noted>,
    /// Rows with a warning.
    pub warnings: Part<Noted>,
    /// What would follow.
    pub consequences: Part<Consequence>,
}

#[derive(Deserialize)]
struct Items<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// What the last check of an import found.
///
/// # Errors
/// The API's no.
pub async fn found(viewer: &Viewer, id: &str, looked: &Looked) -> Result<Found, Refused> {
    let (differences, rejects, warnings, consequences) = tokio::try_join!(
        part(viewer, id, "differences", looked),
        part(viewer, id, "rejects", looked),
        part(viewer, id, "warnings", looked),
        part(viewer, id, "consequences", looked),
    )?;
    Ok(Found { differences, rejects, warnings, consequences })
}

async fn part<T: DeserializeOwned>(
    viewer: &Viewer,
    id: &str,
    of: &str,
    looked: &Looked,
) -> Result<Part<T>, Refused> {
    let open = looked.of == of;
    let cursor = if open { looked.cursor.as_str() } else { "" };
    let path = at("/v1/imports/{}/check", &[id]);
    let asked = with_query(&path, &[("of", of), ("limit", PAGE), ("cursor", cursor)]);
    let page: Items<T> = viewer.ask().get(&asked).await?;
    let here = |cursor: &str| {
        let path = with_query(&at("/imports/{}", &[id]), &[("of", of), ("cursor", cursor)]);
        format!("{path}#{of}")
    };
    let first = (!cursor.is_empty()).then(|| here(""));
    Ok(Part { items: page.items, next: page.next.map(|next| here(&next)), first, open })
}
