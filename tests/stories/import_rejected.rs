//! Rejected rows come back as a file: every one of them, why, and ready to be sent again once mended.

use tests::Service;

const FILE: &str = "Email,City,Notes\n\
    ann@example.org,Lyon,\"two\nlines\"\n\
    nobody,\"Aix, Provence\",x\n\
    ,Brno,\n\
    ben@example.org,Lyon\n\
    cleo@example.org,Lyon,a,b\n\
    dan@example.org,Lyon,fine\n";

#[tokio::test]
async fn every_rejected_row_is_in_the_file_with_its_reason() {
    let service = Service::start().await;
    let report = service.import(FILE).await;
    assert_eq!(report["rejected"], 4);
    let path = format!("/v1/imports/{}/rejected.csv", report["id"].as_str().unwrap());
    let answer = service.get(&path).await.then(200);
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = answer.text();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(lines[0], "_line,_code,_reason,Email,City,Notes");
    assert!(
        lines[1].starts_with("4,email_invalid,")
            && lines[1].ends_with(",nobody,\"Aix, Provence\",x")
    );
    assert!(lines[2].starts_with("5,email_missing,") && lines[2].ends_with(",,Brno,"));
    assert!(
        lines[3].starts_with("6,column_count_mismatch,")
            && lines[3].ends_with(",ben@example.org,Lyon")
    );
    assert!(lines[4].ends_with(",cleo@example.org,Lyon,a,b"), "no cell is lost: {}", lines[4]);
    assert_eq!(lines[5..], [""]);
}

#[tokio::test]
async fn once_mended_it_imports_again_as_it_is() {
    let service = Service::start().await;
    let report = service.import(FILE).await;
    let path = format!("/v1/imports/{}/rejected.csv", report["id"].as_str().unwrap());
    let rejected = service.get(&path).await.then(200).text();
    let mended = rejected
        .replace("nobody", "nora@example.org")
        .replace(",,Brno,", ",bo@example.org,Brno,")
        .replace("ben@example.org,Lyon", "ben@example.org,Lyon,")
        .replace("Lyon,a,b", "Lyon,a b");
    let again = service.import(mended).await;
    assert_eq!((&again["created"], &again["rejected"]), (&4.into(), &0.into()));
    let targets: Vec<_> =
        again["columns"].as_array().unwrap().iter().map(|c| &c["target"]).collect();
    assert_eq!(targets, ["ignored", "ignored", "ignored", "email", "field", "field"]);
    let table = service.export("/v1/exports/users.csv?columns=email,city").await;
    let nora = table.column("email").iter().position(|email| *email == "nora@example.org").unwrap();
    assert_eq!(table.column("city")[nora], "Aix, Provence");
}

#[tokio::test]
async fn thousands_of_them_are_all_there() {
    let service = Service::start().await;
    let people = tests::people::csv(20_000, 3, 3);
    let report = service.import(people.text).await;
    assert!(people.rejected_rows > 100, "more than a report lists: {}", people.rejected_rows);
    let path = format!("/v1/imports/{}/rejected.csv", report["id"].as_str().unwrap());
    let text = service.get(&path).await.then(200).text();
    assert_eq!(text.matches("\r\n").count(), 1 + people.rejected_rows as usize);
}

#[tokio::test]
async fn who_may_not_see_persons_does_not_get_it() {
    let service = Service::start().await;
    let report = service.import(FILE).await;
    let path = format!("/v1/imports/{}/rejected.csv", report["id"].as_str().unwrap());
    let blind = service.with_token(&["imports:write"]).await;
    blind.ask(reqwest::Method::GET, &path).await.then_problem(403, "personal_data_required");
    let nowhere = "/v1/imports/0190b3c4-5d6e-7f70-8123-456789abcdef/rejected.csv";
    service.get(nowhere).await.then_problem(404, "import_unknown");
    std::fs::remove_dir_all(service.app.folder.uploads()).unwrap();
    service.get(&path).await.then_problem(410, "import_file_gone");
}

#[tokio::test]
async fn mended_rows_go_where_they_went_the_first_time() {
    let service = Service::start().await;
    let path =
        service.draft("Mail,Owed,Secret\na@example.org,\"1.500,5\",x\nnobody,3.500,y\n").await;
    let mapping = serde_json::json!({ "columns": [
        { "column": 1, "target": "email" },
        { "column": 2, "target": "field", "reference_id": "owed", "type": "number", "decimal_comma": true, "grouped": true },
    ] });
    service.put(&format!("{path}/mapping"), &mapping).await.then(200);
    service.act(&format!("{path}/start?wait=true")).await.then(200);
    let rejected = service.get(&format!("{path}/rejected.csv")).await.then(200).text();
    let mended = rejected.replace("nobody", "b@example.org");
    let report = service.import(mended).await;
    assert_eq!(
        (&report["created"], &report["columns"][5]["target"]),
        (&1.into(), &"ignored".into())
    );
    assert_eq!(service.user("b@").await["fields"], serde_json::json!({ "owed": "3500" }));
}
