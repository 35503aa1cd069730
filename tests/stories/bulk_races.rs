//! A bulk action and its undo while somebody else changes the very users that they are at: what is reported is what is in
//! the log, whoever was faster.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use domain::UserId;
use domain::identity::{bulk_event_id, revert_event_id};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Service};
use uuid::Uuid;

const USERS: usize = 1_200;
/// Small batches: many moments in which somebody else can be faster.
const BATCH: usize = 20;
/// Others at once.
const OTHERS: usize = 8;
/// Histories lived at most until somebody is faster.
const HISTORIES_MAX: usize = 8;
/// Facts of a removed user at most.
const ORDINALS: u32 = 4;

/// A request of somebody else: method, what follows the user's path, body.
type Request = (Method, String, Option<Value>);

/// A fact about a user.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fact {
    kind: String,
    user: String,
    by: By,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Action,
    Undo,
    Others,
}

/// Many users, a list, and small batches.
async fn house() -> (Service, Vec<String>, Option<tempfile::TempDir>) {
    let service = Service::start().await;
    let rows: String = (0..USERS).map(|who| format!("p{who}@example.org,Lyon\n")).collect();
    service.import(format!("Email,City\n{rows}")).await;
    service.post("/v1/lists", &json!({ "id": "all", "name": "All" })).await.then(201);
    let data = service.data.clone();
    let folder = service.stop().await;
    let service = Service::open(&data, None, &[("import_batch_rows", &BATCH.to_string())]).await;
    let mut users = service.export("/v1/exports/users.csv?columns=user_id").await;
    let mut users: Vec<String> =
        users.rows.iter_mut().filter_map(|row| row.remove("user_id")).collect();
    users.sort_unstable();
    (service, users, folder)
}

/// Waits for a job to end, while others ask for what `doing` says of the users that it is at: `order` is how it takes them.
async fn among_others(
    service: &Service,
    path: &str,
    order: &[String],
    doing: impl Fn(usize) -> Request,
) -> Value {
    let id: Uuid = path.rsplit('/').next().unwrap().parse().unwrap();
    let done = || {
        let line = service.app.follower.store().bulk_action(id).unwrap().unwrap();
        let undone = line.undone.map(|undone| undone.counts).unwrap_or_default();
        match line.queued == line.ordinal {
            true => line.outcome.users(),
            false => undone.restored + undone.unchanged + undone.kept,
        }
    };
    let (ended, turn) = (AtomicBool::new(false), AtomicUsize::new(0));
    let other = async || {
        while !ended.load(Ordering::Relaxed) {
            let turn = turn.fetch_add(1, Ordering::Relaxed);
            // Those that are being decided on, and those that come after them.
            let next = done() as usize + turn * 7 % (3 * BATCH);
            let Some(user) = order.get(next) else {
                tokio::task::yield_now().await;
                continue;
            };
            let (method, of, body) = doing(turn);
            let mut request = service.request(method, &format!("/v1/users/{user}{of}"));
            if let Some(body) = body {
                request = request.json(&body);
            }
            let status = Answer::of(request).await.status();
            assert!([200, 404, 409].contains(&status), "{status}");
        }
    };
    let job = async {
        let report = service.get(&format!("{path}?wait=true")).await.then(200).json();
        ended.store(true, Ordering::Relaxed);
        report
    };
    let others = futures_util::future::join_all((0..OTHERS).map(|_| other()));
    futures_util::future::join(job, others).await.0
}

/// All facts about users since, in order.
async fn facts(service: &Service, since: &str, job: &str) -> Vec<Fact> {
    let job: Uuid = job.parse().unwrap();
    let columns = "event_type,user_id,event_id";
    let path = format!("/v1/exports/user-events.csv?since={since}&columns={columns}");
    let fact = |row: &BTreeMap<String, String>| {
        let user = UserId(row["user_id"].parse().unwrap());
        let is = |id: Uuid| row["event_id"] == id.to_string();
        let by = match (0..ORDINALS).any(|ordinal| is(bulk_event_id(job, user, ordinal))) {
            true => By::Action,
            false if is(revert_event_id(job, user, 0)) => By::Undo,
            false => By::Others,
        };
        let kind = row["event_type"].trim_start_matches("cohort.").to_owned();
        Fact { kind, user: row["user_id"].clone(), by }
    };
    service.export(&path).await.rows.iter().map(fact).collect()
}

async fn cursor(service: &Service) -> String {
    let answer = service.get("/v1/exports/users.csv?columns=user_id").await.then(200);
    answer.header("cohort-position").to_owned()
}

/// How many of these users come after one that their job took later: somebody else was faster, and they were decided again.
fn decided_again(order: &[String], told: &[&Fact]) -> usize {
    let place: BTreeMap<&String, usize> = order.iter().zip(0..).collect();
    let (mut furthest, mut again) = (0, 0);
    for fact in told {
        again += usize::from(place[&fact.user] < furthest);
        furthest = furthest.max(place[&fact.user]);
    }
    again
}

fn count(report: &Value, name: &str) -> usize {
    report[name].as_u64().unwrap() as usize
}

/// Users that were gone already.
fn unknown(report: &Value) -> usize {
    report["codes"].get("user_unknown").map_or(0, |of| of.as_u64().unwrap() as usize)
}

/// What an action told, each user once: as many as its report says, and the sum is right; and whether others met it, so that
/// some users were decided again.
fn told<'a>(
    report: &Value,
    order: &[String],
    facts: &'a [Fact],
    kind: &str,
) -> (Vec<&'a Fact>, bool) {
    let told = facts.iter().filter(|fact| fact.by == By::Action && fact.kind == kind);
    let told: Vec<&Fact> = told.collect();
    let users: BTreeSet<&String> = told.iter().map(|fact| &fact.user).collect();
    assert_eq!(users.len(), told.len(), "nobody is changed twice");
    assert_eq!(report["state"], "completed", "{report}");
    assert_eq!(count(report, "changed"), told.len(), "as many as there are facts: {report}");
    let sum: usize =
        ["changed", "unchanged", "refused"].iter().map(|name| count(report, name)).sum();
    assert_eq!((sum, count(report, "matched")), (USERS, USERS), "{report}");
    let again = decided_again(order, &told);
    println!("{again} of {} decided again: {kind}", told.len());
    (told, again > 0)
}

/// The facts of one user.
fn of<'a>(facts: &'a [Fact], user: &str) -> Vec<&'a Fact> {
    facts.iter().filter(|fact| fact.user == user).collect()
}

/// What an undo told, as many as its report says; who changed nothing was changed since, or is gone. Answers whether others
/// met it.
fn told_back(
    report: &Value,
    order: &[String],
    facts: &[Fact],
    moves: &dyn Fn(&Fact) -> bool,
) -> bool {
    let back: Vec<&Fact> = facts.iter().filter(|fact| fact.by == By::Undo).collect();
    let revert = &report["revert"];
    assert_eq!(report["state"], "reverted", "{report}");
    assert_eq!(count(revert, "restored"), back.len(), "as many as there are facts: {report}");
    let sum: usize = ["restored", "unchanged", "kept"].iter().map(|name| count(revert, name)).sum();
    assert_eq!(sum, order.len(), "whoever was changed is told of: {report}");
    for user in order {
        let moved: Vec<&Fact> = of(facts, user).into_iter().filter(|fact| moves(fact)).collect();
        let gone = of(facts, user).iter().any(|fact| fact.kind == "user.deleted");
        let last = moved.last().map(|fact| fact.by);
        assert!(gone || last != Some(By::Action), "{user} was left as it was: {moved:?}");
        let on_others =
            moved.windows(2).find(|two| two[1].by == By::Undo && two[0].by != By::Action);
        assert_eq!(on_others, None, "what others did stays");
    }
    let again = decided_again(order, &back);
    println!("{again} of {} taken back again", back.len());
    again > 0
}

/// Lives a history until others met every job of it: whether they do is a matter of moments. What it holds it holds each time.
async fn until_met(history: impl AsyncFn() -> bool) {
    for _ in 0..HISTORIES_MAX {
        if history().await {
            return;
        }
    }
    panic!("nobody was ever faster; the others no longer meet the job");
}

/// The order in which an action changed users.
fn order_of(told: &[&Fact]) -> Vec<String> {
    told.iter().map(|fact| fact.user.clone()).collect()
}

/// Asks for it, among others; answers its path, its report and all facts since.
async fn act(
    service: &Service,
    users: &[String],
    action: Value,
    doing: impl Fn(usize) -> Request,
) -> (String, Value, Vec<Fact>) {
    let since = cursor(service).await;
    let queued = service.post("/v1/bulk-actions", &action).await.then(202);
    let path = queued.header("location").to_owned();
    let report = among_others(service, &path, users, doing).await;
    let facts = facts(service, &since, report["id"].as_str().unwrap()).await;
    (path, report, facts)
}

/// Takes it back, among others; answers its report and all facts since.
async fn back(
    service: &Service,
    (path, since): (&str, &str),
    order: &[String],
    doing: impl Fn(usize) -> Request,
) -> (Value, Vec<Fact>) {
    service.act(&format!("{path}/revert")).await.then(202);
    let report = among_others(service, path, order, doing).await;
    let facts = facts(service, since, report["id"].as_str().unwrap()).await;
    (report, facts)
}

/// On the list, off it, another city, now and then away.
fn lists(turn: usize) -> Request {
    match turn % 9 {
        0 | 4 => (Method::POST, "/lists/all".to_owned(), None),
        1 | 5 => (Method::DELETE, "/lists/all".to_owned(), None),
        8 if turn % 27 == 8 => (Method::DELETE, String::new(), None),
        _ => {
            (Method::PATCH, String::new(), Some(json!({ "fields": { "city": turn.to_string() } })))
        }
    }
}

fn moves_list(fact: &Fact) -> bool {
    fact.kind.starts_with("list.")
}

#[tokio::test(flavor = "multi_thread")]
async fn users_on_their_way_onto_a_list_are_counted_as_they_are_whoever_was_faster() {
    until_met(onto_a_list_and_back).await;
}

async fn onto_a_list_and_back() -> bool {
    let (service, users, _folder) = house().await;
    let since = cursor(&service).await;
    let join = json!({ "action": "join_list", "list": "all", "filter": {} });
    let (path, report, done) = act(&service, &users, join, lists).await;
    let (told, met) = told(&report, &users, &done, "list.joined");
    let refused = count(&report, "refused");
    assert_eq!(refused, unknown(&report), "{report}");
    let changed: BTreeSet<&String> = told.iter().map(|fact| &fact.user).collect();
    let left_out = users.iter().filter(|user| !changed.contains(user));
    let (mut gone, mut on_it) = (0, 0);
    for user in left_out {
        let facts = of(&done, user);
        gone += usize::from(facts.iter().any(|fact| fact.kind == "user.deleted"));
        on_it += usize::from(facts.iter().any(|fact| fact.kind == "list.joined"));
    }
    assert!(
        refused <= gone && count(&report, "unchanged") <= on_it,
        "nobody is left out: {report}"
    );

    let order = order_of(&told);
    let (report, all) = back(&service, (&path, &since), &order, lists).await;
    let met_again = told_back(&report, &order, &all, &moves_list);
    in_turn(&service, &users, &all).await;
    service.stop().await;
    met && met_again
}

/// On and off the list by turns, and so they stand in the tables.
async fn in_turn(service: &Service, users: &[String], facts: &[Fact]) {
    let mut on_it = 0;
    for user in users {
        let moved = of(facts, user).into_iter().filter(|fact| moves_list(fact));
        let on = moved.fold(false, |on, fact| {
            assert_eq!(fact.kind == "list.joined", !on, "{user}");
            !on
        });
        on_it += u64::from(on);
    }
    service.settle().await;
    assert_eq!(service.get("/v1/lists/all").await.json()["users"], on_it);
    let check = Answer::of(service.request(Method::POST, "/v1/operations/check")).await;
    assert!(check.then(200).text().contains("\"sound\":true"), "a rebuild is the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_given_and_taken_back_whatever_else_of_a_user_changes_meanwhile() {
    until_met(a_value_and_back).await;
}

async fn a_value_and_back() -> bool {
    let (service, users, _folder) = house().await;
    let since = cursor(&service).await;
    let names = |turn: usize| {
        let fields = json!({ "first_name": turn.to_string() });
        (Method::PATCH, String::new(), Some(json!({ "fields": fields })))
    };
    let set =
        json!({ "action": "set_property", "property": "city", "value": "Nice", "filter": {} });
    let (path, report, done) = act(&service, &users, set, names).await;
    let (told, met) = told(&report, &users, &done, "user.properties_updated");
    assert_eq!(told.len(), USERS);
    let order = order_of(&told);
    let (report, all) = back(&service, (&path, &since), &order, names).await;
    let met_again = told_back(&report, &order, &all, &|fact| fact.by != By::Others);
    assert_eq!(report["revert"]["restored"], USERS);
    let lyon = "/v1/users?property.city.is=Lyon&count=only&settled=true";
    assert_eq!(service.get(lyon).await.then(200).json()["total"], USERS);
    let named = "/v1/users?property.first_name.is_set=&count=only";
    let named = service.get(named).await.then(200).json();
    assert!(named["total"].as_u64().unwrap() > 0, "what others gave stays");
    service.stop().await;
    met && met_again
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_while_others_move_it_leaves_all_that_it_was_on() {
    until_met(removed).await;
}

async fn removed() -> bool {
    let (service, users, _folder) = house().await;
    let delete = json!({ "action": "delete", "filter": {} });
    let (_, report, done) = act(&service, &users, delete, lists).await;
    let (told, met) = told(&report, &users, &done, "user.deleted");
    let by_hand = done.iter().filter(|fact| fact.kind == "user.deleted" && fact.by == By::Others);
    assert_eq!(told.len() + by_hand.count(), USERS, "each is removed once");
    let refused = count(&report, "refused");
    assert_eq!((refused, refused), (USERS - told.len(), unknown(&report)), "{report}");
    in_turn(&service, &users, &done).await;
    assert_eq!(service.get("/v1/lists/all").await.json()["users"], 0);
    service.stop().await;
    met
}
