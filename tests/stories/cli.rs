//! The command line against a running service, as a person would use it.

use std::path::Path;
use std::process::{Command, Output};

use tests::service::ADMIN;
use tests::{Service, Table};

/// Runs `cohort` beside a service; standard input, output and error are not terminals.
pub(crate) async fn cohort(service: &Service, args: &[&str]) -> Output {
    cohort_at(&service.address, args).await
}

/// `cohort` for a service that is reached at this address.
pub(crate) fn command(address: &str, args: &[impl AsRef<std::ffi::OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cohort-under-test"));
    command.env_clear().env("COHORT_SERVER", address).env("COHORT_TOKEN", ADMIN).args(args);
    command
}

/// Runs `cohort` for a service that is reached at this address.
pub(crate) async fn cohort_at(address: &str, args: &[&str]) -> Output {
    let (address, args) =
        (address.to_owned(), args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>());
    let run = move || command(&address, &args).output().expect("cohort runs");
    tokio::task::spawn_blocking(run).await.expect("cohort runs")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
pub(crate) fn then(output: &Output, code: i32) -> String {
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}{}",
        out(output),
        String::from_utf8_lossy(&output.stderr)
    );
    out(output)
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_session_from_import_to_export() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("users.csv"), folder.path().join("out.csv"));
    std::fs::write(&file, "Email,City\na@example.org,Lyon\nbroken,x\n").unwrap();
    let imported = then(&cohort(&service, &["import", text(&file)]).await, 3);
    assert!(imported.contains("created  1") && imported.contains("rejected  1"), "{imported}");
    assert!(imported.contains("line 3, rejected: Email: email_invalid"), "{imported}");
    std::fs::write(&file, "Email,City\na@example.org,Lyon\n").unwrap();
    let again = then(&cohort(&service, &["import", "--json", text(&file)]).await, 0);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(
        (again["unchanged"].as_u64(), again["filename"].as_str()),
        (Some(1), Some("users.csv"))
    );

    let users = Table::read(&then(&cohort(&service, &["export", "users"]).await, 0));
    assert_eq!(users.column("email"), ["a@example.org"]);
    for (filter, rows) in [("city.is=LYON", 1), ("city.is=Nice", 0), ("email.starts_with=a@", 1)] {
        let some = ["export", "users", "--property", filter];
        let some = Table::read(&then(&cohort(&service, &some).await, 0));
        assert_eq!(some.rows.len(), rows, "{filter}");
    }
    let events = [
        "export",
        "events",
        "--type",
        "UserImported",
        "--through",
        "2999-12-31",
        "-o",
        text(&target),
    ];
    then(&cohort(&service, &events).await, 0);
    assert_eq!(Table::read(&std::fs::read_to_string(&target).unwrap()).rows.len(), 1);
    assert!(!folder.path().join("out.csv.part").exists());
    let some = ["export", "events", "--import", again["id"].as_str().unwrap()];
    assert_eq!(
        Table::read(&then(&cohort(&service, &some).await, 0)).rows.len(),
        0,
        "all unchanged"
    );
    let lines = then(&cohort(&service, &["export", "events", "--format", "ndjson"]).await, 0);
    assert_eq!(lines.lines().count(), 1);
    let workbook = cohort(&service, &["export", "users", "--format", "xlsx"]).await;
    assert!(workbook.stdout.starts_with(b"PK"), "a pipe takes it");
    let file = folder.path().join("users.xlsx");
    let kept = ["export", "users", "--format", "xlsx", "-o", text(&file)];
    then(&cohort(&service, &kept).await, 0);
    assert_eq!(std::fs::read(&file).unwrap(), workbook.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_says_why_and_exits_with_one() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    std::fs::write(&file, "Name\nAnna\n").unwrap();
    let refused = cohort(&service, &["import", text(&file)]).await;
    then(&refused, 1);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        told.contains("email_column_missing") && told.contains("/problems/email_column_missing"),
        "{told}"
    );
    then(&cohort(&service, &["import", "no-such-file.csv"]).await, 1);
    then(&cohort(&service, &["export", "users", "--list", "nobody"]).await, 1);
    then(&cohort(&service, &["export", "users", "--property", "city"]).await, 2);
    then(&cohort(&service, &["export", "events", "--type", "Nothing"]).await, 1);
    then(&cohort(&service, &["export", "users", "--format", "ndjson", "--safe"]).await, 1);
    then(&cohort(&service, &["export", "users", "--format", "xlsx", "--gzip"]).await, 1);
    then(&cohort(&service, &["import"]).await, 2);
    then(&cohort(&service, &["fly"]).await, 2);
    let nobody = cohort(&service, &["--server", "http://127.0.0.1:9", "export", "users"]).await;
    then(&nobody, 2);
    let nobody = cohort(&service, &["export", "users", "--server", "http://127.0.0.1:9"]).await;
    then(&nobody, 1);
    assert!(
        String::from_utf8_lossy(&nobody.stderr)
            .contains("no service answers at http://127.0.0.1:9")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_listed_and_revoked() {
    let service = Service::start().await;
    let made = then(
        &cohort(&service, &["token", "create", "--name", "night", "--scope", "users:read"]).await,
        0,
    );
    assert!(made.trim().starts_with("cohort_"));
    let listed = then(&cohort(&service, &["token", "list"]).await, 0);
    let line = listed.lines().find(|line| line.contains("night")).unwrap();
    then(&cohort(&service, &["token", "revoke", line.split(' ').next().unwrap()]).await, 0);
    assert!(then(&cohort(&service, &["token", "list"]).await, 0).contains("revoked"));
    then(&cohort(&service, &["token", "create", "--scope", "users:raed"]).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn check_rebuild_and_backup_work_on_a_running_service_and_on_a_folder() {
    let service = Service::start().await;
    service.import("Email,City\na@example.org,Lyon\nb@example.org,Nice\n").await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    assert!(then(&cohort(&service, &["check"]).await, 0).ends_with("sound\n"));
    assert!(then(&cohort(&service, &["rebuild"]).await, 0).contains("built anew"));
    assert!(
        then(&cohort(&service, &["backup", text(&copy)]).await, 0).contains("to restore: cp -r ")
    );
    then(&cohort(&service, &["backup", text(&copy)]).await, 1);
    let held = cohort(&service, &["check", "--data", text(&service.data)]).await;
    then(&held, 1);
    assert!(String::from_utf8_lossy(&held.stderr).contains("held by a running service"));
    // The copy is a folder like any other.
    assert!(
        then(&cohort(&service, &["check", "--data", text(&copy)]).await, 0).ends_with("sound\n")
    );
    assert!(
        then(&cohort(&service, &["rebuild", "--data", text(&copy)]).await, 0)
            .contains("built anew")
    );
    let second = folder.path().join("second");
    then(&cohort(&service, &["backup", "--data", text(&copy), text(&second)]).await, 0);
    let made = then(
        &cohort(&service, &["token", "create", "--scope", "admin", "--data", text(&second)]).await,
        0,
    );
    assert!(made.trim().starts_with("cohort_"));
    let listed = then(&cohort(&service, &["token", "list", "--data", text(&second)]).await, 0);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let id = listed.lines().last().unwrap().split(' ').next().unwrap();
    then(&cohort(&service, &["token", "revoke", id, "--data", text(&second)]).await, 0);
    assert!(
        then(&cohort(&service, &["token", "list", "--data", text(&second)]).await, 0)
            .contains("revoked")
    );
    let restored = Service::open(&second, None, &[]).await;
    restored.user_id("b@").await;
    restored.stop().await;
    let empty = folder.path().join("empty");
    then(&cohort(&service, &["check", "--data", text(&empty)]).await, 1);
    assert!(!empty.exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn config_show_tells_where_each_value_comes_from() {
    let service = Service::start().await;
    let shown = then(&cohort(&service, &["config", "show", "--zone", "Europe/Paris"]).await, 0);
    let line = |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("zone").contains("Europe/Paris") && line("zone").contains("flag"));
    assert!(line("listen").contains("127.0.0.1:8080") && line("listen").contains("default"));
    then(&cohort(&service, &["config", "show", "--zone", "Mars/Base"]).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_mapped_looked_at_imported_and_taken_back() {
    let service = Service::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.csv");
    std::fs::write(
        &file,
        "Mail;Born;Price\na@example.org;03/04/1990;1.234,50\nb@example.org;soon;x\n",
    )
    .unwrap();
    let map = [
        "import",
        text(&file),
        "--map=Mail=email",
        "--map=Born=born:date,dmy",
        "--map=Price=price:number,decimal-comma,grouped",
        "--drop-bad-cells",
        "--new-list=Spring",
    ];
    let look = then(&cohort(&service, &[&map[..], &["--dry-run"]].concat()).await, 0);
    assert!(look.contains("created  2") && look.contains("born: \"1990-04-03\""), "{look}");
    assert!(look.contains("line 3, warning: Born: date_invalid"), "{look}");
    let imports = service.get("/v1/imports").await.json();
    assert_eq!(imports["items"][0]["state"], "cancelled", "a look leaves no draft");

    let done = then(&cohort(&service, &[&map[..], &["--json"]].concat()).await, 0);
    let done: serde_json::Value = serde_json::from_str(&done).unwrap();
    assert_eq!((&done["state"], &done["joined"]), (&"completed".into(), &2.into()));
    let fields = &service.user("a@").await["fields"];
    assert_eq!((&fields["born"], &fields["price"]), (&"1990-04-03".into(), &"1234.5".into()));

    std::fs::write(folder.path().join("latin.csv"), b"Email,City\nz@example.org,Orl\xe9ans\n")
        .unwrap();
    let latin =
        cohort(&service, &["import", "--dry-run", text(&folder.path().join("latin.csv"))]).await;
    let latin = then(&latin, 0);
    assert!(latin.contains("read as windows-1252, which is likely"), "{latin}");
    assert!(latin.contains("goes into city, a new property of type text"), "{latin}");

    let id = done["id"].as_str().unwrap();
    let would = then(&cohort(&service, &["revert", id, "--dry-run"]).await, 0);
    assert!(would.contains("2  users that go"), "{would}");
    then(&cohort(&service, &["revert", id]).await, 0);
    assert_eq!(service.get("/v1/users").await.json()["items"], serde_json::json!([]));
    let again = cohort(&service, &["revert", id]).await;
    then(&again, 1);
    assert!(String::from_utf8_lossy(&again.stderr).contains("import_not_revertible"));
    then(&cohort(&service, &["import", text(&file), "--map=Nome=email"]).await, 1);
    then(&cohort(&service, &["import", text(&file), "--map=Mail"]).await, 2);
}
