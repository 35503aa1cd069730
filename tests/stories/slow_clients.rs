//! Clients that take their export slowly, or not at all: the log shrinks beside them, writers go on, and who takes nothing is
//! cut off.

use std::time::Duration;

use domain::{Event, EventKind};
use rusqlite::Connection;
use serde_json::{Value, json};
use tests::Service;
use tests::people::SplitMix64;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::export_ledger::facts;

/// More than what sockets and queues hold of an export, also once it is packed.
const ROWS: usize = 7_000;
const EXPORTS: [&str; 4] = [
    "users.csv",
    "users.ndjson?compression=gzip",
    "user-events.csv",
    "user-events.ndjson?compression=gzip",
];

/// Users with a long value that does not pack well.
pub(crate) async fn fill(service: &Service, rows: usize) {
    let (mut dice, mut csv) = (SplitMix64::new(7), "Email,Notes\n".to_owned());
    for number in 0..rows {
        csv += &format!("user{number}@example.org,");
        (0..160).for_each(|_| csv += &format!("{:016x}", dice.draw()));
        csv += "\n";
    }
    service.import(csv).await;
}

/// A client that asks, and has a small window.
async fn asks(service: &Service, path: &str) -> TcpStream {
    asks_with(service, path, 4_096).await
}

/// A client that asks, with a window of so many bytes.
async fn asks_with(service: &Service, path: &str, window: u32) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(window).unwrap();
    let address = service.address.trim_start_matches("http://");
    let mut client = socket.connect(address.parse().unwrap()).await.unwrap();
    let token = service.token();
    let request = format!(
        "GET /v1/exports/{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    client.write_all(request.as_bytes()).await.unwrap();
    client
}

/// Takes a KB.
async fn takes(client: &mut TcpStream) {
    let mut piece = [0; 1_024];
    client.read_exact(&mut piece).await.unwrap();
}

/// Whether all of the write-ahead part can go into the log now: no reader keeps an older state.
fn shrinks(log: &Connection) -> bool {
    log.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0)).unwrap() == 0
}

async fn shrunk(log: &Connection) -> bool {
    for _ in 0..200 {
        if shrinks(log) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_shrinks_and_writers_go_on_beside_slow_clients() {
    let service = Service::start().await;
    fill(&service, ROWS).await;
    let mut clients = Vec::new();
    for path in EXPORTS {
        let mut client = asks(&service, path).await;
        takes(&mut client).await;
        clients.push(client);
    }
    let started = facts(&service, &[EventKind::ExportStarted], EXPORTS.len()).await;
    assert_eq!(started.len(), EXPORTS.len());
    let log = Connection::open(service.app.folder.log()).unwrap();
    let wal = service.data.join("log.db-wal");
    let id = service.user_id("user0@").await;
    let (mut acknowledged, rounds, each) = (0, 8, 20);
    for round in 0..rounds {
        for n in 0..each {
            service.act(&format!("/v1/users/{id}/badges/b{round}-{n}")).await.then(200);
            acknowledged += 1;
        }
        for client in &mut clients {
            takes(client).await;
        }
        assert!(shrunk(&log).await, "round {round}: a reader keeps the log from shrinking");
        let bytes = std::fs::metadata(&wal).map_or(0, |about| about.len());
        assert!(bytes < 1 << 20, "round {round}: {bytes} bytes");
    }
    assert_eq!(acknowledged, rounds * each);
    let ends = [EventKind::ExportCompleted, EventKind::ExportFailed];
    assert_eq!(facts(&service, &ends, 0).await.len(), 0, "all of them are still being taken");
    // This is how it would be if one of them kept what it reads from.
    let reader = Connection::open(service.app.folder.log()).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM events", [], |row| row.get(0)).unwrap();
    service.act(&format!("/v1/users/{id}/badges/late")).await.then(200);
    assert!(!shrinks(&log));
    drop((reader, clients));
    for (_, end) in facts(&service, &[EventKind::ExportFailed], EXPORTS.len()).await {
        let Event::ExportFailed(end) = end else { panic!("{end:?}") };
        assert_eq!(end.code, "client_gone", "{end:?}");
    }
    service.stop().await;
}

/// A service of its own settings, filled.
async fn given(stall_seconds: &str) -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("stall_seconds", stall_seconds)];
    let service = Service::open(&folder.path().join("data"), None, &settings).await;
    fill(&service, ROWS).await;
    (service, folder)
}

/// The codes that exports were cut with, once so many were, and what the history says of them.
async fn cut(service: &Service, wanted: usize) -> (Vec<String>, Vec<Value>) {
    let code = |(_, end): (String, Event)| {
        let Event::ExportFailed(end) = end else { panic!("{end:?}") };
        end.code
    };
    let codes = facts(service, &[EventKind::ExportFailed], wanted).await;
    service.app.settled(service.app.log.head()).await.unwrap();
    let history = service.get("/v1/exports").await.then(200).json();
    (codes.into_iter().map(code).collect(), history["items"].as_array().unwrap().clone())
}

/// Whether all places for exports are free.
async fn all_free(service: &Service) -> bool {
    let all = u32::try_from(api::app::EXPORTS_MAX).unwrap();
    let places = service.app.exports.clone().acquire_many_owned(all);
    tokio::time::timeout(Duration::from_secs(60), places).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_nothing_is_cut_and_its_place_is_free_again() {
    let (service, _folder) = given("1").await;
    let most = api::app::EXPORTS_MAX;
    let mut clients = Vec::new();
    // Some are read as they are handed out, the last is whole before its first byte.
    for path in ["user-events.csv"; 15].iter().chain(&["users.csv"]) {
        clients.push(asks(&service, path).await);
    }
    assert_eq!(clients.len(), most);
    facts(&service, &[EventKind::ExportStarted], most).await;
    assert!(all_free(&service).await);
    let (codes, history) = cut(&service, most).await;
    assert_eq!(codes, vec!["client_stalled"; most]);
    for line in &history {
        assert_eq!((&line["state"], &line["code"]), (&json!("failed"), &json!("client_stalled")));
    }
    // Of what was whole before its first byte, nobody knows how many rows went out.
    let whole: Vec<_> = history.iter().filter(|line| line["content"] == "users").collect();
    assert_eq!((whole.len(), &whole[0]["rows"]), (1, &json!(0)));
    assert_eq!(history.len(), most);
    service.get("/v1/exports/users.csv?columns=email").await.then(200);
    // What they hold by now is all they get: short of its length, or without its last chunk.
    for client in &mut clients {
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest).await;
        assert!(!rest.ends_with(b"\r\n0\r\n\r\n") && rest.len() < ROWS * 2_560);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_gone_and_who_is_slow_gets_all() {
    let (service, _folder) = given("3").await;
    let mut gone = asks(&service, "user-events.csv").await;
    takes(&mut gone).await;
    drop(gone);
    let (codes, _) = cut(&service, 1).await;
    assert_eq!(codes, ["client_gone"]);
    // It takes longer than anybody may take nothing, but never so long at once.
    let mut slow = asks_with(&service, "user-events.csv", 256 * 1_024).await;
    let mut taken = Vec::with_capacity(ROWS * 2_660);
    let mut piece = vec![0; 64 * 1_024];
    loop {
        let more = slow.read(&mut piece).await.expect("it is not cut off");
        if more == 0 {
            break;
        }
        taken.extend_from_slice(&piece[..more]);
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(taken.ends_with(b"\r\n0\r\n\r\n") && taken.len() > ROWS * 2_560);
    facts(&service, &[EventKind::ExportCompleted], 1).await;
    let (_, history) = cut(&service, 1).await;
    let states: Vec<_> = history.iter().map(|line| [&line["state"], &line["code"]]).collect();
    assert_eq!(
        states,
        [[&json!("completed"), &Value::Null], [&json!("failed"), &json!("client_gone")]]
    );
    assert!(all_free(&service).await);
    service.stop().await;
}
