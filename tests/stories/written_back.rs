//! What an import leaves in the write-ahead files goes into the files behind them while nobody writes.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use tests::Service;

use crate::slow_clients::fill;

/// Pages that wait in the write-ahead file, and how many of them are in the file behind it already.
fn pages(file: &Connection) -> (i64, i64) {
    let look = |row: &rusqlite::Row<'_>| Ok((row.get(1)?, row.get(2)?));
    file.query_row("PRAGMA wal_checkpoint(NOOP)", [], look).unwrap()
}

/// The log, and the tables that serve.
fn files(service: &Service) -> Vec<Connection> {
    let tables = std::fs::read_dir(&service.data).unwrap().map(|entry| entry.unwrap().path());
    let is_tables = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("projections") && name.ends_with(".db")
    };
    let tables: Vec<PathBuf> = tables.filter(is_tables).collect();
    assert_eq!(tables.len(), 1, "{tables:?}");
    [service.app.folder.log(), tables[0].clone()]
        .iter()
        .map(|path| Connection::open(path).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_import_leaves_is_written_back_once_nobody_writes_and_a_change_alone_is_not() {
    let service = Service::start().await;
    fill(&service, 4_000).await; // of each file, more pages than are left alone
    for file in files(&service) {
        let mut rounds = 0;
        loop {
            let (waiting, written) = pages(&file);
            if written > 0 && waiting - written < 1_000 {
                break; // all but what somebody just reads
            }
            rounds += 1;
            assert!(rounds < 600, "{waiting} pages wait, {written} are written back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let id = service.user_id("user0@").await;
    service.act(&format!("/v1/users/{id}/badges/gold")).await.then(200);
    service.get("/v1/users?limit=1&settled=true").await.then(200);
    tokio::time::sleep(Duration::from_millis(300)).await; // longer than is waited for more
    for file in files(&service) {
        let (waiting, written) = pages(&file);
        assert!(waiting > written, "{waiting}, {written}: a few pages are worth no sync");
    }
    service.stop().await;
}
