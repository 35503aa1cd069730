//! What every export begins with that is handed out at once.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::Uri;
use axum::http::request::Parts;
use axum::response::Response;
use domain::event::ExportContent;

use super::{events, parameters, users};
use crate::access::Credential;
use crate::app::App;
use crate::export::asked::{Asked, Format};
use crate::export::ledger::Taker;
use crate::problem::Problem;
use crate::request::RequestId;
use crate::server::patience::Line;
use crate::views;

/// A request for an export that is handed out at once: who asks, on which connection, for what.
pub struct Asking {
    app: Arc<App>,
    credential: Credential,
    taker: Taker,
    uri: Uri,
}

impl FromRequestParts<Arc<App>> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Asking, Problem> {
        let credential = Credential::from_request_parts(parts, app).await?;
        let Ok(request) = RequestId::from_request_parts(parts, app).await;
        let Ok(line) = Line::from_request_parts(parts, app).await;
        let taker = Taker { context: request.context(&credential), line };
        Ok(Asking { app: app.clone(), credential, taker, uri: parts.uri.clone() })
    }
}

impl Asking {
    /// Hands it out.
    pub(super) async fn answer(
        self,
        content: ExportContent,
        format: Format,
    ) -> Result<Response, Problem> {
        let Asking { app, credential, taker, uri } = self;
        let params = parameters::read(&uri, (content, format))?;
        let (params, query) = match params.one("view")? {
            Some(_) => {
                let params = views::of_export(&app.follower.store(), params)?;
                let query = params.to_text();
                (params, query)
            }
            None => (params, uri.query().map(str::to_owned)),
        };
        let asked = Asked::read((content, format), credential, params, query)?;
        match content {
            ExportContent::Users => users(app, taker, asked).await,
            ExportContent::UserEvents => events(app, taker, asked).await,
            ExportContent::Person => Err(Problem::internal("a person's file is asked for apart")),
        }
    }
}
