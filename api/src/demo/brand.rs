//! What the team of the roaster Alder & Finch defined: properties, the table, lists, segments, badges, challenges.

use anyhow::Result;
use serde_json::{Value, json};

use super::desk::Desk;

/// Of so many customers, one gets the limited reward.
const CUSTOMERS_A_BOX: usize = 25;

/// Defines everything, for so many customers.
pub(crate) async fn define(desk: &Desk, customers: usize) -> Result<()> {
    for (reference_id, name, kind) in [
        ("city", "City", "text"),
        ("country", "Country", "text"),
        ("favourite", "Favourite roast", "text"),
        ("points", "Points", "number"),
        ("newsletter", "Newsletter", "boolean"),
        ("birthday", "Birthday", "date"),
    ] {
        let property = json!({ "reference_id": reference_id, "name": name, "type": kind });
        desk.post("/v1/properties", &property).await?;
    }
    let columns =
        ["first_name", "last_name", "country", "city", "favourite", "points", "newsletter"];
    desk.put("/v1/table?of=team", &json!({ "columns": columns })).await?;
    for (id, name) in [
        ("customers", "Customers"),
        ("founding_members", "Founding members"),
        ("tasting_evening", "Tasting evening guests"),
    ] {
        desk.post("/v1/lists", &json!({ "id": id, "name": name })).await?;
    }
    for segment in segments() {
        desk.post("/v1/segments", &segment).await?;
        if segment["id"] == "regulars" {
            // The segment after it asks about the badge that follows it.
            publish(desk, "badges", &regular()).await?;
        }
    }
    publish(desk, "badges", &founder()).await?;
    publish(desk, "badges", &ambassador()).await?;
    let barista = json!({ "id": "home_barista", "name": "Home barista" });
    desk.post("/v1/badges", &barista).await?;
    publish(desk, "challenges", &first_cup()).await?;
    let boxes = (customers / CUSTOMERS_A_BOX).max(2);
    publish(desk, "challenges", &tasting_tour(boxes)).await?;
    publish(desk, "challenges", &bring_a_friend()).await?;
    desk.post("/v1/challenges", &winter()).await?;
    Ok(())
}

async fn publish(desk: &Desk, of: &str, definition: &Value) -> Result<()> {
    desk.post(&format!("/v1/{of}"), definition).await?;
    let id = definition["id"].as_str().unwrap_or_default();
    desk.act(&format!("/v1/{of}/{id}/publish")).await?;
    Ok(())
}

fn segments() -> [Value; 4] {
    let one = |id: &str, name: &str, conditions: Value| json!({ "id": id, "name": name, "conditions": { "groups": [{ "conditions": conditions }] } });
    [
        one(
            "readers_in_france",
            "Newsletter readers in France",
            json!([{ "property": "country", "operator": "is", "value": "France" },
                { "property": "newsletter", "operator": "is_true" }]),
        ),
        one(
            "regulars",
            "Regulars: three visits in a month",
            json!([{ "event": "UserActive", "at_least": 3, "within_days": 30 }]),
        ),
        one(
            "regulars_without_app",
            "Regulars who do not use the app",
            json!([{ "badge": "regular" }, { "app": "alder_app", "not": true }]),
        ),
        one(
            "gone_quiet",
            "Gone quiet: not seen for 45 days",
            json!([{ "property": "last_active_at", "operator": "more_than_days_ago", "days": 45 }]),
        ),
    ]
}

fn regular() -> Value {
    json!({ "id": "regular", "name": "Regular", "audience": { "segment": "regulars" }, "texts": {
        "en": { "title": "Regular", "description": "We know how you take it.",
            "locked_description": "Three visits in a month." },
        "fr": { "title": "Habitué·e", "description": "On sait comment vous l'aimez." },
        "de": { "title": "Stammgast", "description": "Wir wissen, wie du ihn magst." } } })
}

fn founder() -> Value {
    json!({ "id": "founder", "name": "Founding member", "audience": { "list": "founding_members" },
        "visibility": "owners", "texts": {
        "en": { "title": "Founding member", "description": "Here since the first roast." },
        "fr": { "title": "Membre fondateur", "description": "Là depuis la première torréfaction." } } })
}

fn ambassador() -> Value {
    json!({ "id": "ambassador", "name": "Ambassador", "texts": {
        "en": { "title": "Ambassador", "description": "You bring people together over a cup." } } })
}

fn first_cup() -> Value {
    json!({ "id": "first_cup", "name": "Your first cup", "opt_in": false,
        "steps": [
            { "id": "profile", "title": "Tell us how you like it", "action": "fill_form" },
            { "id": "visit", "title": "Visit one of our shops", "action": "visit" },
            { "id": "order", "title": "Order a bag of beans", "action": "order" } ],
        "rewards": [{ "kind": "perk", "id": "welcome_cup", "name": "A cup on the house" }],
        "texts": { "en": { "title": "Your first cup", "description": "Three small steps to a cup on the house." },
            "fr": { "title": "Votre premier café" }, "de": { "title": "Deine erste Tasse" } } })
}

fn tasting_tour(boxes: usize) -> Value {
    json!({ "id": "tasting_tour", "name": "Tasting tour", "in_order": true,
        "steps": [
            { "id": "ethiopia", "title": "Ethiopia: Yirgacheffe", "action": "taste" },
            { "id": "colombia", "title": "Colombia: Huila", "action": "taste" },
            { "id": "sumatra", "title": "Indonesia: Sumatra", "action": "taste" },
            { "id": "review", "title": "Write down what you found", "action": "review" } ],
        "rewards": [
            { "kind": "perk", "id": "tasting_box", "name": "Tasting box", "limit": boxes },
            { "kind": "digital_asset", "id": "tour_stamp", "name": "Stamp of the tour" } ],
        "texts": { "en": { "title": "Tasting tour", "description": "Three origins, one after another.",
            "opt_in": "Take me there" } } })
}

fn bring_a_friend() -> Value {
    json!({ "id": "bring_a_friend", "name": "Bring a friend", "audience": { "segment": "regulars" },
        "steps": [
            { "id": "invite", "title": "Invite somebody", "action": "share" },
            { "id": "together", "title": "Come by together", "action": "visit" } ],
        "rewards": [{ "kind": "perk", "id": "free_bag", "name": "A bag of beans" }],
        "texts": { "en": { "title": "Bring a friend", "opt_in": "I know somebody" } } })
}

fn winter() -> Value {
    json!({ "id": "winter_blend", "name": "Winter blend", "audience": { "list": "customers" },
        "steps": [{ "id": "taste", "title": "Taste the winter blend", "action": "taste" }] })
}
