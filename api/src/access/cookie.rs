//! The cookie of a session: what it is called, and on which way it may travel.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::problem::{Problem, ProblemKind};

/// Its name where the way is encrypted: browsers take it from this very host alone.
const SECURE: &str = "__Host-cohort";
/// Its name on this machine.
const LOCAL: &str = "cohort";
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// On which way a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Encrypted, as far as the proxy in front says.
    Secure,
    /// On this machine: browsers trust it as if it were.
    Local,
    /// Readable by whoever stands between.
    Plain,
}

impl Way {
    /// The way of a request; `behind_proxy` says whether what a proxy says is believed.
    pub fn of(headers: &HeaderMap, behind_proxy: bool) -> Way {
        // A proxy adds what it knows after what its client claims.
        let last = |value: &HeaderValue| {
            value
                .to_str()
                .ok()
                .and_then(|text| text.rsplit(',').next())
                .map(|it| it.trim().to_owned())
        };
        let said = headers.get_all(PROTO).iter().next_back().and_then(last);
        if behind_proxy && said.as_deref() == Some("https") {
            return Way::Secure;
        }
        match host(headers) {
            Some(host) if is_local(host) => Way::Local,
            Some(_) | None => Way::Plain,
        }
    }

    /// Refuses to carry a password or a session where others can read it.
    ///
    /// # Errors
    /// `sign_in_needs_https`.
    pub fn is_safe(self) -> Result<(), Problem> {
        if self != Way::Plain {
            return Ok(());
        }
        let detail = "over plain HTTP, whoever stands between could read the password; open this with https://, or on the \
                      machine itself as http://localhost";
        Err(Problem::new(ProblemKind::SignInNeedsHttps, detail))
    }

    fn name(self) -> &'static str {
        if self == Way::Secure { SECURE } else { LOCAL }
    }

    /// The session's secret that a request carries. On a plain way none is taken.
    pub fn secret(self, headers: &HeaderMap) -> Option<&str> {
        if self == Way::Plain {
            return None;
        }
        let texts = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs =
            texts.flat_map(|text| text.split(';')).filter_map(|it| it.trim().split_once('='));
        pairs.find(|(name, _)| *name == self.name()).map(|(_, secret)| secret)
    }

    /// Has a browser keep a session's secret for so many seconds; none forgets it.
    pub fn set(self, secret: Option<&str>, seconds: i64) -> HeaderValue {
        let secure = if self == Way::Secure { "; Secure" } else { "" };
        let (name, secret) = (self.name(), secret.unwrap_or_default());
        let seconds = if secret.is_empty() { 0 } else { seconds };
        let text =
            format!("{name}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::from_str(&text).expect("secrets are letters and digits")
    }
}

/// The host a request was sent to, without its port.
fn host(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::HOST)?.to_str().ok()?;
    let bare = text.strip_prefix('[').and_then(|text| text.split_once(']')).map(|(host, _)| host);
    bare.or_else(|| text.split(':').next())
}

fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let named = host == "localhost" || host.ends_with(".localhost");
    named || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn only_this_machine_and_an_encrypted_way_are_safe() {
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:8080",
            "127.8.9.1",
            "[::1]:8080",
            "a.localhost",
        ] {
            assert_eq!(Way::of(&headers(&[("host", host)]), false), Way::Local, "{host}");
        }
        for host in
            ["example.org", "localhost.example.org", "10.0.0.1:8080", "[2001:db8::1]", "0.0.0.0"]
        {
            assert_eq!(Way::of(&headers(&[("host", host)]), false), Way::Plain, "{host}");
        }
        assert_eq!(Way::of(&HeaderMap::new(), false), Way::Plain);
        let forwarded = headers(&[("host", "example.org"), ("x-forwarded-proto", "https")]);
        assert_eq!(Way::of(&forwarded, false), Way::Plain, "anybody can say so");
        assert_eq!(Way::of(&forwarded, true), Way::Secure);
        let claimed = headers(&[("host", "example.org"), ("x-forwarded-proto", "https, http")]);
        assert_eq!(Way::of(&claimed, true), Way::Plain, "the proxy has the last word");
    }

    #[test]
    fn each_way_has_a_cookie_of_its_own() {
        let both = headers(&[("cookie", "a=b; cohort=one;__Host-cohort=two")]);
        assert_eq!(Way::Local.secret(&both), Some("one"));
        assert_eq!(Way::Secure.secret(&both), Some("two"));
        assert_eq!(Way::Plain.secret(&both), None);
        let set = Way::Secure.set(Some("s"), 60);
        assert_eq!(set, "__Host-cohort=s; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(Way::Local.set(None, 60), "cohort=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    }
}
