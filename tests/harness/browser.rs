//! A browser as far as signing in goes: it keeps a cookie, and says that requests come from a page of the service.

use reqwest::{Client, Method, RequestBuilder, Url};
use serde_json::Value;

use crate::{Answer, Service};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "correct horse battery";

/// A browser, signed in or not.
#[derive(Debug, Clone)]
pub struct Browser {
    address: String,
    http: Client,
    /// What it sends as cookies.
    pub cookie: Option<String>,
    /// The id of the member who is signed in.
    pub member: String,
}

impl Browser {
    /// One that knows nothing.
    pub fn new(service: &Service) -> Browser {
        let http = api::http_client::builder().redirect(reqwest::redirect::Policy::none());
        let http = http.build().expect("a client");
        Browser { address: service.address.clone(), http, cookie: None, member: String::new() }
    }

    /// The same browser, once the service was started again.
    pub fn at(&self, service: &Service) -> Browser {
        Browser { address: service.address.clone(), ..self.clone() }
    }

    /// Somebody who was invited with the admin token and has joined.
    pub async fn invited(service: &Service, email: &str, role: &str, personal: bool) -> Browser {
        let body = serde_json::json!({ "email": email, "role": role, "personal_data": personal });
        let invited = service.post("/v1/team", &body).await.then(201).json();
        let mut browser = Browser::new(service);
        let link = invited["link"].as_str().expect("a link");
        browser.submit(link, &[("password", PASSWORD)]).await.then(303);
        browser.member = invited["id"].as_str().expect("an id").to_owned();
        browser
    }

    /// The first member, who joins by the link of the first start.
    pub async fn first(service: &Service, email: &str) -> Browser {
        let mut browser = Browser::new(service);
        let link = service.first_link.clone().expect("a first start");
        browser.submit(&link, &[("email", email), ("password", PASSWORD)]).await.then(303);
        browser.member = browser.me().await["id"].as_str().expect("an id").to_owned();
        browser
    }

    /// A request from a page of the service.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.plain(method, path).header("sec-fetch-site", "same-origin")
    }

    /// A request of which nobody says where it comes from.
    pub fn plain(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends JSON.
    pub async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body)).await
    }

    /// Sends no body.
    pub async fn act(&self, method: Method, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }

    /// Who is signed in.
    pub async fn me(&self) -> Value {
        self.get("/v1/me").await.then(200).json()
    }

    /// Sends a form, and keeps the cookie of the answer.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = Answer::of(self.request(Method::POST, path).body(form(fields))).await;
        self.keep(&answer);
        answer
    }

    /// Signs in.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.submit("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// Keeps the cookie of an answer, where it sets one.
    pub fn keep(&mut self, answer: &Answer) {
        let set = answer.header("set-cookie").split(';').next().unwrap_or_default();
        if set.ends_with('=') {
            self.cookie = None;
        } else if !set.is_empty() {
            self.cookie = Some(set.to_owned());
        }
    }
}

/// A form as a browser writes it.
pub fn form(fields: &[(&str, &str)]) -> String {
    let url = Url::parse_with_params("http://localhost/", fields).expect("fields are texts");
    url.query().unwrap_or_default().to_owned()
}
