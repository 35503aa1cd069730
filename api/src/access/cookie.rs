//! The cookie of a session: what it is called, and on which way it may travel.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::problem::{Problem, ProblemKind};

/// Its name where the way is encrypted: browsers take it from this very host alone.
const SECURE: &str = "__Host-cohort";
/// Its name on this machine.
const LOCAL: &str = "cohort";
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// By what a proxy gives itself away (RFC 7239; RFC 9110, 7.6.3; and what was there before them).
const RELAYED: [HeaderName; 6] = [
    header::FORWARDED,
    header::VIA,
    PROTO,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

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
    ///
    /// A browser takes `http://localhost` for safe (W3C Secure Contexts, 3.1): what it sends there leaves the machine on no
    /// wire. That it was sent there only its `Host` says. Where the connection ends says nothing: a browser outside a
    /// container comes from another address than this one, and the proxy of all the world from this very one. So `Host`
    /// counts as long as nobody stands between who may have written another one: neither a proxy that is known of, nor one
    /// that gives itself away.
    pub fn of(headers: &HeaderMap, behind_proxy: bool) -> Way {
        if behind_proxy {
            return if said_proto(headers).as_deref() == Some("https") {
                Way::Secure
            } else {
                Way::Plain
            };
        }
        let is_relayed = RELAYED.iter().any(|name| headers.contains_key(name));
        match host(headers) {
            Some(host) if is_local(host) && !is_relayed => Way::Local,
            Some(_) | None => Way::Plain,
        }
    }

    /// Refuses to take a password, or to give a session, where others can read it. Browsers say in `Origin` which address
    /// they are at (Fetch, 3.2): one that is not of this machine is not here, whatever host a silent proxy has put in. A
    /// cookie for it would lack `Secure`, and `__Host-` with it (RFC 6265bis, 4.1.3.2).
    ///
    /// # Errors
    /// `sign_in_needs_https`.
    pub fn is_safe(self, headers: &HeaderMap) -> Result<(), Problem> {
        let detail = match self {
            Way::Plain => {
                "over plain HTTP, whoever stands between could read the password; open this with https://, or on the \
                 machine itself as http://localhost"
            }
            Way::Local if is_elsewhere(headers) => {
                "a proxy stands between that does not say how it was reached; start the service with behind_proxy, and let \
                 the proxy set X-Forwarded-Proto"
            }
            Way::Secure | Way::Local => return Ok(()),
        };
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

/// How a proxy says that it was reached: it adds what it knows after what its client claims.
fn said_proto(headers: &HeaderMap) -> Option<String> {
    let said = headers.get_all(PROTO).iter().next_back()?.to_str().ok()?;
    Some(said.rsplit(',').next()?.trim().to_owned())
}

/// The host a request was sent to, without its port.
fn host(headers: &HeaderMap) -> Option<&str> {
    without_port(headers.get(header::HOST)?.to_str().ok()?)
}

/// Whether the browser is at an address that is none of this machine. Where it does not say, it is not.
fn is_elsewhere(headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let authority = origin.and_then(|origin| origin.split_once("://")).map(|(_, rest)| rest);
    authority.and_then(without_port).is_some_and(|host| !is_local(host))
}

fn without_port(text: &str) -> Option<&str> {
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
    fn behind_a_proxy_no_host_is_this_machine() {
        let here = ("host", "127.0.0.1:8080");
        assert_eq!(Way::of(&headers(&[here]), true), Way::Plain, "it says nothing");
        let proto = |proto| headers(&[here, ("x-forwarded-proto", proto)]);
        assert_eq!(Way::of(&proto("http"), true), Way::Plain);
        assert_eq!(Way::of(&proto("https"), true), Way::Secure);
        for name in RELAYED {
            let mut told = headers(&[here]);
            told.insert(&name, HeaderValue::from_static("http"));
            assert_eq!(Way::of(&told, false), Way::Plain, "{name} gives one away");
        }
        for (origin, safe) in [
            ("http://localhost:8080", true),
            ("http://[::1]:8080", true),
            ("null", true), // another rule's matter
            ("https://cohort.example", false),
            ("http://cohort.example:8080", false),
        ] {
            let said = headers(&[here, ("origin", origin)]);
            assert_eq!(Way::of(&said, false), Way::Local, "what is kept is not lost by it");
            assert_eq!(Way::Local.is_safe(&said).is_ok(), safe, "{origin}");
        }
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
