//! What conditions can ask about, and what each of them can be asked.

use domain::EventKind;
use domain::segment::{Moment, Operator};
use domain::value::ValueType;

use super::draft::Draft;
use super::row::{About, Row};
use crate::pages::users::filters::{Filters, Named};
use crate::pages::{Refused, Texts, Viewer};

/// Definitions that a choice offers; where there are more, an id is typed.
const OFFERED_MAX: usize = 200;
/// What every user has.
const FIELDS: [&str; 7] =
    ["email", "first_name", "last_name", "lang", "external_id", "member_since", "last_active_at"];
/// What users belong to.
const MEMBERS: [&str; 4] = ["list", "segment", "badge", "app"];

/// A name and its words.
pub type Choice = (String, String);

/// Everything that there is to ask.
#[derive(Debug)]
pub struct Subjects {
    known: Filters,
    /// What a condition can be about: groups of a choice.
    pub offered: Vec<(String, Vec<Choice>)>,
}

impl Subjects {
    /// Asks what there is.
    ///
    /// # Errors
    /// The API's no.
    pub async fn ask(viewer: &Viewer) -> Result<Subjects, Refused> {
        let known = Filters::ask(viewer).await?;
        let belongs = MEMBERS.map(|of| (of.to_owned(), Texts.named("subject", of)));
        let property = |name: &str, words: String| (format!("property:{name}"), words);
        let fields = FIELDS.map(|name| property(name, Texts.named("column", name)));
        let own = known.properties.iter();
        let own = own.map(|one| property(&one.reference_id, one.name.clone())).collect();
        let happens = EventKind::ALL.iter().filter(|kind| kind.is_user_event());
        let happens = happens.filter(|kind| **kind != EventKind::UserDeleted);
        let happens = happens.map(|kind| (format!("event:{}", kind.name()), kind.label().into()));
        let mut offered = vec![
            (Texts.say("subjects-belongs"), belongs.to_vec()),
            (Texts.say("subjects-fields"), fields.to_vec()),
            (Texts.say("subjects-properties"), own),
            (Texts.say("subjects-happened"), happens.collect()),
        ];
        offered.retain(|(_, choices)| !choices.is_empty());
        Ok(Subjects { known, offered })
    }

    /// What a condition is about, in words; its name where nothing is called so any more.
    pub fn words(&self, row: &Row) -> String {
        let subject = row.get("subject");
        let all = self.offered.iter().flat_map(|(_, choices)| choices);
        let known = all.clone().find(|(name, _)| name == subject);
        match (known, row.about()) {
            (Some((_, words)), _) => words.clone(),
            (None, About::Property(name) | About::Event(name) | About::Member(name)) => name.into(),
            (None, About::Nothing) => String::new(),
        }
    }

    /// Whether a choice offers what a condition is about.
    pub fn offers(&self, row: &Row) -> bool {
        let mut all = self.offered.iter().flat_map(|(_, choices)| choices);
        row.is_blank() || all.any(|(name, _)| name == row.get("subject"))
    }

    /// The type of what a property holds.
    pub fn kind(&self, property: &str) -> ValueType {
        if Moment::from_name(property).is_some() {
            return ValueType::Date;
        }
        let kind = self.known.kind(property);
        let types = [ValueType::Number, ValueType::Boolean, ValueType::Date];
        types.into_iter().find(|one| one.name() == kind).unwrap_or(ValueType::Text)
    }

    /// What a property can be asked.
    pub fn operators(&self, property: &str) -> Vec<Choice> {
        let names = Operator::names_of(self.kind(property)).iter();
        names.map(|name| ((*name).to_owned(), Texts.named("operator", name))).collect()
    }

    /// What something is called; its id where nobody defined it.
    pub fn name_of(&self, of: &str, id: &str) -> String {
        self.known.name_of(of, id)
    }

    /// What there is of one sort to choose among, with what is chosen; none: an id has to be typed.
    pub fn choices(&self, of: &str, chosen: &str) -> Option<Vec<Choice>> {
        let all = self.known.all(of);
        if all.is_empty() || all.len() > OFFERED_MAX {
            return None;
        }
        let choice = |one: &Named| (one.id.clone(), one.name.clone());
        let mut choices: Vec<Choice> = all.iter().map(choice).collect();
        if !chosen.is_empty() && !choices.iter().any(|(id, _)| id == chosen) {
            choices.push((chosen.to_owned(), chosen.to_owned()));
        }
        Some(choices)
    }

    /// Gives every condition an operator that its property can be asked: another may have been chosen since. Says whether any
    /// condition is another by that.
    pub fn suit(&self, draft: &mut Draft) -> bool {
        let Draft::Rows(groups) = draft else { return false };
        let mut suited = false;
        for row in groups.iter_mut().flatten() {
            let About::Property(name) = row.about() else { continue };
            let names = Operator::names_of(self.kind(name));
            if !names.contains(&row.get("operator")) {
                row.set("operator", names.first().copied().unwrap_or_default());
                suited = true;
            }
        }
        suited
    }
}

/// The sort of thing that something happens with; none: with nothing.
pub fn happens_with(event: &str) -> Option<&'static str> {
    match event {
        "ListJoined" | "ListLeft" => Some("list"),
        "SegmentEntered" | "SegmentLeft" => Some("segment"),
        "BadgeGained" | "BadgeLost" => Some("badge"),
        "ChallengeJoined" | "ChallengeStepCompleted" | "ChallengeCompleted" => Some("challenge"),
        "PerkReceived" | "PerkUsed" => Some("perk"),
        "DigitalAssetReceived" => Some("digital_asset"),
        "AppConnected" | "AppDisconnected" => Some("app"),
        _ => None,
    }
}
