//! Who did something, as answers show it: an id, and a name for those who may know it.

use std::collections::HashMap;

use domain::scope::Scope;
use eventlog::Actor;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Credential;
use crate::app::App;
use crate::problem::Problem;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorView {
    /// `team_member`, `token`, `policy` or `system`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which one.
    pub id: String,
    /// What a team member or a token is called, also once it is gone. Team members are shown it, and who manages access; null
    /// for all others, and where there is no name.
    pub name: Option<String>,
}

/// Who did something, as it stays: names change, and are not everybody's to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ActorId {
    /// `team_member`, `token`, `policy` or `system`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Which one.
    pub id: String,
}

impl From<&Actor> for ActorId {
    fn from(actor: &Actor) -> ActorId {
        ActorId { kind: actor.kind.name(), id: actor.id.clone() }
    }
}

/// The names of team members and tokens, as far as somebody may know them.
#[derive(Debug, Default)]
pub struct Actors(HashMap<String, String>);

impl Actors {
    /// Who works together knows each other's names. A program is told ids alone, unless it manages access.
    ///
    /// # Errors
    /// What the tables say.
    pub fn known_to(app: &App, credential: &Credential) -> Result<Actors, Problem> {
        if !credential.is_member() && !credential.may(Scope::Admin) {
            return Ok(Actors::default());
        }
        let store = app.follower.store();
        let tokens = store.tokens()?.into_iter().filter_map(|token| Some((token.id, token.name?)));
        let team = store.team()?.into_iter().map(|line| line.member);
        // An address is told to who sees such, or manages the team that it is of.
        let shows = credential.sees_personal() || credential.may(Scope::Admin);
        let called = |name: Option<String>, email: Option<String>| name.or(email.filter(|_| shows));
        let team = team.filter_map(|member| Some((member.id, called(member.name, member.email)?)));
        Ok(Actors(tokens.chain(team).collect()))
    }

    /// An actor as it is shown.
    pub fn view(&self, actor: &Actor) -> ActorView {
        let name = self.0.get(&actor.id).cloned();
        ActorView { kind: actor.kind.name(), id: actor.id.clone(), name }
    }
}
