//! The HTTP client of everything that asks another service.

/// A client to be set up further. Its TLS is computed by `ring`, which builds in seconds; the default of `reqwest` is some
/// minutes of C (tests/BENCH.md).
pub fn builder() -> reqwest::ClientBuilder {
    // Whoever comes later finds it there already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}
