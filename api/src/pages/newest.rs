//! Histories, newest first: a page of one, with the ways to the newest and to what was before.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ask::{Refused, with_query};
use super::viewer::Viewer;
use crate::params::Params;

/// Entries on a page.
const PAGE: &str = "50";

#[derive(Deserialize)]
struct Stretch<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// A page of a history.
#[derive(Debug)]
pub struct Newest<T> {
    /// Its entries.
    pub items: Vec<T>,
    /// To the newest, unless these are they.
    pub first: Option<String>,
    /// To what was before, where something was.
    pub next: Option<String>,
}

impl<T: DeserializeOwned> Newest<T> {
    /// Asks for what `cursor` leads to. The page is at `path`, the API has it at the same below `/v1`, and both take the
    /// parameters `of`.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(
        viewer: &Viewer,
        path: &str,
        params: &Params,
        of: &[&str],
    ) -> Result<Newest<T>, Refused> {
        let mut kept = Vec::new();
        for name in of {
            kept.push((*name, params.one(name)?.unwrap_or_default()));
        }
        let cursor = params.one("cursor")?.unwrap_or_default();
        let asked = [&kept[..], &[("limit", PAGE), ("cursor", cursor)]].concat();
        let page: Stretch<T> = viewer.ask().get(&with_query(&format!("/v1{path}"), &asked)).await?;
        let there = |cursor: &str| with_query(path, &[&kept[..], &[("cursor", cursor)]].concat());
        Ok(Newest {
            items: page.items,
            first: (!cursor.is_empty()).then(|| there("")),
            next: page.next.map(|cursor| there(&cursor)),
        })
    }
}
