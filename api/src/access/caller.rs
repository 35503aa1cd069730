//! From where a request comes, and on which way.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};

use super::cookie::Way;
use crate::app::App;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Whoever sent a request, before it is known who they are.
#[derive(Debug)]
pub struct Caller {
    /// On which way.
    pub way: Way,
    /// Where they are, where that is known.
    pub from: Option<IpAddr>,
    /// What their browser says it is.
    pub browser: String,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<App>,
    ) -> Result<Caller, Self::Rejection> {
        let headers = &parts.headers;
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip());
        let behind_proxy = app.config.behind_proxy;
        let from = if behind_proxy { forwarded(headers).or(peer) } else { peer };
        let browser = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        let way = Way::of(headers, behind_proxy);
        Ok(Caller { way, from, browser: browser.unwrap_or_default().to_owned() })
    }
}

/// Whom the proxy in front saw: it adds that after what its client claims.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let said = headers.get_all(FORWARDED_FOR).iter().next_back()?.to_str().ok()?;
    said.rsplit(',').next()?.trim().parse().ok()
}
