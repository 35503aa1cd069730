//! Imports that wait for somebody: what is suggested, said, remembered, read in another way, and when a start says no.

use serde_json::{Value, json};
use tests::Service;
use tests::service::counts;

const FILE: &str = "Email,First Name,Points,Zip,Born,Since\n\
    anna@example.org,Anna,12,01234,03/04/1990,2024-01-31\n\
    bob@example.org,Bob,7,75011,05/06/1991,\n";

fn column(import: &Value, number: usize) -> &Value {
    &import["columns"][number - 1]
}

/// The columns as shown, with one of them changed.
fn with(import: &Value, number: usize, change: Value) -> Value {
    let mut columns = import["columns"].as_array().unwrap().clone();
    columns[number - 1] = change;
    json!({ "columns": columns })
}

#[tokio::test]
async fn a_draft_is_the_same_for_everybody_until_it_is_started() {
    let service = Service::start().await;
    let path = service.draft(FILE).await;
    let draft = service.get(&path).await.then(200).json();
    assert_eq!((&draft["state"], &draft["rows"]), (&json!("draft"), &json!(2)));
    let proposed: Vec<_> = (2..=6).map(|number| column(&draft, number)["type"].clone()).collect();
    assert_eq!(
        proposed,
        [json!("text"), json!("number"), json!("text"), json!("date"), json!("date")]
    );
    assert_eq!(column(&draft, 3)["new"], true);
    assert_eq!(
        column(&draft, 5).get("date_order"),
        None,
        "two orders fit: a person must say which"
    );
    service.act(&format!("{path}/start")).await.then_problem(409, "import_not_mapped");
    service.act(&format!("{path}/check")).await.then_problem(409, "import_not_mapped");

    let born = json!({ "column": 5, "target": "field", "reference_id": "born", "type": "date", "date_order": "dmy" });
    let mut mapping = with(&draft, 5, born);
    mapping["columns"][5] = json!({ "column": 6, "header": "Since", "target": "member_since" });
    let mapped = service.put(&format!("{path}/mapping"), &mapping).await.then(200).json();
    assert_eq!(
        (&mapped["state"], &column(&mapped, 5)["date_order"]),
        (&json!("mapped"), &json!("dmy"))
    );

    let service = service.restart().await;
    assert_eq!(service.get(&path).await.then(200).json(), mapped);
    let checked = service.act(&format!("{path}/check")).await.then(200).json();
    assert_eq!((&checked["state"], &checked["check"]["created"]), (&json!("checked"), &json!(2)));
    assert_eq!(
        service.get("/v1/users").await.json()["items"],
        json!([]),
        "nothing is imported yet"
    );
    let done = service.act(&format!("{path}/start?wait=true")).await.then(200).json();
    assert_eq!((&done["state"], counts(&done)), (&json!("completed"), [2, 0, 0, 0]));
    let anna = service.user("anna@").await;
    assert_eq!(
        anna["fields"],
        json!({ "first_name": "Anna", "points": "12", "zip": "01234", "born": "1990-04-03" })
    );
    assert_eq!(anna["member_since"], "2024-01-31T00:00:00.000000Z");
    service.act(&format!("{path}/start")).await.then_problem(409, "import_not_open");
    service.put(&format!("{path}/mapping"), &mapping).await.then_problem(409, "import_not_open");
    let properties = service.get("/v1/properties").await.then(200).json();
    let kinds: Vec<_> =
        properties["items"].as_array().unwrap().iter().map(|p| &p["type"]).collect();
    assert_eq!(kinds, ["number", "text", "date"]);
}

#[tokio::test]
async fn the_next_file_with_the_same_columns_is_mapped_as_the_last() {
    let service = Service::start().await;
    let path = service.draft("Email,City,Notes\nanna@example.org,Lyon,x\n").await;
    let mapping = json!({ "columns": [
        { "column": 1, "target": "email" },
        { "column": 2, "target": "field", "reference_id": "town", "type": "text", "empty": "clear" },
    ], "mode": "both", "bad_cells": "drop_cell" });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    service.act(&format!("{path}/start?wait=true")).await.then(200);

    let next = service.draft("Email,City,Notes\nanna@example.org,,y\n").await;
    let draft = service.get(&next).await.json();
    assert_eq!((&draft["state"], &draft["bad_cells"]), (&json!("draft"), &json!("drop_cell")));
    assert_eq!(
        (&column(&draft, 2)["reference_id"], &column(&draft, 2)["empty"]),
        (&json!("town"), &json!("clear"))
    );
    assert_eq!(column(&draft, 3)["target"], "ignored");
    service
        .put(&format!("{next}/mapping"), &json!({ "columns": draft["columns"] }))
        .await
        .then(200);
    service.act(&format!("{next}/start?wait=true")).await.then(200);
    assert_eq!(
        service.user("anna@").await["fields"],
        json!({}),
        "the empty cell cleared the value"
    );

    let other = service.draft("Email,City\nanna@example.org,Nice\n").await;
    assert_eq!(column(&service.get(&other).await.json(), 2)["reference_id"], "town");
}

#[tokio::test]
async fn a_file_can_be_read_in_another_way_until_it_is_right() {
    let service = Service::start().await;
    // "Zoë;Köln" in Mac Roman: in Windows-1252 it is "Zo‘;Kšln".
    let mac = b"Email;Name;City\nzoe@example.org;Zo\x91;K\x9aln\n".to_vec();
    let path = service.draft(mac).await;
    let preview = service.get(&format!("{path}/preview")).await.then(200).json();
    let readings = preview["readings"].as_array().unwrap();
    let of = |encoding: &str| readings.iter().find(|reading| reading["encoding"] == encoding);
    let mac = of("macintosh").expect("both readings are shown")["samples"][0].as_str().unwrap();
    assert!(mac.contains("Zoë;Köln"), "{mac}");
    assert!(of("windows-1252").is_some());

    service
        .put(
            &format!("{path}/mapping"),
            &json!({ "columns": [{ "column": 1, "target": "email" }] }),
        )
        .await
        .then(200);
    let reading = json!({ "encoding": "macintosh" });
    let again = service.put(&format!("{path}/reading"), &reading).await.then(200).json();
    assert_eq!((&again["state"], &again["encoding"]), (&json!("draft"), &json!("macintosh")));
    let preview = service.get(&format!("{path}/preview")).await.then(200).json();
    assert_eq!(preview["rows"][0], json!(["zoe@example.org", "Zoë", "Köln"]));
    assert_eq!(preview["columns"][2]["samples"], json!(["Köln"]));

    let tabs = json!({ "delimiter": "tab" });
    let one = service.put(&format!("{path}/reading"), &tabs).await.then(200).json();
    assert_eq!(one["columns"].as_array().unwrap().len(), 1);
    let rows = json!({ "encoding": "macintosh", "header": false });
    let rows = service.put(&format!("{path}/reading"), &rows).await.then(200).json();
    assert_eq!((&rows["rows"], &rows["header"]), (&json!(2), &json!(false)));
    service
        .put(&format!("{path}/reading"), &json!({ "encoding": "klingon" }))
        .await
        .then_problem(400, "body_invalid");
    assert_eq!(service.get(&path).await.json()["rows"], 2, "a refusal changes nothing");
    service.act(&format!("{path}/cancel")).await.then(200);
    let plain = service.draft("Email,City\nanna@example.org,Lyon\n").await;
    service.put(&format!("{plain}/reading"), &json!({ "header": true })).await.then(200);
    let texts = std::fs::read_dir(service.app.folder.uploads()).unwrap().count();
    assert_eq!(texts, 2, "as it was sent and as it is read, in no other encoding");
    service.act(&format!("{plain}/cancel")).await.then(200);
    for folder in [service.app.folder.uploads(), service.app.folder.scratch()] {
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0, "nothing is left anywhere");
    }
}

#[tokio::test]
async fn a_first_line_that_is_a_row_is_never_taken_for_names() {
    let service = Service::start().await;
    let path = service.draft("anna@example.org,Anna,Lyon\nbob@example.org,Bob,Nice\n").await;
    let draft = service.get(&path).await.json();
    assert_eq!((&draft["header"], &draft["rows"]), (&json!(false), &json!(2)));
    let named = service.put(&format!("{path}/reading"), &json!({ "header": true })).await;
    let problem = named.then_problem(422, "email_column_missing");
    assert!(!problem.to_string().contains("anna@"), "{problem}");
    assert!(!service.get("/v1/imports").await.text().contains("anna"));
}

#[tokio::test]
async fn of_those_who_start_it_at_once_one_does() {
    let service = Service::start().await;
    let path = service.draft(tests::people::csv(30_000, 5, 0).text).await;
    let columns = service.get(&path).await.json()["columns"].clone();
    service.put(&format!("{path}/mapping"), &json!({ "columns": columns })).await.then(200);
    let start = format!("{path}/start");
    let answers = tokio::join!(service.act(&start), service.act(&start), service.act(&start));
    let statuses = [answers.0.status(), answers.1.status(), answers.2.status()];
    assert_eq!(statuses.iter().filter(|status| **status == 202).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 2, "{statuses:?}");
    let ended = service.get(&format!("{path}?wait=true")).await.then(200).json();
    assert_eq!(ended["state"], "completed");
}

#[tokio::test]
async fn what_was_spoilt_before_is_told_with_its_place() {
    let service = Service::start().await;
    let path = service
        .draft("Email,Phone,City\na@example.org,\"3,36E+10\",CafÃ© de Paris\nb@example.org,\"3,36E+10\",Lyon\n")
        .await;
    let preview = service.get(&format!("{path}/preview")).await.then(200).json();
    assert_eq!(
        preview["warnings"],
        json!([
            { "code": "encoded_twice", "count": 1, "line": 2, "column": 3, "example": "CafÃ© de Paris" },
            { "code": "number_ruined", "count": 2, "line": 2, "column": 2, "example": "3,36E+10" },
        ])
    );
    assert_eq!(preview["line_ends"], json!({ "lf": 3 }));
    service
        .with_token(&["imports:write"])
        .await
        .get(&format!("{path}/preview"))
        .await
        .then_problem(403, "personal_data_required");
}

#[tokio::test]
async fn every_mapping_that_cannot_be_is_refused_by_name() {
    let service = Service::start().await;
    service
        .post("/v1/properties", &json!({ "reference_id": "points", "type": "number" }))
        .await
        .then(201);
    let path = service.draft("Email,City,Points\na@example.org,Lyon,1\n").await;
    let email = json!({ "column": 1, "target": "email" });
    let refused = async |columns: Value, status: u16, code: &str| {
        let asked = json!({ "columns": columns });
        service.put(&format!("{path}/mapping"), &asked).await.then_problem(status, code);
    };
    let field = |more: Value| {
        let mut field = json!({ "column": 2, "target": "field" });
        field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([email, field])
    };
    refused(json!([]), 422, "email_column_missing").await;
    refused(json!([email, { "column": 2, "target": "email" }]), 422, "email_mapped_twice").await;
    refused(json!([email, { "column": 4, "target": "ignored" }]), 422, "column_unknown").await;
    refused(json!([email, { "column": 0, "target": "ignored" }]), 422, "column_unknown").await;
    refused(
        json!([email, { "column": 2, "header": "Town", "target": "ignored" }]),
        422,
        "column_unknown",
    )
    .await;
    refused(json!([email, email]), 400, "body_invalid").await;
    refused(json!([email, { "column": 2, "target": "moon" }]), 400, "body_invalid").await;
    refused(json!([email, { "column": 2, "target": "field", "colour": 1 }]), 400, "body_invalid")
        .await;
    refused(field(json!({})), 400, "body_invalid").await;
    refused(field(json!({ "reference_id": "city" })), 422, "property_unknown").await;
    refused(field(json!({ "reference_id": "City", "type": "text" })), 422, "reference_id_invalid")
        .await;
    refused(
        field(json!({ "reference_id": "user_id", "type": "text" })),
        422,
        "reference_id_reserved",
    )
    .await;
    refused(
        field(json!({ "reference_id": "points", "type": "text" })),
        409,
        "property_type_immutable",
    )
    .await;
    refused(field(json!({ "reference_id": "city", "type": "colour" })), 400, "body_invalid").await;
    refused(
        field(json!({ "reference_id": "city", "type": "text", "zone": "Europe/Paris" })),
        400,
        "body_invalid",
    )
    .await;
    refused(
        field(json!({ "reference_id": "day", "type": "date", "zone": "Mars" })),
        400,
        "unknown_zone",
    )
    .await;
    let twice = json!([email, { "column": 2, "target": "field", "reference_id": "points" },
        { "column": 3, "target": "field", "reference_id": "points" }]);
    refused(twice, 422, "field_mapped_twice").await;
    let list = json!({ "columns": [email], "list": { "id": "nobodys" } });
    service.put(&format!("{path}/mapping"), &list).await.then_problem(404, "list_unknown");
    assert_eq!(service.get(&path).await.json()["state"], "draft");
}

#[tokio::test]
async fn a_start_says_when_the_check_does_not_hold_any_more() {
    let service = Service::start().await;
    let checked = async |file: &'static str| {
        let path = service.draft(file).await;
        let columns = service.get(&path).await.json()["columns"].clone();
        service.put(&format!("{path}/mapping"), &json!({ "columns": columns })).await.then(200);
        service.act(&format!("{path}/check")).await.then(200);
        path
    };
    let path = checked("Email,City\nanna@example.org,Lyon\n").await;
    service.import("Email,City\nsomebody@example.org,Nice\n").await;
    service.act(&format!("{path}/start?wait=true")).await.then(200);

    let path = checked("Email,City\nanna@example.org,Nice\nbob@example.org,Nice\n").await;
    service.import("Email,City\nANNA@example.org,Brest\n").await;
    let no = service
        .act(&format!("{path}/start?wait=true"))
        .await
        .then_problem(409, "import_changed_since_check");
    assert_eq!(no["users"], 1);
    let done = service.act(&format!("{path}/start?wait=true&accept_changes=true")).await.then(200);
    assert_eq!(counts(&done.json()), [1, 1, 0, 0]);

    let path = checked("Email,City\ncarl@example.org,Lyon\n").await;
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    std::fs::write(service.app.folder.upload(id), "Email,City\nmallory@example.org,X\n").unwrap();
    service.act(&format!("{path}/start")).await.then_problem(409, "file_changed_since_check");
}

#[tokio::test]
async fn a_check_is_looked_through_page_by_page() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    let mut file =
        "Email,City\nANNA@example.org,Nice\nnobody,x\n,y\nanna@example.org,Nice\n".to_owned();
    (0..250).for_each(|n| file.push_str(&format!("u{n}@example.org,City {n}\n")));
    let path = service.draft(file).await;
    service.get(&format!("{path}/check")).await.then_problem(409, "import_not_checked");
    let columns = service.get(&path).await.json()["columns"].clone();
    service.put(&format!("{path}/mapping"), &json!({ "columns": columns })).await.then(200);
    let said = service.act(&format!("{path}/check")).await.then(200).json();
    assert_eq!(
        said["check"]["codes"],
        json!({ "duplicate_in_file": 1, "email_invalid": 1, "email_missing": 1 })
    );
    let (mut users, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = service.get(&format!("{path}/check?limit=100{cursor}")).await.then(200).json();
        users.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((users.len(), &said["check"]["users"]), (251, &json!(251)));
    assert_eq!(users[0]["changes"], json!([{ "field": "city", "old": "Lyon", "new": "Nice" }]));
    assert_eq!((&users[250]["line"], &users[250]["created"]), (&json!(255), &json!(true)));
    let rejects = service.get(&format!("{path}/check?of=rejects&code=email_missing")).await.json();
    assert_eq!(rejects["items"][0]["line"], 4);
    assert_eq!(rejects["items"].as_array().unwrap().len(), 1);
    let withheld = service.with_token(&["imports:write"]).await;
    let page = withheld.get(&format!("{path}/check?limit=1")).await.then(200).json();
    assert_eq!(
        (&page["items"][0]["email"], &page["items"][0]["changes"][0]["new"]),
        (&Value::Null, &Value::Null)
    );
}
