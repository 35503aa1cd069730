//! What the imports are called that a filter names: there may be too many to ask for all of them.

use futures_util::future::join_all;
use serde::Deserialize;

use super::{Filters, Named};
use crate::pages::{Viewer, at};

#[derive(Deserialize)]
struct Import {
    filename: Option<String>,
}

impl Filters {
    /// Asks what these imports are called. One without a name of a file, or for a viewer who may not look at imports, keeps
    /// its id.
    pub async fn learn_imports(&mut self, viewer: &Viewer, ids: impl Iterator<Item = &str>) {
        let asked = ids.map(|id| async move {
            let path = at("/v1/imports/{}", &[id]);
            let import = viewer.ask().get::<Import>(&path).await.ok()?;
            Some(Named::new(id.to_owned(), import.filename?))
        });
        self.imports = join_all(asked).await.into_iter().flatten().collect();
    }
}
