//! Whether a page of somebody else's had a browser send a request: a cookie goes along by itself, a token never does.

use axum::http::{HeaderMap, HeaderName, Method, header};

use crate::problem::{Problem, ProblemKind};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what changes something and was not sent by a page of ours. Browsers say where a request comes from; what says
/// nothing is no browser and has to bring a token.
///
/// # Errors
/// `cross_site_request`.
pub fn refuse(method: &Method, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() || is_ours(headers) {
        return Ok(());
    }
    let detail = "the request was not sent by a page of this service";
    Err(Problem::new(ProblemKind::CrossSiteRequest, detail))
}

fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(SITE) {
        return matches!(site, "same-origin" | "none");
    }
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    let (Some((_, origin)), Some(host)) = (origin, text(header::HOST)) else { return false };
    origin.eq_ignore_ascii_case(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn is_refused(method: Method, said: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        let host = (header::HOST, HeaderValue::from_static("cohort.example:8080"));
        refuse(&method, &said.iter().map(header).chain([host]).collect()).is_err()
    }

    #[test]
    fn what_changes_something_comes_from_a_page_of_ours() {
        assert!(!is_refused(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(!is_refused(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(!is_refused(Method::POST, &[("sec-fetch-site", "none")]));
        assert!(is_refused(Method::POST, &[("sec-fetch-site", "same-site")]));
        let both = [("sec-fetch-site", "cross-site"), ("origin", "https://cohort.example:8080")];
        assert!(is_refused(Method::DELETE, &both));
        assert!(!is_refused(Method::POST, &[("origin", "https://cohort.example:8080")]));
        assert!(is_refused(Method::POST, &[("origin", "https://cohort.example")]), "another port");
        assert!(is_refused(Method::POST, &[("origin", "https://evil.example")]));
        assert!(is_refused(Method::POST, &[("origin", "null")]));
        assert!(is_refused(Method::PUT, &[]));
    }
}
