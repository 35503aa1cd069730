//! What the imports are called that a filter names: there may be too many to ask for all of them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde::Deserialize;

use super::{Filters, Named};
use crate::pages::{Viewer, at};

/// Imports that one page asks for.
const ASKED_MAX: usize = 20;

#[derive(Deserialize)]
struct Import {
    filename: Option<String>,
}

impl Filters {
    /// Asks what the first of these imports are called. One without a name of a file, or for a viewer who may not look at
    /// imports, keeps its id.
    pub async fn learn_imports(&mut self, viewer: &Viewer, ids: BTreeSet<String>) {
        let asked = ids.into_iter().take(ASKED_MAX).map(|id| async move {
            let path = at("/v1/imports/{}", &[&id]);
            let import = viewer.ask().get::<Import>(&path).await.ok()?;
            Some(Named::new(id, import.filename?))
        });
        self.imports = join_all(asked).await.into_iter().flatten().collect();
    }
}
