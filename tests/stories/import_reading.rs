//! Files as they come: whatever encoding, delimiter, packing or lack of a header, and what was taken for what is told.

use std::io::Write;

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Service};

const ROWS: &str =
    "Email,First Name,City\nzoe@example.org,Zoë,Besançon\nuwe@example.org,Uwe,Köln\n";

/// Imports bytes and answers the report.
async fn import(service: &Service, bytes: impl Into<Vec<u8>>, more: &str) -> Value {
    service.import_with(bytes, more).await.then(200).json()
}

/// First name and city of every user, by address.
async fn people(service: &Service) -> Vec<String> {
    let table = service.export("/v1/exports/users.csv?columns=email,first_name,city").await;
    let mut rows: Vec<String> = (0..table.column("email").len())
        .map(|row| {
            let cell = |name| table.column(name)[row].to_owned();
            format!("{} {} {}", cell("email"), cell("first_name"), cell("city"))
        })
        .collect();
    rows.sort();
    rows
}

fn encoded(name: &str, text: &str) -> Vec<u8> {
    match name {
        "utf-8" => text.as_bytes().to_vec(),
        "utf-8 with mark" => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        "utf-16le with mark" => {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            units.flat_map(u16::to_le_bytes).collect()
        }
        "utf-16be with mark" => {
            let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
            units.flat_map(u16::to_be_bytes).collect()
        }
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "windows-1252" => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect(),
        "macintosh" => text
            .chars()
            .map(|c| match c {
                'ë' => 0x91,
                'ç' => 0x8D,
                'ö' => 0x9A,
                ascii => u8::try_from(u32::from(ascii)).unwrap(),
            })
            .collect(),
        "cp850" => text
            .chars()
            .map(|c| match c {
                'ë' => 0x89,
                'ç' => 0x87,
                'ö' => 0x94,
                ascii => u8::try_from(u32::from(ascii)).unwrap(),
            })
            .collect(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn an_encoding_is_found_by_itself_and_told() {
    for (sent, found, confidence) in [
        ("utf-8", "utf-8", "certain"),
        ("utf-8 with mark", "utf-8", "certain"),
        ("utf-16le with mark", "utf-16le", "certain"),
        ("utf-16be with mark", "utf-16be", "certain"),
        ("utf-16le", "utf-16le", "certain"),
        ("utf-16be", "utf-16be", "certain"),
        ("windows-1252", "windows-1252", "likely"),
    ] {
        let service = Service::start().await;
        let report = import(&service, encoded(sent, ROWS), "").await;
        assert_eq!(report["encoding"], found, "{sent}");
        assert_eq!(report["encoding_confidence"], confidence, "{sent}");
        assert_eq!(report["columns"][0]["header"], "Email", "{sent}");
        let expected = ["uwe@example.org Uwe Köln", "zoe@example.org Zoë Besançon"];
        assert_eq!(people(&service).await, expected, "{sent}");
        // What was read is what a later start reads: nothing depends on the service that took it.
        let service = service.restart().await;
        assert_eq!(people(&service).await, expected);
        service.stop().await;
    }
}

#[tokio::test]
async fn an_encoding_is_taken_as_said() {
    for name in ["macintosh", "cp850", "windows-1252"] {
        let service = Service::start().await;
        let report = import(&service, encoded(name, ROWS), &format!("&encoding={name}")).await;
        assert_eq!(
            (&report["encoding"], &report["encoding_confidence"]),
            (&name.into(), &"certain".into())
        );
        assert_eq!(
            people(&service).await,
            ["uwe@example.org Uwe Köln", "zoe@example.org Zoë Besançon"],
            "{name}"
        );
    }
    let service = Service::start().await;
    let unknown = service.import_with(ROWS, "&encoding=utf-7").await;
    unknown.then_problem(400, "parameter_invalid");
    // Said to be UTF-8, it must be UTF-8.
    let wrong = service.import_with(encoded("windows-1252", ROWS), "&encoding=utf-8").await;
    let wrong = wrong.then_problem(422, "invalid_bytes_at");
    assert_eq!((&wrong["line"], &wrong["encoding"]), (&2.into(), &"utf-8".into()));
}

#[tokio::test]
async fn a_damaged_file_of_one_encoding_is_not_read_as_another() {
    let service = Service::start().await;
    let mut damaged = ROWS.as_bytes().to_vec();
    damaged.extend_from_slice(b"ann@example.org,\xFFnn,Lyon\n");
    let problem = service.import_with(damaged, "").await.then_problem(422, "invalid_bytes_at");
    assert_eq!(
        (&problem["line"], &problem["byte"]),
        (&4.into(), &(ROWS.len() + "ann@example.org,".len()).into())
    );
    let mut lone = encoded("utf-16le with mark", "Email,City\na@example.org,x\r\nb@example.org,");
    lone.extend_from_slice(&[0x3D, 0xD8]);
    let problem = service.import_with(lone, "").await.then_problem(422, "invalid_bytes_at");
    assert_eq!((&problem["line"], &problem["encoding"]), (&3.into(), &"utf-16le".into()));
    assert!(service.get("/v1/users").await.json()["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn every_delimiter_is_found_or_taken_as_said() {
    for (delimiter, name) in [(',', "comma"), (';', "semicolon"), ('\t', "tab"), ('|', "pipe")] {
        let service = Service::start().await;
        let rows = ROWS.replace(',', &delimiter.to_string());
        let report = import(&service, rows.clone(), "").await;
        assert_eq!(report["delimiter"], delimiter.to_string());
        let again = import(&service, rows, &format!("&delimiter={name}")).await;
        assert_eq!((&again["delimiter"], &again["unchanged"]), (&report["delimiter"], &2.into()));
    }
    let service = Service::start().await;
    // The wrong one is not corrected behind the caller's back.
    let wrong = service.import_with(ROWS, "&delimiter=semicolon").await;
    wrong.then_problem(422, "email_column_missing");
    service.import_with(ROWS, "&delimiter=,").await.then_problem(400, "parameter_invalid");
}

#[tokio::test]
async fn a_packed_file_is_unpacked_within_its_limit() {
    let pack = |text: &[u8]| {
        let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packing.write_all(text).unwrap();
        packing.finish().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let limits = [("import_bytes_max", "100000")];
    let service = Service::open(&folder.path().join("data"), None, &limits).await;
    let packed = pack(&encoded("windows-1252", ROWS));
    let report = import(&service, packed.clone(), "").await;
    assert_eq!((&report["created"], &report["encoding"]), (&2.into(), &"windows-1252".into()));
    assert_eq!(report["bytes"], packed.len(), "the file as it was sent");
    let damaged = service.import_with(packed[..packed.len() - 9].to_vec(), "").await;
    damaged.then_problem(422, "gzip_damaged");
    let bomb = pack(&[b"Email\n".as_slice(), &vec![b'x'; 10_000_000]].concat());
    assert!(bomb.len() < 100_000, "the limit is on what it unpacks to: {}", bomb.len());
    service.import_with(bomb, "").await.then_problem(413, "file_too_large");
    service.import_with(pack(&pack(ROWS.as_bytes())), "").await.then_problem(422, "not_text");
    let left = std::fs::read_dir(service.app.folder.scratch()).unwrap().count();
    assert_eq!(left, 0, "refused files are gone, half unpacked ones too");
    service.stop().await;
}

#[tokio::test]
async fn pasted_text_needs_no_header() {
    let service = Service::start().await;
    let paste = async |text: &'static str, more: &str| {
        let path = format!("/v1/imports?start=true&wait=true{more}");
        let request = service.request(Method::POST, &path).header("content-type", "text/plain");
        Answer::of(request.body(text)).await
    };
    // From a spreadsheet: tabs, no header.
    let report = paste("zoe@example.org\tZoë\tMartin\nuwe@example.org\tUwe\n", "").await;
    let report = report.then(200).json();
    assert_eq!((&report["header"], &report["rows"]), (&false.into(), &2.into()));
    assert_eq!((&report["created"], &report["rejected"]), (&1.into(), &1.into()));
    assert_eq!(report["rejects"][0]["line"], 2, "the first line is a row");
    let user = &service.get("/v1/users").await.json()["items"][0];
    assert_eq!(
        (&user["fields"]["first_name"], &user["fields"]["last_name"]),
        (&"Zoë".into(), &"Martin".into())
    );
    // With a header it is a file like any other.
    let report = paste("Email,City\nzoe@example.org,Lyon\n", "").await.then(200).json();
    assert_eq!((&report["header"], &report["updated"]), (&true.into(), &1.into()));
    // A file without a header is taken as one only where the caller says so.
    service
        .import_with("ann@example.org,Ann\n", "")
        .await
        .then_problem(422, "email_column_missing");
    let report = import(&service, "ann@example.org,Ann\n", "&header=false").await;
    assert_eq!((&report["header"], &report["created"]), (&false.into(), &1.into()));
}

#[tokio::test]
async fn a_mark_wins_over_what_is_said_and_wide_text_needs_no_latin() {
    let service = Service::start().await;
    let report = import(&service, encoded("utf-8 with mark", ROWS), "&encoding=windows-1252").await;
    assert_eq!(report["encoding"], "utf-8");
    let report = import(&service, encoded("utf-16be with mark", ROWS), "&encoding=utf-16").await;
    assert_eq!((&report["encoding"], &report["unchanged"]), (&"utf-16be".into(), &2.into()));
    // Half of it is no Latin, so that its bytes do not give it away; said, it is read.
    let greek = format!(
        "Email,Πόλη\n{}",
        "αβγ@example.org,Θεσσαλονίκη και Πειραιάς και Αθήνα\n".replace("αβγ", "abc")
    );
    let report = import(&service, encoded("utf-16le", &greek), "&encoding=utf-16le").await;
    assert_eq!(
        (&report["created"], &report["columns"][1]["reference_id"]),
        (&1.into(), &"πολη".into())
    );
}

#[tokio::test]
async fn without_a_header_the_delimiter_is_the_one_that_shows_an_address() {
    let service = Service::start().await;
    let report = import(&service, "ann@example.org;Doe, Dr, MD\n", "&header=false").await;
    assert_eq!((&report["delimiter"], &report["created"]), (&";".into(), &1.into()));
}

#[tokio::test]
async fn long_files_are_read_the_same_across_every_seam() {
    let service = Service::start().await;
    let mut rows = String::from("Email,City\r\n");
    for number in 0..20_000 {
        rows.push_str(&format!("user{number}@example.org,Besançon-lès-{number}\r\n"));
    }
    for name in ["windows-1252", "utf-16le"] {
        let damaged = [encoded(name, &rows), encoded(name, "last@example.org,\"x\r\n")].concat();
        let problem = service.import_with(damaged, "&dry_run=false").await;
        let problem = problem.then_problem(422, "unterminated_quote");
        assert_eq!(problem["line"], 20_002, "{name}: lines are counted across pieces");
        let report = import(&service, encoded(name, &rows), "").await;
        assert_eq!(report["rows"], 20_000, "{name}");
    }
    let table = service.export("/v1/exports/users.csv?columns=email,city").await;
    for (email, city) in table.column("email").into_iter().zip(table.column("city")) {
        let number = email.trim_start_matches("user").trim_end_matches("@example.org");
        assert_eq!(city, format!("Besançon-lès-{number}"));
    }
    assert_eq!(table.rows.len(), 20_000);
}
