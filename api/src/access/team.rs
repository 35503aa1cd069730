//! Who works in the admin interface, as every request needs to know it.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use domain::email::Email;
use domain::team::Member;
use projections::team::MemberLine;

/// The members who have joined and are not removed, by their ids.
#[derive(Debug, Default)]
pub struct Team {
    joined: RwLock<HashMap<String, Arc<Member>>>,
    /// Held while the team is changed: so two requests cannot each remove the other's last admin, nor invite one address
    /// twice, and one link makes one member.
    pub changing: tokio::sync::Mutex<()>,
}

impl Team {
    /// Takes the members of the tables.
    pub fn load(&self, lines: &[MemberLine]) {
        let members = lines.iter().map(|line| &line.member);
        let joined = members.filter(|member| member.joined && !member.removed);
        let joined = joined.map(|member| (member.id.clone(), Arc::new(member.clone()))).collect();
        *self.joined.write().expect("no holder panics") = joined;
    }

    /// Forgets a member at once.
    pub fn forget(&self, member_id: &str) {
        self.joined.write().expect("no holder panics").remove(member_id);
    }

    /// A member by id.
    pub fn of(&self, member_id: &str) -> Option<Arc<Member>> {
        self.joined.read().expect("no holder panics").get(member_id).cloned()
    }

    /// The member who signs in with an address.
    pub fn with_email(&self, email: &Email) -> Option<Arc<Member>> {
        let joined = self.joined.read().expect("no holder panics");
        joined.values().find(|member| member.has_email(email)).cloned()
    }
}
