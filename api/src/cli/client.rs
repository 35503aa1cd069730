//! Talking to a running service.

use anyhow::{Context, Result, bail};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::Remote;

/// A service and a credential for it.
#[derive(Debug, Clone)]
pub(super) struct Client {
    server: String,
    token: String,
    http: reqwest::Client,
}

impl Client {
    pub(super) fn new(remote: &Remote) -> Result<Client> {
        let token = remote.token.clone().context("no token: give --token or set COHORT_TOKEN")?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("cohort/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Client { server: remote.server.trim_end_matches('/').to_owned(), token, http })
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server)).bearer_auth(&self.token)
    }

    /// Sends; a problem becomes an error that says all of it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let sent = request.send().await;
        let response = sent.with_context(|| {
            format!(
                "no service answers at {} (start one with cohort serve, or give --server)",
                self.server
            )
        })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (problem["code"].as_str(), problem["detail"].as_str()) {
            (Some(code), Some(detail)) => {
                bail!("{code}: {detail}\nWhat to do: {}/problems/{code}", self.server)
            }
            _ => bail!("{} answered {status}", self.server),
        }
    }

    /// Sends and reads lines of `progress` until the `report`.
    pub(super) async fn long(
        &self,
        request: RequestBuilder,
        mut progress: impl FnMut(crate::check::Progress),
    ) -> Result<Value> {
        let mut response = self.send(request).await?;
        let mut pending = Vec::new();
        while let Some(chunk) = response.chunk().await.context("the connection broke")? {
            pending.extend_from_slice(&chunk);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                let mut line: Value = serde_json::from_slice(&line)?;
                if let Some(problem) = line.get("problem") {
                    bail!(
                        "{}: {}",
                        problem["code"].as_str().unwrap_or("internal"),
                        problem["detail"].as_str().unwrap_or("")
                    );
                }
                if line.get("report").is_some() {
                    return Ok(line["report"].take());
                }
                progress(serde_json::from_value(line["progress"].take())?);
            }
        }
        bail!("the service ended its answer without a report")
    }
}
