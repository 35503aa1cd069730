//! Clients that take their export slowly: the log shrinks beside them, and writers go on.

use std::time::Duration;

use domain::{Event, EventKind};
use rusqlite::Connection;
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
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = service.address.trim_start_matches("http://");
    let mut client = socket.connect(address.parse().unwrap()).await.unwrap();
    let token = service.token();
    let request = format!(
        "GET /v1/exports/{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
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
