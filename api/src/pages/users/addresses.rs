//! Users by their addresses, where pages know no more than ids.

use std::collections::{BTreeMap, BTreeSet};

use domain::scope::Scope;
use futures_util::future::join_all;
use serde::Deserialize;

use crate::pages::{Viewer, at};

/// Users whose addresses one page asks for; others stay ids.
const USERS_MAX: usize = 50;

#[derive(Deserialize)]
struct User {
    email: Option<String>,
}

/// The addresses of these users, by id: of those who are there, where the viewer may see them.
pub async fn of(viewer: &Viewer, ids: BTreeSet<String>) -> BTreeMap<String, String> {
    if !viewer.may(Scope::UsersRead) || !viewer.may(Scope::PersonalRead) {
        return BTreeMap::new();
    }
    let asked = ids.into_iter().take(USERS_MAX).map(|id| async move {
        let user = viewer.ask().get::<User>(&at("/v1/users/{}", &[&id])).await;
        Some((id, user.ok()?.email?))
    });
    join_all(asked).await.into_iter().flatten().collect()
}
