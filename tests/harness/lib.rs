//! Given, when, then: a real service on a real socket and a real folder, and what it answers.

pub mod browser;
pub mod page;
pub mod people;
pub mod process;
pub mod service;
pub mod table;

pub use browser::Browser;
pub use page::{Page, Visitor};
pub use process::Process;
pub use service::{Answer, Clock, Service};
pub use table::Table;

/// A client that asks as the program's own does.
///
/// # Panics
/// It cannot be made.
pub fn client() -> reqwest::Client {
    api::http_client::builder().build().expect("a client is made")
}
