//! What the team does meanwhile: definitions, imports, one of them taken back, bulk actions, exports.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::brand;
use super::days::{DAY, DAYS, MINUTE, signs_up};
use super::desk::Desk;
use super::files::{self, File};
use super::people::Person;
use super::{Demo, WEEK};

/// Something the team does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Errand {
    Tokens,
    Definitions,
    Customers,
    Founders,
    OldTill,
    Report,
    Evening,
    WrongFile,
    WrongFileBack,
    Leads,
    Ambassadors,
    Audit,
    Copy,
    Draft,
}

/// What is done when, in days and minutes of the day.
const AGENDA: [(u32, i64, Errand); 14] = [
    (0, 480, Errand::Tokens),
    (0, 490, Errand::Definitions),
    (0, 545, Errand::Customers),
    (0, 570, Errand::Founders),
    (24, 610, Errand::OldTill),
    (31, 500, Errand::Report),
    (58, 930, Errand::Evening),
    (69, 860, Errand::WrongFile),
    (69, 901, Errand::WrongFileBack),
    (78, 1_050, Errand::Leads),
    (84, 640, Errand::Ambassadors),
    (DAYS - 3, 555, Errand::Audit),
    (DAYS - 1, 520, Errand::Copy),
    (DAYS - 1, 985, Errand::Draft),
];

/// All of it, with moments since the first day began.
pub(crate) fn agenda() -> impl Iterator<Item = (i64, Errand)> {
    AGENDA.into_iter().map(|(day, minute, errand)| (i64::from(day) * DAY + minute * MINUTE, errand))
}

/// Makes a token and answers its id and its secret.
async fn token(desk: &Desk, name: &str, scopes: &[&str]) -> Result<(String, String)> {
    let made = desk.post("/v1/tokens", &json!({ "name": name, "scopes": scopes })).await?;
    let part = |name: &str| made[name].as_str().map(str::to_owned).context("a token has both");
    Ok((part("id")?, part("token")?))
}

impl Demo {
    /// Does it.
    pub(super) async fn run_errand(&mut self, errand: Errand) -> Result<()> {
        match errand {
            Errand::Tokens => self.tokens().await,
            Errand::Definitions => brand::define(&self.team, self.people.len()).await,
            Errand::Customers => self.customers().await,
            Errand::Founders => self.founders().await,
            Errand::OldTill => self.revoke_the_old_till().await,
            Errand::Report => {
                self.keep_export(
                    &json!({ "content": "users", "format": "csv", "reason": "Monthly report" }),
                )
                .await
            }
            Errand::Evening => {
                let guests = json!({ "segment": "regulars", "property.country.is": "France" });
                self.bulk(
                    &json!({ "action": "join_list", "list": "tasting_evening", "filter": guests }),
                )
                .await
            }
            Errand::WrongFile => self.import_wrong_file().await,
            Errand::WrongFileBack => self.take_wrong_file_back().await,
            Errand::Leads => {
                let here = self.here();
                let file = files::leads(&mut self.crowd, &here, (self.people.len() / 25).max(16));
                self.import(file).await.map(|_| ())
            }
            Errand::Ambassadors => {
                let friends = json!({ "challenge": "bring_a_friend", "badge": "regular" });
                self.bulk(
                    &json!({ "action": "gain_badge", "badge": "ambassador", "filter": friends }),
                )
                .await
            }
            Errand::Audit => self.audit().await,
            Errand::Copy => {
                let some = json!({ "content": "users", "format": "xlsx", "list": "tasting_evening", "reason": "Guests of the evening" });
                self.keep_export(&some).await
            }
            Errand::Draft => {
                let file = files::waiting(&mut self.crowd);
                self.team.upload(file.name, file.text).await.map(|_| ())
            }
        }
    }

    async fn tokens(&mut self) -> Result<()> {
        let shop = ["users:read", "users:write"];
        let (_, secret) = token(&self.team, "Web shop and tills", &shop).await?;
        self.shop = self.team.with_token(&secret);
        token(&self.team, "Reporting", &["users:read", "events:read", "exports:create"]).await?;
        self.old_till = token(&self.team, "Old till", &shop).await?.0;
        Ok(())
    }

    async fn revoke_the_old_till(&self) -> Result<()> {
        self.team.remove(&format!("/v1/tokens/{}", self.old_till)).await
    }

    async fn customers(&mut self) -> Result<()> {
        let before =
            self.people.iter().enumerate().filter(|(number, _)| self.ids[*number].is_none());
        let before = before.filter(|(number, _)| !signs_up(*number));
        let file = files::customers(before, self.first_day);
        self.import(file).await?;
        self.learn_ids().await
    }

    async fn founders(&self) -> Result<()> {
        let early = (self.first_day - WEEK * 130).to_string();
        let early = json!({ "property.member_since.before": early });
        self.bulk(&json!({ "action": "join_list", "list": "founding_members", "filter": early }))
            .await
    }

    /// Imports a file, answers the path of its import.
    async fn import(&self, file: File) -> Result<String> {
        let path = self.team.upload(file.name, file.text).await?;
        self.team.put(&format!("{path}/mapping"), &file.mapping).await?;
        self.team.act(&format!("{path}/check")).await?;
        self.team.act(&format!("{path}/start?wait=true")).await?;
        Ok(path)
    }

    /// Those who are customers at present.
    fn here(&self) -> Vec<Person> {
        let everybody = self.people.iter().zip(&self.ids);
        everybody.filter(|(_, id)| id.is_some()).map(|(person, _)| person.clone()).collect()
    }

    async fn import_wrong_file(&mut self) -> Result<()> {
        let here = self.here();
        let file = files::old_readers(&mut self.crowd, &here);
        self.wrong_file = self.import(file).await?;
        Ok(())
    }

    async fn take_wrong_file_back(&self) -> Result<()> {
        self.team.act(&format!("{}/revert", self.wrong_file)).await?;
        self.team.get(&format!("{}?wait=true", self.wrong_file)).await?;
        Ok(())
    }

    async fn bulk(&self, asked: &Value) -> Result<()> {
        self.settle().await?;
        self.team.post("/v1/bulk-actions?wait=true", asked).await?;
        Ok(())
    }

    async fn keep_export(&self, asked: &Value) -> Result<()> {
        self.team.post("/v1/exports?wait=true", asked).await?;
        Ok(())
    }

    async fn audit(&self) -> Result<()> {
        let (from, through) =
            (self.first_day.to_string(), (self.first_day + WEEK * 12).to_string());
        self.keep_export(&json!({ "content": "user_events", "format": "csv", "type": ["BadgeGained", "BadgeLost"],
            "from": from, "through": through, "zone": "Europe/Paris", "reason": "Quarterly audit of badges" })).await
    }
}
