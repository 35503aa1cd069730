//! A service in this process, listening on a real socket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use api::app::App;
use api::config::Config;
use api::server::Server;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::Table;

/// The first admin token of every service of the tests.
pub const ADMIN: &str = "admin-token-of-the-tests";

/// A clock that only moves when told to, or each time somebody looks.
#[derive(Debug, Clone)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Stands at an instant such as `2026-01-31T09:00:00Z`.
    pub fn at(instant: &str) -> Clock {
        Clock(Arc::new(AtomicI64::new(micros(instant))))
    }

    /// Moves to an instant.
    pub fn set(&self, instant: &str) {
        self.0.store(micros(instant), Ordering::SeqCst);
    }

    /// As the log takes it.
    pub fn for_log(&self) -> eventlog::sqlite::Clock {
        let now = self.0.clone();
        Arc::new(move || now.load(Ordering::SeqCst))
    }
}

/// Microseconds since 1970.
pub fn micros(instant: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(instant)
        .expect("tests name instants correctly")
        .timestamp_micros()
}

/// A running service.
pub struct Service {
    /// Its data folder.
    pub data: PathBuf,
    /// What it holds open.
    pub app: Arc<App>,
    /// `http://127.0.0.1:<port>`
    pub address: String,
    /// The link by which the first member joins, where this start made the log.
    pub first_link: Option<String>,
    http: reqwest::Client,
    token: String,
    clock: Option<Clock>,
    folder: Option<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    /// A service on an empty folder.
    pub async fn start() -> Service {
        Service::start_with(None).await
    }

    /// A service on an empty folder whose log goes by this clock.
    pub async fn start_at(clock: &Clock) -> Service {
        Service::start_with(Some(clock.clone())).await
    }

    async fn start_with(clock: Option<Clock>) -> Service {
        let folder = TempDir::new().expect("a temporary folder");
        let data = folder.path().join("data");
        let mut service = Service::open(&data, clock, &[]).await;
        service.folder = Some(folder);
        service
    }

    /// A service on a given folder, with settings by name.
    pub async fn open(data: &Path, clock: Option<Clock>, settings: &[(&str, &str)]) -> Service {
        Service::try_open(data, clock, settings).await.expect("the service starts")
    }

    /// As [`Service::open`], answering why it does not start.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn try_open(
        data: &Path,
        clock: Option<Clock>,
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Service> {
        let mut flags = BTreeMap::from([
            ("data", data.display().to_string()),
            ("listen", "127.0.0.1:0".to_owned()),
        ]);
        flags.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut config = Config::resolve(&flags, None)?;
        config.admin_token = Some(ADMIN.to_owned());
        let server = match &clock {
            Some(clock) => Server::open_at(config, clock.for_log()).await?,
            None => Server::open(config).await?,
        };
        let (address, app) = (format!("http://{}", server.address()?), server.app());
        let first_link = server.first.link.clone();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let service = Service {
            data: data.to_owned(),
            app,
            address,
            first_link,
            http: crate::client(),
            token: ADMIN.to_owned(),
            clock,
            folder: None,
            stop: Some(stop),
            running,
        };
        service.ready().await;
        Ok(service)
    }

    async fn ready(&self) {
        for _ in 0..3000 {
            if self.app.caught_up().is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the service does not become ready");
    }

    /// Stops it as SIGTERM would.
    pub async fn stop(mut self) -> Option<TempDir> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.running.await.expect("the service does not panic").expect("the service stops");
        self.folder
    }

    /// Stops it and starts it again on the same folder.
    pub async fn restart(self) -> Service {
        let (data, clock) = (self.data.clone(), self.clock.clone());
        let folder = self.stop().await;
        let mut service = Service::open(&data, clock, &[]).await;
        service.folder = folder;
        service
    }

    /// The same service, asked with another token.
    pub async fn with_token(&self, scopes: &[&str]) -> Asker<'_> {
        let body = serde_json::json!({ "scopes": scopes });
        let made = self.post("/v1/tokens", &body).await.then(201).json();
        Asker { service: self, token: made["token"].as_str().expect("a token").to_owned() }
    }

    /// The admin token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the admin token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address)).bearer_auth(&self.token)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::POST, path)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }

    /// Puts a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::PUT, path).json(body)).await
    }

    /// Uploads a CSV as a draft; answers the path of its import.
    pub async fn draft(&self, csv: impl Into<Vec<u8>>) -> String {
        let request = self.request(Method::POST, "/v1/imports").header("content-type", "text/csv");
        let answer = Answer::of(request.body(csv.into())).await.then(201);
        answer.header("location").to_owned()
    }

    /// Sends a CSV to a path of imports.
    pub async fn post_csv(&self, path: &str, csv: &str) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "text/csv");
        Answer::of(request.body(csv.to_owned())).await
    }

    /// Everything about the one user whose address contains this.
    pub async fn user(&self, email: &str) -> Value {
        let id = self.user_id(email).await;
        self.get(&format!("/v1/users/{id}")).await.then(200).json()
    }

    /// Imports a CSV and waits for the report. `more` goes into the query.
    pub async fn import_with(&self, csv: impl Into<Vec<u8>>, more: &str) -> Answer {
        let path = format!("/v1/imports?start=true&wait=true{more}");
        Answer::of(
            self.request(Method::POST, &path).header("content-type", "text/csv").body(csv.into()),
        )
        .await
    }

    /// Imports a CSV that must be accepted, and answers the report.
    pub async fn import(&self, csv: impl Into<Vec<u8>>) -> Value {
        self.import_with(csv, "").await.then(200).json()
    }

    /// Imports a file whose rows are matched by a key, and answers the report.
    pub async fn import_by(&self, key: &str, csv: &str) -> Value {
        self.import_with(csv.to_owned(), &format!("&match_by={key}")).await.then(200).json()
    }

    /// Created, updated, unchanged, rejected of an import.
    pub async fn import_counts(&self, csv: impl Into<Vec<u8>>) -> [u64; 4] {
        counts(&self.import(csv).await)
    }

    /// Waits until all that follows from what is recorded is recorded too, and shown.
    pub async fn settle(&self) {
        self.get("/v1/users?limit=1&settled=true").await.then(200);
    }

    /// The id of the user with an address.
    pub async fn user_id(&self, email: &str) -> String {
        let page = self
            .get(&format!("/v1/users?search={}", email.replace('+', "%2B")))
            .await
            .then(200)
            .json();
        page["items"][0]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no user {email}: {page}"))
            .to_owned()
    }

    /// A CSV export as a table.
    pub async fn export(&self, path: &str) -> Table {
        Table::read(&self.get(path).await.then(200).text())
    }
}

/// Line and code of every refused row that a report lists.
pub fn refusals(report: &Value) -> Vec<(u64, &str)> {
    let rejects = report["rejects"].as_array().expect("a report lists them");
    rejects
        .iter()
        .map(|row| (row["line"].as_u64().unwrap_or(0), row["code"].as_str().unwrap_or_default()))
        .collect()
}

/// Created, updated, unchanged, rejected of a report.
pub fn counts(report: &Value) -> [u64; 4] {
    ["created", "updated", "unchanged", "rejected"]
        .map(|name| report[name].as_u64().expect("a count"))
}

/// A service asked with a particular token.
pub struct Asker<'a> {
    service: &'a Service,
    /// The token.
    pub token: String,
}

impl Asker<'_> {
    /// A request with that token.
    pub async fn ask(&self, method: Method, path: &str) -> Answer {
        let url = format!("{}{path}", self.service.address);
        Answer::of(self.service.http.request(method, url).bearer_auth(&self.token)).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path).await
    }

    /// POST with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let url = format!("{}{path}", self.service.address);
        Answer::of(self.service.http.post(url).bearer_auth(&self.token).json(body)).await
    }
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Sends a request.
    pub async fn of(request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the service answers");
        Answer::read(response).await.expect("the answer is whole")
    }

    /// An answer, where it comes whole.
    pub async fn read(response: Response) -> Option<Answer> {
        let (status, headers) = (response.status(), response.headers().clone());
        Some(Answer { status, headers, body: response.bytes().await.ok()?.to_vec() })
    }

    /// Its status.
    pub fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// It must have this status.
    #[track_caller]
    pub fn then(self, status: u16) -> Answer {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.body));
        self
    }

    /// It must be this problem, with a page that explains it.
    #[track_caller]
    pub fn then_problem(self, status: u16, code: &str) -> Value {
        let answer = self.then(status);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{problem}");
        problem
    }

    /// It must be a page that says this no, and leads to the page that explains it.
    #[track_caller]
    pub fn then_refused(self, status: u16, code: &str) {
        let page = self.then(status).text();
        assert!(page.contains(&format!("href=\"/problems/{code}\"")), "{page}");
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}
