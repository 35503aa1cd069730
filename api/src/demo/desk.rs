//! Asking the service by its own routes, as everybody does, only without a socket.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::Value;
use tower::ServiceExt;

use crate::app::App;
use crate::router::router;

/// Largest answer that is read, in bytes: a page of a thousand users is well below it.
const ANSWER_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the service answers to what its rules do not allow at present.
const NOT_NOW: u16 = 409;

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    router: Router,
    token: String,
}

impl Desk {
    /// Asks with this token.
    pub(crate) fn new(app: &Arc<App>, token: &str) -> Desk {
        Desk { router: router(app.clone()), token: token.to_owned() }
    }

    /// The same service, asked with another token.
    pub(crate) fn with_token(&self, token: &str) -> Desk {
        Desk { router: self.router.clone(), token: token.to_owned() }
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        self.request_of(method, path, "application/json")
    }

    fn request_of(&self, method: Method, path: &str, content: &str) -> Builder {
        let bearer = format!("Bearer {}", self.token);
        let request = Request::builder().method(method).uri(path);
        request.header(header::AUTHORIZATION, bearer).header(header::CONTENT_TYPE, content)
    }

    async fn send(&self, request: Builder, body: Body) -> Result<(StatusCode, Value)> {
        let Ok(answer) = self.router.clone().oneshot(request.body(body)?).await;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or_default()))
    }

    async fn need(&self, request: Builder, body: Body) -> Result<Value> {
        let (status, answer) = self.send(request, body).await?;
        ensure!(status.is_success(), "the service answered {status}: {answer}");
        Ok(answer)
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.need(self.request(Method::GET, path), Body::empty());
        answer.await.with_context(|| format!("GET {path}"))
    }

    /// POST with a JSON body.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.need(self.request(Method::POST, path), Body::from(body.to_string()));
        answer.await.with_context(|| format!("POST {path}"))
    }

    /// PUT with a JSON body.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.need(self.request(Method::PUT, path), Body::from(body.to_string()));
        answer.await.with_context(|| format!("PUT {path}"))
    }

    /// POST without a body, to what is there in whatever version.
    pub(crate) async fn act(&self, path: &str) -> Result<Value> {
        let request = self.request(Method::POST, path).header(header::IF_MATCH, "*");
        self.need(request, Body::empty()).await.with_context(|| format!("POST {path}"))
    }

    /// DELETE.
    pub(crate) async fn remove(&self, path: &str) -> Result<()> {
        let answer = self.need(self.request(Method::DELETE, path), Body::empty());
        answer.await.map(|_| ()).with_context(|| format!("DELETE {path}"))
    }

    /// Uploads a CSV as a draft; answers the path of its import.
    pub(crate) async fn upload(&self, filename: &str, csv: String) -> Result<String> {
        let path = format!("/v1/imports?filename={filename}");
        let request = self.request_of(Method::POST, &path, "text/csv");
        let draft = self.need(request, Body::from(csv)).await?;
        let id = draft["id"].as_str().context("a draft has an id")?;
        Ok(format!("/v1/imports/{id}"))
    }

    /// Something a customer does. What the rules do not allow at present (409) does not happen, and that is all.
    pub(crate) async fn attempt(&self, method: Method, path: &str, body: &Value) -> Result<()> {
        let content = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let (status, answer) = self.send(self.request(method, path), content).await?;
        let fine = status.is_success() || status.as_u16() == NOT_NOW;
        ensure!(fine, "{path}: the service answered {status}: {answer}");
        Ok(())
    }
}
