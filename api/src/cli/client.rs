//! Talking to a running service.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use super::Remote;

/// How often a job is asked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(200);

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
        ensure!(
            remote.server.contains("://"),
            "--server is an address such as http://127.0.0.1:8080, and not {:?}",
            remote.server
        );
        let http = crate::http_client::builder()
            .user_agent(concat!("cohort/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Client { server: remote.server.trim_end_matches('/').to_owned(), token, http })
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.server)).bearer_auth(&self.token)
    }

    /// Sends; a problem becomes an error that says all of it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        self.accept(self.ask(request).await?).await
    }

    /// Sends, and takes whatever is answered.
    ///
    /// # Errors
    /// Nobody answers.
    pub(super) async fn ask(&self, request: RequestBuilder) -> Result<Response> {
        request.send().await.with_context(|| {
            format!(
                "no service answers at {} (start one with cohort serve, or give --server)",
                self.server
            )
        })
    }

    /// An answer that is no problem.
    ///
    /// # Errors
    /// All that the problem says.
    pub(super) async fn accept(&self, response: Response) -> Result<Response> {
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let body = response.bytes().await.unwrap_or_default();
        let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
        match (problem["code"].as_str(), problem["detail"].as_str()) {
            (Some(code), Some(detail)) => {
                let (of, known) = (of_parameter(&problem, detail), known(&problem));
                bail!("{code}: {of}{detail}{known}\nWhat to do: {}/problems/{code}", self.server)
            }
            _ => bail!("{} answered {status}", self.server),
        }
    }

    /// Asks for the state of a job until it has ended; `seen` gets each answer.
    pub(super) async fn follow(
        &self,
        path: &str,
        mut job: Value,
        mut seen: impl FnMut(&Value),
    ) -> Result<Value> {
        while job["state"] == "queued" || job["state"] == "running" {
            seen(&job);
            tokio::time::sleep(LOOK_EVERY).await;
            job = self.send(self.request(Method::GET, path)).await?.json().await?;
        }
        Ok(job)
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

/// The parameter that was refused, where its problem does not speak of it anyway.
fn of_parameter(problem: &Value, detail: &str) -> String {
    let named = problem["parameter"].as_str().filter(|name| !detail.contains(*name));
    named.map(|name| format!("{name}: ")).unwrap_or_default()
}

/// What could have been said instead, where the problem knows.
fn known(problem: &Value) -> String {
    let known: Vec<&str> =
        problem["known"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if known.is_empty() { String::new() } else { format!("\nThere are: {}", known.join(", ")) }
}
