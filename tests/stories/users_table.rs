//! The table of users: sorted by any column, filtered as segments ask, counted, page by page.

use serde_json::{Value, json};
use tests::Service;

const PEOPLE: &str = "\
Email,First Name,Last Name,Lang,External Id,City,Points,Born,Vip
anna@example.org,Léa,Ångström,fr,X-1,Łódź,100,1990-04-03,true
Bob@example.org,bob,Ábel,,X-2,Lyon,9,1985-12-31,false
cleo@example.org,Zoë,,de,,lyon,,1990-04-03T22:30:00Z,
dan@example.org,,Zimmer,,,,-2.5,,true
";

pub(crate) async fn people() -> Service {
    let service = Service::start().await;
    for (name, kind) in [("points", "number"), ("vip", "boolean"), ("born", "date")] {
        let property = json!({ "reference_id": name, "type": kind });
        service.post("/v1/properties", &property).await.then(201);
    }
    assert_eq!(service.import_counts(PEOPLE).await, [4, 0, 0, 0]);
    service
}

/// First letters of the addresses on the pages of a query, following cursors of `limit` users.
pub(crate) async fn names(service: &Service, query: &str, limit: usize) -> String {
    let (mut names, mut cursor) = (String::new(), String::new());
    loop {
        let path = format!("/v1/users?limit={limit}&{query}{cursor}");
        let page = service.get(&path).await.then(200).json();
        for user in page["items"].as_array().unwrap() {
            names.push(user["email"].as_str().unwrap().to_lowercase().chars().next().unwrap());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return names,
        }
    }
}

#[tokio::test]
async fn every_column_sorts_by_what_its_values_are() {
    let service = people().await;
    let bob = service.user_id("bob@").await;
    service.act(&format!("/v1/users/{bob}/challenges/run/join")).await.then(200);
    service.act(&format!("/v1/users/{bob}/challenges/run/complete")).await.then(200);
    let dan = service.user_id("dan@").await;
    service.act(&format!("/v1/users/{dan}/challenges/swim/join")).await.then(200);
    service.get("/v1/users?settled=true").await.then(200);
    for (sort, expected) in [
        ("email", "abcd"),
        ("-email", "dcba"),
        ("last_name", "badc"), // without case and accents; none last
        ("-last_name", "dabc"),
        ("first_name", "bacd"),
        ("-first_name", "cabd"),
        ("external_id", "ab"),
        ("-external_id", "ba"),
        ("lang", "ca"),
        ("points", "dbac"), // as numbers
        ("-points", "abdc"),
        ("born", "bacd"), // a day is its first instant
        ("-born", "cabd"),
        ("-challenges_completed", "b"),
        ("last_active_at", "bd"), // who never did anything comes last, both ways
        ("-last_active_at", "db"),
    ] {
        for limit in [1, 2, 4] {
            let names = names(&service, &format!("sort={sort}"), limit).await;
            assert!(names.starts_with(expected) && names.len() == 4, "{sort}: {names}");
        }
    }
    let mut by_id: Vec<(String, &str)> = Vec::new();
    for name in ["anna@", "bob@", "cleo@", "dan@"] {
        by_id.push((service.user_id(name).await, &name[..1]));
    }
    by_id.sort();
    let forward: String = by_id.iter().map(|(_, name)| *name).collect();
    let back: String = by_id.iter().rev().map(|(_, name)| *name).collect();
    // All were made in one moment, and all have no digital asset: their ids decide.
    for (sort, expected) in [
        ("user_id", &forward),
        ("-user_id", &back),
        ("member_since", &forward),
        ("-member_since", &back),
        ("digital_assets", &forward),
        ("-perks_used", &back),
    ] {
        assert_eq!(&names(&service, &format!("sort={sort}"), 3).await, expected, "{sort}");
    }
    let unknown = service.get("/v1/users?sort=shoe_size").await.then_problem(422, "column_unknown");
    assert!(unknown["known"].as_array().unwrap().contains(&json!("points")), "{unknown}");
    service.stop().await;
}

#[tokio::test]
async fn filters_on_properties_mean_what_segments_mean() {
    let service = people().await;
    for (filter, expected) in [
        ("property.city.is=LYON", "bc"),
        ("property.city.is_not=lyon", "ad"),
        ("property.city.contains=%C3%B3d", "a"),
        ("property.city.is_one_of=lodz,%C5%82%C3%B3d%C5%BA", "a"),
        ("property.city.is_set=", "abc"),
        ("property.city.is_not_set=true", "d"),
        ("property.points.more_than=9", "a"),
        ("property.points.between=-3,9", "bd"),
        ("property.vip.is_true=", "ad"),
        ("property.born.on=1990-04-03", "ac"),
        ("property.born.before=1990-04-03", "b"),
        ("property.born.more_than_days_ago=10", "abc"),
        ("property.first_name.starts_with=le", "a"),
        ("property.first_name.is_not=ZOE", "abd"),
        ("property.last_name.is_not_set=", "c"),
        ("property.last_name.ends_with=MER", "d"),
        ("property.external_id.is=x-2", "b"),
        ("property.external_id.is_set=", "ab"),
        ("property.lang.is=FR", "a"),
        ("property.vip.is_true=&property.points.less_than=0", "d"),
        ("property.vip.is_true=&property.city.is=lyon", ""),
        ("search=LEA", "a"),
        ("search=abel", "b"),
        ("search=x-2", "b"),
        ("search=%20lea%20", "a"),
        ("search=bob+abel", "b"),
        ("search=Abel%20bob", "b"),
        ("search=bob+lea", ""),
        ("search=+", "abcd"),
        ("search=example&property.city.is=lyon", "bc"),
    ] {
        let query = format!("{filter}&sort=email");
        assert_eq!(names(&service, &query, 1).await, expected, "{filter}");
        let count = service.get(&format!("/v1/users?{filter}&count=only")).await.then(200).json();
        let counted = (&count["items"], &count["next"], &count["total"]);
        let expected_count = (&json!([]), &Value::Null, &json!(expected.len()));
        assert_eq!(counted, expected_count, "{filter}");
        let export = service.export(&format!("/v1/exports/users.csv?{filter}")).await;
        assert_eq!(export.rows.len(), expected.len(), "{filter}");
    }
    for (filter, code) in [
        ("property.points.contains=9", "condition_type_mismatch"),
        ("property.city.more_than=9", "condition_type_mismatch"),
        ("property.city.resembles=x", "condition_invalid"),
        ("property.shoes.is=x", "condition_invalid"),
        ("property.born.on=yesterday", "condition_invalid"),
        ("property.born.in_the_last_days=-1", "condition_invalid"),
        ("property.city.is_set=no", "condition_invalid"),
    ] {
        let said = service.get(&format!("/v1/users?{filter}")).await.then_problem(422, code);
        assert_eq!(said["parameter"], filter.split_once('=').unwrap().0, "{said}");
        service.get(&format!("/v1/exports/users.ndjson?{filter}")).await.then_problem(422, code);
    }
    service.get("/v1/users?property.city=x").await.then_problem(400, "parameter_invalid");
    service.get("/v1/users?count=all").await.then_problem(400, "parameter_invalid");
    service.stop().await;
}

#[tokio::test]
async fn who_belongs_to_all_that_is_named_is_shown() {
    let service = people().await;
    let list = "Email\nanna@example.org\nbob@example.org\n";
    service.import_with(list, "&new_list=Spring").await.then(200);
    let (anna, bob) = (service.user_id("anna@").await, service.user_id("bob@").await);
    let cleo = service.user_id("cleo@").await;
    for path in [
        format!("{anna}/challenges/run/join"),
        format!("{cleo}/challenges/run/join"),
        format!("{cleo}/challenges/swim/join"),
        format!("{bob}/badges/gold"),
        format!("{anna}/badges/gold"),
    ] {
        service.act(&format!("/v1/users/{path}")).await.then(200);
    }
    service.get("/v1/users?settled=true").await.then(200);
    for (filter, expected) in [
        ("list=spring", "ab"),
        ("challenge=run", "ac"),
        ("challenge=run&challenge=swim", "c"),
        ("badge=gold&challenge=run", "a"),
        ("list=spring&badge=gold&property.points.less_than=50", "b"),
    ] {
        for sort in ["email", "-last_active_at", "-points"] {
            let mut found: Vec<char> =
                names(&service, &format!("{filter}&sort={sort}"), 1).await.chars().collect();
            found.sort_unstable();
            assert_eq!(found.into_iter().collect::<String>(), expected, "{filter} {sort}");
        }
        let export = service.export(&format!("/v1/exports/users.csv?{filter}")).await;
        assert_eq!(export.rows.len(), expected.len(), "{filter}");
    }
    service.get("/v1/users?list=winter").await.then_problem(404, "list_unknown");
    service.get("/v1/users?segment=none").await.then_problem(404, "segment_unknown");
    service.get("/v1/users?badge=No!").await.then_problem(400, "parameter_invalid");
    service.get("/v1/exports/users.csv?list=winter").await.then_problem(404, "list_unknown");
    service.stop().await;
}

#[tokio::test]
async fn pages_of_a_sorted_table_stay_stable_while_it_is_written() {
    let service = Service::start().await;
    let row = |i: u32| format!("user{i:02}@example.org,town {:02}\n", i % 10);
    service.import(format!("Email,City\n{}", (0..30).map(row).collect::<String>())).await;
    let (mut seen, mut cursor): (Vec<Value>, _) = (Vec::new(), String::new());
    loop {
        let page = service.get(&format!("/v1/users?sort=city&limit=7{cursor}")).await.then(200);
        let page = page.json();
        seen.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
        // Somebody comes before the page, somebody after it.
        let more = format!("Email,City\na{0}@b.org,aaa\nz{0}@b.org,zzz\n", seen.len());
        service.import(more).await;
    }
    let here = |user: &&Value| user["email"].as_str().unwrap().starts_with("user");
    let cities: Vec<&str> =
        seen.iter().filter(here).map(|user| user["fields"]["city"].as_str().unwrap()).collect();
    assert!(cities.is_sorted(), "{cities:?}");
    let mut emails: Vec<String> = seen.iter().map(|user| user["email"].to_string()).collect();
    emails.sort();
    emails.dedup();
    assert_eq!((cities.len(), emails.len()), (30, seen.len()));
    let of_cities = cursor.trim_start_matches("&cursor=");
    for query in ["sort=-city", "sort=email", "sort=city&search=user", "limit=7"] {
        let path = format!("/v1/users?{query}&cursor={of_cities}");
        service.get(&path).await.then_problem(400, "cursor_of_another_query");
    }
    service.stop().await;
}

#[tokio::test]
async fn what_a_user_is_found_by_follows_what_becomes_of_it() {
    let service = people().await;
    let anna = service.user_id("anna@").await;
    let path = format!("/v1/users/{anna}");
    let call = async |name: &str| {
        let body = json!({ "fields": { "first_name": name } });
        let request = service.request(reqwest::Method::PATCH, &path).json(&body);
        let done = tests::Answer::of(request).await.then(200).json();
        format!("&min_position={}", done["position"].as_str().unwrap())
    };
    let done = call("Mía").await;
    assert_eq!(names(&service, &format!("search=lea{done}"), 9).await, "");
    assert_eq!(names(&service, &format!("search=mia{done}"), 9).await, "a");
    let moved = "External Id,Email\nX-1,moved@example.org\n";
    service.import_with(moved, "&match_by=external_id").await.then(200);
    assert_eq!(names(&service, "search=anna@", 9).await, "");
    assert_eq!(names(&service, "search=mia", 9).await, "m");
    assert_eq!(names(&service, "search=x-1", 9).await, "m");
    // A name of nothing but an accent is one.
    let done = call("\u{301}").await;
    let named = format!("property.first_name.is_set=&sort=first_name{done}");
    assert_eq!(names(&service, &named, 9).await, "bcm");
    assert_eq!(names(&service, "sort=first_name", 9).await, "bcmd");
    let check = service.act("/v1/operations/check").await.then(200).text();
    assert!(check.lines().last().unwrap().contains("\"sound\":true"), "{check}");
    service.stop().await;
}

#[tokio::test]
async fn nothing_can_be_learnt_from_the_order_or_the_filters_without_personal_read() {
    let service = people().await;
    let asker = service.with_token(&["users:read", "exports:create"]).await;
    for query in [
        "sort=email",
        "sort=-first_name",
        "sort=points",
        "sort=shoe_size",
        "search=anna",
        "property.city.is=Lyon",
        "property.shoes.is=Lyon",
    ] {
        let path = format!("/v1/users?{query}");
        asker.get(&path).await.then_problem(403, "personal_data_required");
        if !query.starts_with("sort") {
            let path = format!("/v1/exports/users.csv?{query}");
            asker.get(&path).await.then_problem(403, "personal_data_required");
        }
    }
    let page = asker.get("/v1/users?sort=-last_active_at&limit=2").await.then(200).json();
    assert_eq!((&page["items"][0]["email"], &page["total"]), (&Value::Null, &json!(4)));
    service.stop().await;
}

#[tokio::test]
async fn chosen_users_are_shown_and_exported_alone() {
    let service = people().await;
    let (anna, bob) = (service.user_id("anna@").await, service.user_id("bob@").await);
    for query in [format!("user={anna},{bob}"), format!("user={anna}&user={bob}&user={bob}")] {
        assert_eq!(names(&service, &format!("{query}&sort=email"), 1).await, "ab", "{query}");
        let page = service.get(&format!("/v1/users?{query}&count=only")).await.then(200).json();
        assert_eq!(page["total"], 2);
        for form in ["csv", "ndjson"] {
            let path = format!("/v1/exports/users.{form}?{query}&columns=email");
            let text = service.get(&path).await.then(200).text();
            assert!(text.contains("anna@") && text.contains("Bob@"), "{text}");
            assert!(!text.contains("cleo@") && !text.contains("dan@"), "{text}");
        }
    }
    let both = format!("user={anna},{bob}&property.city.is=lyon");
    assert_eq!(names(&service, &both, 4).await, "b", "filters hold together");
    let reader = service.with_token(&["users:read"]).await;
    let page = reader.get(&format!("/v1/users?user={anna}")).await.then(200).json();
    assert_eq!((&page["total"], &page["items"][0]["email"]), (&json!(1), &Value::Null));

    let many: Vec<String> = (0..1_001).map(|n| uuid::Uuid::from_u128(n).to_string()).collect();
    for user in ["anna", "", &many.join(",")] {
        let refused = service.get(&format!("/v1/users?user={user}")).await;
        let problem = refused.then_problem(400, "parameter_invalid");
        assert_eq!(problem["parameter"], "user");
    }
    service.get(&format!("/v1/users?user={}", many[1..].join(","))).await.then(200);
}

#[tokio::test]
async fn users_of_an_import_are_those_it_made_or_changed() {
    let service = people().await;
    let file = "Email,City\nanna@example.org,Nice\nbob@example.org,Lyon\neva@example.org,Nice\n";
    let second = service.import(file).await;
    let import = format!("import={}", second["id"].as_str().unwrap());
    assert_eq!(names(&service, &import, 1).await, "ae", "Bob stays as he is");
    assert_eq!(names(&service, &format!("{import}&property.points.at_least=1"), 1).await, "a");
    let path = format!("/v1/exports/users.csv?{import}");
    assert_eq!(service.export(&path).await.column("email").len(), 2);
    service.get("/v1/users?import=nope").await.then_problem(400, "parameter_invalid");
    let nobody = format!("import={}", uuid::Uuid::nil());
    service.get(&format!("/v1/users?{nobody}")).await.then_problem(404, "import_unknown");
    let path = format!("/v1/exports/users.csv?{nobody}");
    service.get(&path).await.then_problem(404, "import_unknown");
}

#[tokio::test]
async fn a_few_members_stand_in_the_order_they_have_among_all() {
    let service = Service::start().await;
    let row =
        |number: u32| format!("user{number}@example.org,{},c{}\n", number * 7 % 60, number % 7);
    let all: String = (0..60).map(row).collect();
    let few: String = [41, 7, 23].into_iter().map(row).collect();
    let head = "Email,Points,City\n";
    service.import_with(format!("{head}{all}"), "&new_list=All").await.then(200);
    service.import_with(format!("{head}{few}"), "&new_list=Few").await.then(200);
    for who in ["user23@", "user50@"] {
        let id = service.user_id(who).await;
        service.act(&format!("/v1/users/{id}/challenges/run/join")).await.then(200);
        service.act(&format!("/v1/users/{id}/challenges/run/complete")).await.then(200);
    }
    service.get("/v1/users?settled=true").await.then(200);
    for sort in
        ["member_since", "user_id", "email", "points", "last_active_at", "challenges_completed"]
    {
        for query in [format!("sort={sort}"), format!("sort=-{sort}&search=user")] {
            let among_all = addresses(&service, &format!("list=all&{query}"), 17).await;
            assert_eq!(among_all.len(), 60, "{query}");
            assert_eq!(among_all, addresses(&service, &query, 1000).await, "{query}");
            let few = |name: &String| {
                ["user41@", "user7@", "user23@"].iter().any(|few| name.starts_with(few))
            };
            let expected: Vec<String> = among_all.into_iter().filter(few).collect();
            assert_eq!(
                addresses(&service, &format!("list=few&{query}"), 2).await,
                expected,
                "{query}"
            );
        }
    }
    let page = service.get("/v1/users?list=few&search=user7&limit=1").await.then(200).json();
    assert_eq!((&page["total"], &page["next"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn who_is_called_alike_stands_in_the_order_of_ids() {
    let service = Service::start().await;
    let rows: String = (0..60).map(|user| format!("user{user}@example.org,Ana,Łódź\n")).collect();
    service.import(format!("Email,First Name,City\n{rows}")).await;
    let by_id = addresses(&service, "sort=user_id", 1000).await;
    let backwards: Vec<String> = by_id.iter().rev().cloned().collect();
    for sort in ["first_name", "city", "perks_used"] {
        assert_eq!(addresses(&service, &format!("sort={sort}"), 3).await, by_id, "{sort}");
        assert_eq!(addresses(&service, &format!("sort=-{sort}"), 3).await, backwards, "-{sort}");
    }
}

/// Addresses on the pages of a query, following cursors of `limit` users.
async fn addresses(service: &Service, query: &str, limit: usize) -> Vec<String> {
    let (mut addresses, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/users?limit={limit}&{query}{cursor}");
        let page = service.get(&path).await.then(200).json();
        let items = page["items"].as_array().unwrap().iter();
        addresses.extend(items.map(|user| user["email"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return addresses,
        }
    }
}
