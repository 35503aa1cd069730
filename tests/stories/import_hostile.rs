//! Files made to exhaust, to confuse or to slip through: refused by name, whole or row by row, while the service serves on.

use std::io::Write;

use serde_json::Value;
use tests::Service;
use tests::service::counts;

const MIB: usize = 1024 * 1024;
const MILLION: usize = 1_000_000;

/// A service that has imported one user.
async fn serving() -> Service {
    let service = Service::start().await;
    assert_eq!(service.import_counts("Email\nfirst@example.org\n").await, [1, 0, 0, 0]);
    service
}

/// It answers, and takes a file.
async fn serves_on(service: &Service) {
    service.get("/readyz").await.then(200);
    assert_eq!(service.import_counts("Email\nlast@example.org\n").await, [1, 0, 0, 0]);
}

/// Every user and every import there is.
async fn listed(service: &Service) -> [Value; 2] {
    let users = service.get("/v1/users").await.then(200).json();
    let imports = service.get("/v1/imports").await.then(200).json();
    [users["items"].clone(), imports["items"].clone()]
}

/// Imports and expects a refusal after which everything is as it was.
async fn refused(service: &Service, file: impl Into<Vec<u8>>, code: &str) -> Value {
    let before = listed(service).await;
    let problem = service.import_with(file, "").await.then_problem(422, code);
    assert_eq!(listed(service).await, before, "{code} changed something");
    let left = std::fs::read_dir(service.app.folder.scratch()).unwrap().count();
    assert_eq!(left, 0, "{code} left a file");
    problem
}

/// Line and byte that a refusal names.
fn place(problem: &Value) -> (u64, u64) {
    (problem["line"].as_u64().unwrap(), problem["byte"].as_u64().unwrap())
}

/// Line, code and column of the rejected rows that a report lists.
fn rejects(report: &Value) -> Vec<(u64, &str, &str)> {
    let rows = report["rejects"].as_array().unwrap().iter();
    rows.map(|row| {
        let column = row["column"].as_str().unwrap_or("-");
        (row["line"].as_u64().unwrap(), row["code"].as_str().unwrap(), column)
    })
    .collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packing.write_all(bytes).unwrap();
    packing.finish().unwrap()
}

#[tokio::test]
async fn a_line_of_ten_mebibytes_is_refused_wherever_it_stands() {
    let service = serving().await;
    let long = "x".repeat(10 * MIB);
    let header = refused(&service, format!("Email,{long}"), "record_too_long").await;
    assert_eq!(header["line"], 1);
    let row = format!("Email,City\nann@example.org,{long}");
    assert_eq!(refused(&service, row, "record_too_long").await["line"], 2);
    serves_on(&service).await;
}

#[tokio::test]
async fn a_million_columns_are_refused_and_a_million_cells_reject_their_row() {
    let service = serving().await;
    let commas = ",".repeat(MILLION - 1);
    let many = refused(&service, format!("Email{commas}\n"), "too_many_columns").await;
    assert!(many["detail"].as_str().unwrap().contains("1000000 columns"), "{many}");
    // With names, the header is too long before it is too wide.
    let named = commas.replace(',', ",x");
    refused(&service, format!("Email{named}\n"), "record_too_long").await;
    let file = format!("Email,City\nann@example.org{commas}\nbob@example.org,Lyon\n");
    let report = service.import(file).await;
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    assert_eq!(rejects(&report), [(2, "column_count_mismatch", "-")]);
    serves_on(&service).await;
}

#[tokio::test]
async fn a_million_quotes_are_one_cell_or_none() {
    let service = serving().await;
    let (even, odd) = ("\"".repeat(MILLION), "\"".repeat(MILLION + 1));
    // The first opens, the last closes, and every two between them are one: a very long name.
    refused(&service, even.clone(), "header_too_long").await;
    let open = refused(&service, odd.clone(), "unterminated_quote").await;
    assert_eq!(place(&open), (1, 0));
    let endless = "\"".repeat(10 * MIB);
    assert_eq!(refused(&service, endless, "record_too_long").await["line"], 1);
    let cell = |quotes: &str| {
        format!("Email,City\nann@example.org,{quotes}\nbob@example.org,Lyon\n").into_bytes()
    };
    let open = refused(&service, cell(&odd), "unterminated_quote").await;
    assert_eq!(place(&open), (2, "Email,City\nann@example.org,".len() as u64));
    let report = service.import(cell(&even)).await;
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    assert_eq!(rejects(&report), [(2, "value_too_long", "City")]);
    serves_on(&service).await;
}

#[tokio::test]
async fn a_quote_that_never_closes_is_named_however_late_it_opens() {
    let service = serving().await;
    let rows = "ann@example.org,Lyon\n".repeat(250_000);
    assert!(rows.len() > 5 * MIB);
    let before = format!("Email,City\n{rows}bob@example.org,");
    let file = format!("{before}\"Ly\non\ncleo@example.org,Nice\n");
    let late = refused(&service, file, "unterminated_quote").await;
    assert_eq!(place(&late), (250_002, before.len() as u64));
    // Where more follows than a row may have, it is not sought to its end.
    let swallowing = refused(&service, format!("{before}\"{rows}"), "record_too_long").await;
    assert_eq!(swallowing["line"], 250_002);
    let early = format!("Email,City\nbob@example.org,\"{rows}");
    assert_eq!(refused(&service, early, "record_too_long").await["line"], 2);
    let first = format!("\"Email,City\n{rows}");
    assert_eq!(refused(&service, first, "record_too_long").await["line"], 1);
    serves_on(&service).await;
}

#[tokio::test]
async fn nul_after_a_good_beginning_rejects_its_rows_only() {
    let service = serving().await;
    // More than is looked at to see whether a file is text.
    let good: String = (0..200).map(|n| format!("user{n:03}@example.org,Lyon\n")).collect();
    assert!(good.len() > 4096);
    let zeros = "\0".repeat(60_000);
    let bad = format!("nul@example.org,{zeros}\nn\0l@example.org,Lyon\n\0,\0\n");
    let report = service.import(format!("Email,City\n{good}{bad}after@example.org,Lyon\n")).await;
    assert_eq!(counts(&report), [201, 0, 0, 3]);
    assert_eq!(
        rejects(&report),
        [
            (202, "control_character", "City"),
            (203, "control_character", "Email"),
            (204, "control_character", "Email")
        ]
    );
    serves_on(&service).await;
}

#[tokio::test]
async fn nul_in_a_header_is_no_part_of_the_fields_name() {
    let service = serving().await;
    let report = service.import("Email,Ci\0ty\nann@example.org,Lyon\nbob@example.org,\0\n").await;
    assert_eq!(counts(&report), [1, 0, 0, 1]);
    assert_eq!(rejects(&report), [(3, "control_character", "City")]);
    assert_eq!(report["columns"][1]["reference_id"], "city");
    let table = service.export("/v1/exports/users.csv?columns=email,city").await;
    let ann = table.column("email").iter().position(|email| *email == "ann@example.org").unwrap();
    assert_eq!(table.column("city")[ann], "Lyon");
    serves_on(&service).await;
}

#[tokio::test]
async fn half_a_pair_of_utf_16_is_named_where_it_stands() {
    let service = serving().await;
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let before = wide("\u{feff}Email,City\r\nann@example.org,Lyon\r\nbob@example.org,K");
    let after = wide("ln\r\ncleo@example.org,Nice\r\n");
    for half in [0xD83D_u16, 0xDE00] {
        let file = [before.as_slice(), &half.to_le_bytes(), &after].concat();
        let problem = refused(&service, file, "invalid_bytes_at").await;
        assert_eq!(place(&problem), (3, before.len() as u64), "{half:x}");
        assert_eq!(problem["encoding"], "utf-16le", "{half:x}");
    }
    serves_on(&service).await;
}

#[tokio::test]
async fn utf_16_with_a_byte_too_many_is_refused() {
    let service = serving().await;
    for text in [
        "\u{feff}Email,City\r\nann@example.org,Lyon\r\n",
        "Email,City\r\nann@example.org,Lyon\r\n", // without its mark
    ] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (encoding, mut file) in [("utf-16le", little), ("utf-16be", big)] {
            let whole = file.len() as u64;
            file.push(b'x');
            let problem = refused(&service, file, "invalid_bytes_at").await;
            assert_eq!(place(&problem), (3, whole), "{encoding}");
            assert_eq!(problem["encoding"], encoding);
        }
    }
    serves_on(&service).await;
}

#[tokio::test]
async fn a_packed_file_that_is_not_whole_gives_none_of_its_rows() {
    let service = serving().await;
    let rows: String = (0..20_000).map(|n| format!("user{n}@example.org,Lyon\n")).collect();
    let whole = packed(format!("Email,City\n{rows}").as_bytes());
    let mut wrong = whole.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    for damaged in [
        whole[..2].to_vec(),               // in its own header
        whole[..whole.len() / 2].to_vec(), // in its middle
        whole[..whole.len() - 4].to_vec(), // between its sums
        wrong,
        [whole.as_slice(), b"and more"].concat(),
    ] {
        refused(&service, damaged, "gzip_damaged").await;
    }
    refused(&service, packed(b""), "empty_file").await;
    assert_eq!(service.import_counts(whole).await, [20_000, 0, 0, 0]);
    serves_on(&service).await;
}

#[tokio::test]
async fn delimiters_alone_name_no_column_and_no_user() {
    let service = serving().await;
    for file in [",,,,", ";;;;\r\n;;;;\r\n", "\t\t\t\n", "|||", ",;\t|\n,;\t|\n"] {
        refused(&service, file, "email_column_missing").await;
    }
    refused(&service, ",".repeat(1_000), "too_many_columns").await;
    refused(&service, ",".repeat(10 * MIB), "record_too_long").await;
    let report = service.import(format!("Email,City,Zip\n{}", ",,\n".repeat(1_000))).await;
    assert_eq!(counts(&report), [0, 0, 0, 1_000]);
    assert!(rejects(&report).iter().all(|row| (row.1, row.2) == ("email_missing", "Email")));
    serves_on(&service).await;
}

#[tokio::test]
async fn a_hundred_thousand_lines_of_quotes_are_counted_line_by_line() {
    let service = serving().await;
    let (pairs, single) = ("\"\"\n".repeat(100_000), "\"\n".repeat(100_000));
    refused(&service, pairs.clone(), "email_column_missing").await;
    refused(&service, single.clone(), "email_column_missing").await;
    // One fewer: the last of them opens and finds no other.
    let odd = format!("Email\n{}", &single[2..]);
    let open = refused(&service, odd.clone(), "unterminated_quote").await;
    assert_eq!(place(&open), (100_000, odd.len() as u64 - 2));
    // Two on a line are an empty cell; one on each of two lines are a cell that holds a line end.
    for (lines, rows, each) in [(pairs, 100_000, 1), (single, 50_000, 2)] {
        let report = service.import(format!("Email\n{lines}")).await;
        assert_eq!(counts(&report), [0, 0, 0, rows]);
        let expected: Vec<(u64, &str, &str)> =
            (0..100).map(|row| (2 + each * row, "email_missing", "Email")).collect();
        assert_eq!(rejects(&report), expected);
    }
    serves_on(&service).await;
}
