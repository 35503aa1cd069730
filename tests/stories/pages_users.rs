//! The Users page: the table as the API has it, its state in the address, and nothing that may not be seen.

use serde_json::json;
use tests::{Service, Visitor};

const PEOPLE: &str = "\
Email,First Name,City,Points
anna@example.org,Anna,Łódź,100
ben@example.org,Ben,Lyon,9
cleo@example.org,<script>alert(1)</script>,\"Aix, Provence\",
";

async fn given_people() -> Service {
    let service = Service::start().await;
    service.import_with(PEOPLE, "&new_list=Spring%202026").await.then(200);
    service.settle().await;
    service
}

/// Addresses in the table, in order: each behind its box.
fn shown(page: &tests::Page) -> Vec<String> {
    page.texts("tbody td:nth-child(2)")
}

#[tokio::test]
async fn the_table_shows_what_the_api_shows_and_sorts_by_its_heads() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);

    let page = visitor.open("/users").await.then(200);
    assert_eq!(page.text(".table-head p"), "3 users");
    assert_eq!(page.texts(".tile dt")[0], "Users");
    assert!(page.text(".tile dd").starts_with('3'));
    let heads = page.texts("th");
    assert_eq!(heads[..2], ["", "E-mail"]);
    assert!(heads.iter().any(|head| head.starts_with("Member since")), "{heads:?}");
    assert!(heads.contains(&"City".to_owned()), "{heads:?}");

    let by_email = page.attributes("th a", "href")[0].clone();
    assert_eq!(by_email, "/users?sort=email");
    let page = visitor.open(&by_email).await.then(200);
    assert_eq!(shown(&page), ["anna@example.org", "ben@example.org", "cleo@example.org"]);
    assert_eq!(page.attribute("th[aria-sort]", "aria-sort"), "ascending");
    let turned = page.attributes("th a", "href")[0].clone();
    let page = visitor.open(&turned).await.then(200);
    assert_eq!(shown(&page), ["cleo@example.org", "ben@example.org", "anna@example.org"]);
    assert_eq!(page.attribute("th[aria-sort]", "aria-sort"), "descending");
    assert!(page.attribute("tbody a", "href").starts_with("/users/"));
}

#[tokio::test]
async fn what_a_person_is_called_is_text_and_never_code() {
    let service = given_people().await;
    let page = Visitor::of(&service).open("/users").await.then(200);
    assert!(page.texts("tbody td").contains(&"<script>alert(1)</script>".to_owned()));
    assert!(!page.html().contains("<script>alert"));
    let page = Visitor::of(&service).open("/users?search=%22%3E%3Cscript%3Ex").await.then(200);
    assert_eq!(page.attribute("input[name=search]", "value"), "\"><script>x");
    assert_eq!(page.text(".chips"), "Search: \"><script>x ×");
    assert_eq!(page.text(".empty strong"), "No user matches these filters");
}

#[tokio::test]
async fn filters_are_chips_in_the_address_and_can_be_taken_away() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);

    let typed = "/users?search=&add_property=city&add_operator=is&add_value=Aix%2C+Provence&list=spring_2026";
    let settled = visitor.open(typed).await.then(303);
    let page = visitor.open(settled.leads_to()).await.then(200);
    assert_eq!(shown(&page), ["cleo@example.org"]);
    assert_eq!(page.text(".table-head p"), "1 user");
    assert_eq!(page.texts(".chips bdi"), ["List: Spring 2026", "City is Aix, Provence"]);
    let export = page.attribute("a[href^='/exports/new']", "href");
    assert_eq!(
        export,
        "/exports/new?content=users&list=spring_2026&property.city.is=Aix%2C+Provence"
    );
    let without = page.attributes(".chips a", "href")[1].clone();
    assert_eq!(without, "/users?list=spring_2026");
    assert_eq!(shown(&visitor.open(&without).await.then(200)).len(), 3);

    // An import is called by its file, where there is one.
    let again = service.import_with(PEOPLE, "&filename=spring.csv").await.then(200).json();
    let id = again["id"].as_str().unwrap();
    let page = visitor.open(&format!("/users?import={id}")).await.then(200);
    assert_eq!(page.texts(".chips bdi"), ["Import: spring.csv"]);
    let page = visitor.open(&format!("/events?import={id}")).await.then(200);
    assert_eq!(page.texts(".chips bdi"), ["Import: spring.csv"]);
    let asker = service.with_token(&["users:read", "imports:write"]).await;
    let page = Visitor::with(&service, &asker.token).open(&format!("/users?import={id}")).await;
    assert_eq!(page.then(200).texts(".chips bdi"), [format!("Import: {id}")], "names are personal");

    // What the API refuses is told by name where it can be mended, and the rest of the page is there.
    let refused = visitor.open("/users?property.points.more_than=many").await.then(422);
    assert_eq!(refused.attribute(".refused a", "href"), "/problems/condition_invalid");
    assert_eq!(refused.texts(".chips bdi"), ["Points is more than many"]);
    assert_eq!(refused.texts("tbody tr"), [""; 0]);
    let unknown = visitor.open("/users?colour=red").await.then(400);
    assert_eq!(unknown.attribute(".refused a", "href"), "/problems/parameter_unknown");
}

#[tokio::test]
async fn pages_lead_on_and_back() {
    let service = given_people().await;
    let visitor = Visitor::of(&service);
    let first = visitor.open("/users?sort=email&limit=2").await.then(200);
    assert_eq!(shown(&first), ["anna@example.org", "ben@example.org"]);
    assert!(!first.has("a[rel=prev]"));
    let second = visitor.open(&first.attribute("a[rel=next]", "href")).await.then(200);
    assert_eq!(shown(&second), ["cleo@example.org"]);
    assert!(!second.has("a[rel=next]"));
    let back = second.attribute("a[rel=prev]", "href");
    assert_eq!(back, "/users?sort=email&limit=2");
}

#[tokio::test]
async fn without_the_right_personal_data_is_withheld_and_what_needs_a_right_is_not_offered() {
    let service = given_people().await;
    let asker = service.with_token(&["users:read"]).await;
    let visitor = Visitor::with(&service, &asker.token);

    let page = visitor.open("/users").await.then(200);
    assert_eq!(page.texts("tbody td:first-child"), ["withheld"; 3]);
    for secret in ["anna@", "Łódź", "alert(1)", "Aix"] {
        assert!(!page.html().contains(secret), "{secret} is shown");
    }
    assert_eq!(page.text(".table-head p"), "3 users");
    for offer in
        ["input[name=search]", "a[href^='/exports']", "a[href^='/imports']", "[name=add_property]"]
    {
        assert!(!page.has(offer), "{offer} is offered");
        assert!(Visitor::of(&service).open("/users").await.has(offer), "{offer} is never offered");
    }
    // Columns whose order would tell values are heads without a link.
    assert!(!page.attributes("th a", "href").iter().any(|href| href.contains("email")));
    visitor.open("/users?search=anna").await.then(403);
}

#[tokio::test]
async fn an_empty_table_says_what_to_do() {
    let service = Service::start().await;
    let page = Visitor::of(&service).open("/users").await.then(200);
    assert_eq!(page.text(".empty strong"), "There are no users yet");
    assert_eq!(page.attribute(".title a.primary", "href"), "/imports/new");
    // The columns are those that were chosen.
    service.import(PEOPLE).await;
    let chosen = json!({ "columns": ["points", "user_id"] });
    service.put("/v1/table", &chosen).await.then(200);
    let page = Visitor::of(&service).open("/users").await.then(200);
    assert_eq!(page.texts("th")[7..], ["Points", "User ID"]);
}
