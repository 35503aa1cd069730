//! A visitor of pages, with a browser that runs no scripts and follows no redirects by itself.

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, StatusCode};
use scraper::{ElementRef, Html, Selector};

use crate::{Answer, Service};

/// What every page may load and do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Somebody who looks at pages.
pub struct Visitor {
    http: reqwest::Client,
    address: String,
    token: Option<String>,
}

impl Visitor {
    /// Who may do everything.
    pub fn of(service: &Service) -> Visitor {
        Visitor::with(service, service.token())
    }

    /// Who may do what a token may.
    pub fn with(service: &Service, token: &str) -> Visitor {
        Visitor { token: Some(token.to_owned()), ..Visitor::stranger(service) }
    }

    /// Nobody who is known.
    pub fn stranger(service: &Service) -> Visitor {
        let http = api::http_client::builder().redirect(Policy::none()).build();
        Visitor {
            http: http.expect("a client can be made"),
            address: service.address.clone(),
            token: None,
        }
    }

    /// A request as a browser sends it.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Opens a page.
    pub async fn open(&self, path: &str) -> Page {
        Page::of(self.request(Method::GET, path)).await
    }

    /// Sends a form.
    pub async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut url = reqwest::Url::parse("http://localhost/").expect("this is one");
        url.query_pairs_mut().extend_pairs(fields);
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        Page::of(request.body(url.query().unwrap_or_default().to_owned())).await
    }

    /// Sends a form that is done, and opens the page it leads to, with the notice it left.
    pub async fn done(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let answer = self.send(path, fields).await.then(303);
        let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
        let next = self.request(Method::GET, answer.leads_to()).header("cookie", cookie);
        Page::of(next).await.then(200)
    }
}

/// A page, or where else the visitor is sent.
#[derive(Debug, Clone)]
pub struct Page(Answer);

impl Page {
    /// Sends a request. Every answer in HTML is held to what all pages promise.
    pub async fn of(request: RequestBuilder) -> Page {
        let page = Page(Answer::of(request).await);
        if page.header("content-type").starts_with("text/html") {
            page.keeps_its_promises();
        }
        page
    }

    fn keeps_its_promises(&self) {
        assert_eq!(self.header("content-security-policy"), POLICY);
        assert_eq!(self.header("x-content-type-options"), "nosniff");
        assert_eq!(self.header("referrer-policy"), "same-origin");
        assert_eq!(self.header("cache-control"), "no-store");
        let inline = "style, [style], script:not([src]), [onclick], [onsubmit], [onchange]";
        assert!(!self.has(inline), "code or style inside the page: {}", self.html());
        assert_eq!(self.count("html[lang] > head > title"), 1, "{}", self.html());
        assert_eq!(self.count("h1"), 1, "one head of the page: {}", self.html());
        let nameless = self.every("input:not([type=hidden]), select, textarea", |field| {
            let id = field.attr("id").unwrap_or_default();
            let named =
                field.attr("aria-label").is_some() || field.attr("aria-labelledby").is_some();
            let label = format!("label[for='{id}']");
            let inside = field.ancestors().filter_map(ElementRef::wrap);
            let inside = inside.into_iter().any(|element| element.value().name() == "label");
            (!named && !inside && !self.has(&label)).then(|| field.html())
        });
        assert_eq!(nameless, [""; 0], "fields without a label");
        let ids = self.every("[id]", |element| element.attr("id").map(str::to_owned));
        let mut once = ids.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "an id stands twice: {ids:?}");
    }

    /// It must have this status.
    #[track_caller]
    pub fn then(self, status: u16) -> Page {
        assert_eq!(
            self.0.status,
            StatusCode::from_u16(status).unwrap_or_default(),
            "{}",
            self.html()
        );
        self
    }

    /// Where it sends the visitor.
    pub fn leads_to(&self) -> &str {
        self.header("location")
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.0.header(name)
    }

    /// As it was sent.
    pub fn html(&self) -> String {
        self.0.text()
    }

    fn every(&self, selector: &str, of: impl Fn(ElementRef<'_>) -> Option<String>) -> Vec<String> {
        let html = Html::parse_document(&self.html());
        let selector = Selector::parse(selector).expect("tests select correctly");
        html.select(&selector).filter_map(of).collect()
    }

    /// How many elements a selector finds.
    pub fn count(&self, selector: &str) -> usize {
        self.every(selector, |_| Some(String::new())).len()
    }

    /// Whether it finds one.
    pub fn has(&self, selector: &str) -> bool {
        self.count(selector) > 0
    }

    /// The text of every element, its spaces as one.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.every(selector, |element| {
            let text: String = element.text().collect();
            Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
        })
    }

    /// The text of the first.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let first = self.texts(selector).into_iter().next();
        first.unwrap_or_else(|| panic!("no {selector} in {}", self.html()))
    }

    /// An attribute of every element that has it.
    pub fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        self.every(selector, |element| element.attr(name).map(str::to_owned))
    }

    /// An attribute of the first.
    #[track_caller]
    pub fn attribute(&self, selector: &str, name: &str) -> String {
        let first = self.attributes(selector, name).into_iter().next();
        first.unwrap_or_else(|| panic!("no {selector} with {name} in {}", self.html()))
    }
}
