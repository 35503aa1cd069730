//! Shop and tills: they hand in what customers did every quarter of an hour, all of it at once.

use anyhow::{Context, Result, ensure};
use axum::http::Method;
use chrono::{DateTime, SecondsFormat};
use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::Demo;
use super::days::{Deed, MINUTE, signs_up};

/// What is handed in together lies in one stretch of so many microseconds.
const STRETCH: i64 = 15 * MINUTE;
/// How much is handed in at once.
const TOGETHER_MAX: usize = 16;

/// What customers did and the tills have not handed in: of each customer one thing at most, so that nothing overtakes another.
#[derive(Debug, Default)]
pub(super) struct Tills {
    waiting: Vec<(i64, usize, Deed)>,
}

impl Tills {
    /// Whether something has to wait until what is there is handed in.
    pub(super) fn are_full_for(&self, moment: i64, customer: usize) -> bool {
        let first = self.waiting.first().map(|(first, _, _)| first / STRETCH);
        first.is_some_and(|first| first != moment / STRETCH)
            || self.waiting.len() >= TOGETHER_MAX
            || self.waiting.iter().any(|(_, waiting, _)| *waiting == customer)
    }

    /// Takes note of something that is done at a moment, in microseconds since 1970.
    pub(super) fn note(&mut self, moment: i64, customer: usize, deed: Deed) {
        self.waiting.push((moment, customer, deed));
    }

    /// When the last of it was done.
    pub(super) fn last(&self) -> Option<i64> {
        self.waiting.last().map(|(last, _, _)| *last)
    }
}

impl Demo {
    /// Hands in what the tills hold.
    pub(super) async fn hand_in(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.tills.waiting);
        let (new, known): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, _, deed)| *deed == Deed::SignUp);
        let mut requests = Vec::new();
        for (moment, number, deed) in known {
            let Some(id) = self.ids[number].clone() else {
                ensure!(!signs_up(number), "somebody acts who has not signed up");
                continue;
            };
            let (method, path, body) = self.request(number, deed, moment)?;
            requests.push((method, format!("/v1/users/{id}{path}"), body));
            if deed == Deed::Leave {
                self.ids[number] = None;
            }
        }
        let shop = &self.shop;
        let acting = requests.iter().map(|(method, path, body)| async move {
            shop.attempt(method.clone(), path, body).await
        });
        try_join_all(acting).await?;
        let made = try_join_all(new.iter().map(|(_, number, _)| self.sign_up(*number))).await?;
        for ((_, number, _), id) in new.iter().zip(made) {
            self.ids[*number] = Some(id);
        }
        Ok(())
    }

    /// Makes a customer; answers the user's id.
    async fn sign_up(&self, number: usize) -> Result<String> {
        let person = &self.people[number];
        let lists = json!(["customers"]);
        let body = json!({ "email": person.email, "fields": person.fields(), "lists": lists });
        let made = self.shop.post("/v1/users", &body).await?;
        made["user_id"].as_str().map(str::to_owned).context("a user has an id")
    }

    /// What a customer does, as a request.
    fn request(&mut self, number: usize, deed: Deed, at: i64) -> Result<(Method, String, Value)> {
        let at = DateTime::from_timestamp_micros(at).context("a moment of our time")?;
        let at = json!({ "occurred_at": at.to_rfc3339_opts(SecondsFormat::Micros, true) });
        let person = &self.people[number];
        let post = |path: String| (Method::POST, path, at.clone());
        let patch = |body: Value| (Method::PATCH, String::new(), body);
        Ok(match deed {
            Deed::SignUp | Deed::Visit => post("/active".to_owned()),
            Deed::Points(points) => patch(json!({ "fields": { "points": points } })),
            Deed::Join(challenge) => post(format!("/challenges/{challenge}/join")),
            Deed::Step(challenge, step) => {
                post(format!("/challenges/{challenge}/steps/{step}/complete"))
            }
            Deed::Use(perk) => post(format!("/perks/{perk}/use")),
            Deed::Connect(app) => post(format!("/apps/{app}")),
            Deed::Disconnect(app) => (Method::DELETE, format!("/apps/{app}"), at),
            Deed::Move => patch(json!({ "fields": { "city": person.moves_to(&mut self.dice) } })),
            Deed::NewAddress => patch(json!({ "email": format!("new.{}", person.email) })),
            Deed::Leave => (Method::DELETE, String::new(), Value::Null),
        })
    }
}
