//! Durable single commands by many clients at once: at the log's port, and over HTTP.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use api::app::{entry, system};
use domain::event::{BadgeGained, Because, Named};
use domain::{Event, UserId};
use eventlog::{Expected, Log, Stream};
use tests::people::SplitMix64;
use uuid::Uuid;

use crate::Bench;
use crate::filled_log::FilledLog;
use crate::keep_alive::KeepAlive;
use crate::postgres;
use crate::report::Budget;
use crate::service::Service;

const CLIENTS: usize = 64;
/// Badges a client of the service has given and not yet taken back.
const HELD_MAX: usize = 16;

pub(crate) fn measure(bench: &mut Bench, log: &FilledLog) -> Result<()> {
    let (seconds, clients) = (bench.seconds.to_string(), CLIENTS.to_string());
    let measures = postgres::run(&["commands", &seconds, &clients])?;
    let theirs = measures.best("commands_per_s").map(|measure| measure.value);
    let over_http = over_http(bench, log)?;
    let at_the_port = at_the_port(bench, log)?;
    let report = &mut bench.report;
    let work = format!("commands by {CLIENTS} clients, at the log's port");
    report.beside(&work, "facts/s", at_the_port, theirs, Budget::AtLeast(4.0));
    let work = format!("commands by {CLIENTS} clients, over HTTP");
    report.beside(&work, "facts/s", over_http, theirs, Budget::AtLeast(1.0));
    Ok(())
}

fn over_http(bench: &Bench, log: &FilledLog) -> Result<f64> {
    let service = Service::start(&log.data)?;
    let rate = rate(bench, |number, until| {
        award_and_withdraw(service.address.clone(), Client::new(number, log.users.clone()), until)
    })?;
    service.stop()?;
    Ok(rate)
}

fn at_the_port(bench: &Bench, log: &FilledLog) -> Result<f64> {
    let open = log.open()?;
    let rate = rate(bench, |number, until| {
        append(open.clone(), Client::new(number, log.users.clone()), until)
    })?;
    open.close();
    Ok(rate)
}

/// What all clients together get acknowledged in a second.
fn rate<F>(bench: &Bench, client: impl Fn(usize, Instant) -> F) -> Result<f64>
where
    F: Future<Output = Result<u64>> + Send + 'static,
{
    bench.runtime.block_on(async {
        let begun = Instant::now();
        let running: Vec<_> = (0..CLIENTS)
            .map(|number| tokio::spawn(client(number, begun + Duration::from_secs(bench.seconds))))
            .collect();
        let mut done = 0;
        for ended in running {
            done += ended.await??;
        }
        anyhow::Ok(done as f64 / begun.elapsed().as_secs_f64())
    })
}

/// A client has users of its own: this measures durability, not lost races.
struct Client {
    number: usize,
    users: Arc<Vec<UserId>>,
    random: SplitMix64,
}

impl Client {
    fn new(number: usize, users: Arc<Vec<UserId>>) -> Client {
        Client { number, users, random: SplitMix64::new(number as u64) }
    }

    fn any_user(&mut self) -> UserId {
        let own = self.users.len() / CLIENTS;
        self.users[self.number + CLIENTS * self.random.below(own as u64) as usize]
    }
}

async fn append(log: Log, mut client: Client, until: Instant) -> Result<u64> {
    let context = system(Uuid::now_v7());
    let mut done = 0;
    while Instant::now() < until {
        let stream = Stream::User(client.any_user());
        let expected = Expected::after(log.stream_revision(&stream)?);
        let event = Event::BadgeGained(BadgeGained {
            badge: Named::by_id(format!("bench-{}-{done}", client.number).parse()?),
            audience: None,
            because: Because::ByHand,
            email: Some("somebody@example.com".to_owned()),
        });
        log.append(vec![entry(stream, expected, &event, None, &context)]).await?.remove(0)?;
        done += 1;
    }
    Ok(done)
}

/// Every request records a fact: each badge is given once and taken back once, some time later.
async fn award_and_withdraw(address: String, mut client: Client, until: Instant) -> Result<u64> {
    let mut connection = KeepAlive::connect(&address).await?;
    let (mut held, mut done): (VecDeque<String>, u64) = (VecDeque::new(), 0);
    while Instant::now() < until {
        if held.len() > HELD_MAX
            && let Some(path) = held.pop_front()
        {
            connection.command("DELETE", &path).await?;
        } else {
            let path =
                format!("/v1/users/{}/badges/bench-{}-{done}", client.any_user(), client.number);
            connection.command("POST", &path).await?;
            held.push_back(path);
        }
        done += 1;
    }
    Ok(done)
}
