//! Who looks at a page: what they may do, and the API as it answers them.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono_tz::Tz;
use domain::scope::Scope;

use super::answer::Notice;
use super::ask::{Ask, Refused};
use super::when::When;
use crate::access::Credential;
use crate::app::App;

/// What pages are served from: the service, and its API as a router.
#[derive(Debug, Clone)]
pub struct House {
    /// The service: to recognise who asks, for nothing else.
    pub app: Arc<App>,
    /// What pages ask.
    pub api: Router,
}

/// Who looks. Every handler of a page takes one; who is not signed in never gets there.
#[derive(Debug, Clone)]
pub struct Viewer {
    credential: Credential,
    ask: Ask,
    zone: Tz,
    notice: Option<Notice>,
}

impl Viewer {
    /// Somebody who was recognised.
    pub fn new(credential: Credential, ask: Ask, zone: Tz, notice: Option<Notice>) -> Viewer {
        Viewer { credential, ask, zone, notice }
    }

    /// Whether they have a right. It only decides what is offered: the API decides what is done.
    pub fn may(&self, scope: Scope) -> bool {
        self.credential.may(scope)
    }

    /// Refuses before anything is read, where the API would refuse all of it.
    ///
    /// # Errors
    /// `scope_missing`.
    pub fn needs(&self, scope: Scope) -> Result<(), Refused> {
        Ok(self.credential.needs(scope)?)
    }

    /// The API, asked on their behalf.
    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// How they are called.
    pub fn name(&self) -> &str {
        let member = self.credential.member();
        let called = member.and_then(|it| it.name.as_deref().or(it.email.as_deref()));
        called.unwrap_or(&self.credential.id)
    }

    /// Whether it is a person who signed in, and no program with a token.
    pub fn is_member(&self) -> bool {
        self.credential.is_member()
    }

    /// The zone whose days and hours they are shown.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// An instant of the API, as they are shown it.
    pub fn when(&self, instant: &str) -> When {
        When::new(instant, self.zone)
    }

    /// What the page before has to tell.
    pub fn notice(&self) -> Option<&Notice> {
        self.notice.as_ref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Viewer {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Viewer, Refused> {
        let viewer = parts.extensions.get::<Viewer>().cloned();
        viewer.ok_or_else(|| Refused::internal("a page outside answer::around_pages"))
    }
}
