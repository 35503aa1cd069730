//! Values with a type, users an import may not touch, and lists: every code that a row can be refused with.

use serde_json::{Value, json};
use tests::Service;
use tests::service::counts;

/// Maps a draft and starts it; answers the report.
async fn run(service: &Service, file: &str, mapping: Value) -> Value {
    let path = service.draft(file).await;
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    service.act(&format!("{path}/start?wait=true")).await.then(200).json()
}

fn typed(kind: &str, more: Value) -> Value {
    let mut column =
        json!({ "column": 2, "target": "field", "reference_id": "value", "type": kind });
    column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "columns": [{ "column": 1, "target": "email" }, column] })
}

fn notes(report: &Value, list: &str) -> Vec<(u64, String)> {
    let note =
        |note: &Value| (note["line"].as_u64().unwrap(), note["code"].as_str().unwrap().to_owned());
    report[list].as_array().unwrap().iter().map(note).collect()
}

#[tokio::test]
async fn each_type_takes_its_values_in_one_form_and_refuses_others_by_name() {
    for (kind, more, taken, kept, refused, code) in [
        ("number", json!({}), "+07.50", "7.5", "much", "number_invalid"),
        ("number", json!({}), "12", "12", "1234567890123456", "number_out_of_range"),
        (
            "number",
            json!({ "decimal_comma": true, "grouped": true }),
            "\"1 234,50\"",
            "1234.5",
            "1.5.0",
            "number_invalid",
        ),
        ("boolean", json!({}), "Oui", "true", "perhaps", "boolean_invalid"),
        ("date", json!({}), "2026-01-31", "2026-01-31", "31/01/2026", "date_invalid"),
        (
            "date",
            json!({}),
            "2026-01-31T10:00:00+01:00",
            "2026-01-31T09:00:00Z",
            "03/04/2026",
            "date_ambiguous",
        ),
        (
            "date",
            json!({ "date_order": "mdy" }),
            "03/04/2026",
            "2026-03-04",
            "31/01/2026",
            "date_invalid",
        ),
        (
            "date",
            json!({ "zone": "Europe/Paris" }),
            "2026-07-01 12:00",
            "2026-07-01T10:00:00Z",
            "2026-03-29 02:30",
            "date_invalid",
        ),
    ] {
        let service = Service::start().await;
        let file = format!("Email,Value\na@example.org,{taken}\nb@example.org,{refused}\n");
        let report = run(&service, &file, typed(kind, more.clone())).await;
        assert_eq!(counts(&report), [1, 0, 0, 1], "{kind} {taken} {report}");
        assert_eq!(notes(&report, "rejects"), [(3, code.to_owned())]);
        assert_eq!(report["rejects"][0]["column"], "Value");
        assert_eq!(report["codes"], json!({ code: 1 }));
        assert_eq!(service.user("a@").await["fields"]["value"], kept);
        let file = format!("Email,Value\na@example.org,{taken}\na@example.org,{kept}\n");
        if more == json!({}) {
            let again = run(&service, &file, typed(kind, more)).await;
            assert_eq!(counts(&again), [0, 0, 2, 0], "equal after reading is unchanged");
        }
    }
}

#[tokio::test]
async fn ndjson_gives_values_with_their_type() {
    let service = Service::start().await;
    let column = |number: u64, kind: &str| json!({ "column": number, "target": "field", "reference_id": kind, "type": kind });
    let kinds = ["text", "number", "boolean", "date"];
    let mut columns = vec![json!({ "column": 1, "target": "email" })];
    columns.extend((2..).zip(kinds).map(|(number, kind)| column(number, kind)));
    let file = "Email,T,N,B,D\na@example.org,007,-0.50,oui,2026-01-31\nb@example.org,,,,\n";
    run(&service, file, json!({ "columns": columns })).await;
    let text = service.get("/v1/exports/users.ndjson?columns=email,text,number,boolean,date").await;
    let text = text.then(200).text();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    let filled = r#"{"email":"a@example.org","text":"007","number":-0.5,"boolean":true,"date":"2026-01-31"}"#;
    let empty = r#"{"email":"b@example.org","text":null,"number":null,"boolean":null,"date":null}"#;
    assert_eq!(lines, [filled, empty]);
}

#[tokio::test]
async fn nobody_has_been_a_member_since_tomorrow() {
    let service = Service::start().await;
    let mapping = json!({ "columns": [{ "column": 1, "target": "email" }, { "column": 2, "target": "member_since" }] });
    let file =
        "Email,Since\na@example.org,2020-02-29\nb@example.org,2999-01-01\nc@example.org,soon\n";
    let report = run(&service, file, mapping.clone()).await;
    let codes = [(3, "date_in_future".to_owned()), (4, "date_invalid".to_owned())];
    assert_eq!(notes(&report, "rejects"), codes);
    assert_eq!(service.user("a@").await["member_since"], "2020-02-29T00:00:00.000000Z");
    let later = run(&service, "Email,Since\na@example.org,2021-01-01\n", mapping).await;
    assert_eq!(counts(&later), [0, 0, 1, 0], "it is said of users that the import makes");
}

#[tokio::test]
async fn a_bad_cell_is_left_out_alone_where_somebody_wants_that() {
    let service = Service::start().await;
    let mut mapping = typed("number", json!({}));
    mapping["bad_cells"] = json!("drop_cell");
    let report =
        run(&service, "Email,Value\na@example.org,much\nnobody,1\nb@example.org,2\n", mapping)
            .await;
    assert_eq!(counts(&report), [2, 0, 0, 1]);
    assert_eq!(report["warnings"], 1);
    assert_eq!(notes(&report, "warned"), [(2, "number_invalid".to_owned())]);
    assert_eq!(notes(&report, "rejects"), [(3, "email_invalid".to_owned())]);
    assert_eq!(service.user("a@").await["fields"], json!({}));
}

#[tokio::test]
async fn empty_cells_and_a_word_clear_values_where_the_column_says_so() {
    let service = Service::start().await;
    service
        .import(
            "Email,City,Value\na@example.org,Lyon,x\nb@example.org,Lyon,x\nc@example.org,Lyon,x\n",
        )
        .await;
    let mapping = typed("text", json!({ "empty": "clear", "clear_token": "NULL" }));
    let file =
        "Email,Value\na@example.org,\nb@example.org,NULL\nc@example.org,null\nd@example.org,\n";
    assert_eq!(counts(&run(&service, file, mapping.clone()).await), [1, 3, 0, 0]);
    for (email, value) in [("a@", None), ("b@", None), ("c@", Some("null")), ("d@", None)] {
        let fields = &service.user(email).await["fields"];
        assert_eq!(fields.get("value").and_then(Value::as_str), value, "{email}");
    }
    assert_eq!(service.user("a@").await["fields"]["city"], "Lyon");
    assert_eq!(counts(&run(&service, file, mapping).await), [0, 0, 4, 0]);
}

#[tokio::test]
async fn an_import_touches_only_new_or_only_known_users_where_somebody_wants_that() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\n").await;
    let file = "Email,City\nANNA@example.org,Nice\nnew@example.org,Nice\nNEW@example.org,Brest\nanna@example.org,x\n";
    let create = service.import_with(file, "&mode=create_only").await.then(200).json();
    assert_eq!(counts(&create), [1, 1, 0, 2], "its own rows may follow each other");
    let exists = |line| (line, "user_exists".to_owned());
    assert_eq!(notes(&create, "rejects"), [exists(2), exists(5)]);
    assert_eq!(notes(&create, "warned"), [(4, "duplicate_in_file".to_owned())]);
    assert_eq!(service.user("anna@").await["fields"]["city"], "Lyon");

    let file = "Email,City\nanna@example.org,Nice\nother@example.org,Nice\n";
    let said = service
        .request(reqwest::Method::POST, "/v1/imports?dry_run=true&mode=update_only")
        .header("content-type", "text/csv")
        .body(file);
    let said = tests::Answer::of(said).await.then(200).json();
    let update = service.import_with(file, "&mode=update_only").await.then(200).json();
    assert_eq!(counts(&update), [0, 1, 0, 1]);
    assert_eq!((counts(&said), &said["rejects"]), (counts(&update), &update["rejects"]));
    assert_eq!(notes(&update, "rejects"), [(3, "user_not_found".to_owned())]);

    // What was refused because of who was there is in the file of rejects, after a restart as well.
    let service = service.restart().await;
    let path = format!("/v1/imports/{}/rejected.csv", create["id"].as_str().unwrap());
    let text = service.get(&path).await.then(200).text();
    let mut lines = text.lines().map(|line| line.split(',').take(2).collect::<Vec<_>>().join(","));
    assert_eq!(lines.next().as_deref(), Some("_line,_code"));
    assert_eq!(lines.collect::<Vec<_>>(), ["2,user_exists", "5,user_exists"]);
}

#[tokio::test]
async fn accepted_rows_put_their_users_on_a_list() {
    let service = Service::start().await;
    service.import("Email,City\nanna@example.org,Lyon\nbob@example.org,Lyon\n").await;
    let bob = service.user_id("bob@").await;
    service.post("/v1/lists", &json!({ "id": "spring", "name": "Spring" })).await.then(201);
    service
        .post("/v1/lists", &json!({ "id": "spring", "name": "x" }))
        .await
        .then_problem(409, "reference_id_taken");
    service.act(&format!("/v1/users/{bob}/lists/spring")).await.then(200);

    let file = "Email,City\nanna@example.org,Lyon\nbob@example.org,Nice\nnew@example.org,\nANNA@example.org,Lyon\nnobody,\n";
    let report = service.import_with(file, "&list=spring").await.then(200).json();
    assert_eq!((counts(&report), &report["joined"]), ([1, 1, 2, 1], &json!(2)));
    assert_eq!(service.get("/v1/lists/spring").await.json()["users"], 3);
    let on_it = service.get("/v1/users?list=spring&limit=2").await.then(200).json();
    assert_eq!((on_it["items"].as_array().unwrap().len(), on_it["next"].is_null()), (2, false));
    service.get("/v1/users?list=nobodys").await.then_problem(404, "list_unknown");
    assert_eq!(service.user("anna@").await["lists"][0]["list_id"], "spring");
    let again = service.import_with(file, "&list=spring").await.then(200).json();
    assert_eq!((counts(&again), &again["joined"]), ([0, 0, 4, 1], &json!(0)));

    let made = service.import_with(file, "&new_list=Spring").await.then(200).json();
    assert_eq!(made["list"], json!({ "id": "spring_2", "name": "Spring" }));
    assert_eq!(made["joined"], 3);
    let events = service.export("/v1/exports/user-events.csv?type=ListJoined").await;
    assert_eq!(
        events.column("audience_id"),
        ["spring", "spring", "spring", "spring_2", "spring_2", "spring_2"]
    );
    assert_eq!(events.column("import_row"), ["", "1", "3", "1", "2", "3"]);
    service.delete(&format!("/v1/users/{bob}/lists/spring")).await.then(200);
    service
        .delete(&format!("/v1/users/{bob}/lists/spring"))
        .await
        .then_problem(409, "list_not_joined");
    service.act(&format!("/v1/users/{bob}/lists/nobodys")).await.then_problem(404, "list_unknown");
    assert_eq!(service.get("/v1/lists").await.json()["items"].as_array().unwrap().len(), 2);
}
