//! What stands around every page: the sections, who looks, and a notice of what was just done.

use domain::scope::Scope;

use super::assets;
use super::texts::Texts;
use super::viewer::Viewer;

/// One entry of the navigation.
struct Section {
    path: &'static str,
    text: &'static str,
    /// Who may not do this is not shown the section.
    needs: Scope,
}

/// The sections, in the order they are shown. A section whose page exists has a line here.
const SECTIONS: &[Section] = &[
    Section { path: "/users", text: "nav-users", needs: Scope::UsersRead },
    Section { path: "/indicators", text: "nav-indicators", needs: Scope::UsersRead },
    Section { path: "/events", text: "nav-events", needs: Scope::EventsRead },
    Section { path: "/imports", text: "nav-imports", needs: Scope::ImportsWrite },
    Section { path: "/exports", text: "nav-exports", needs: Scope::ExportsCreate },
    Section { path: "/lists", text: "nav-lists", needs: Scope::UsersRead },
    Section { path: "/segments", text: "nav-segments", needs: Scope::UsersRead },
    Section { path: "/badges", text: "nav-badges", needs: Scope::UsersRead },
    Section { path: "/challenges", text: "nav-challenges", needs: Scope::UsersRead },
    Section { path: "/properties", text: "nav-properties", needs: Scope::UsersRead },
    Section { path: "/tokens", text: "nav-tokens", needs: Scope::Admin },
    Section { path: "/team", text: "nav-team", needs: Scope::Admin },
    Section { path: "/settings", text: "nav-settings", needs: Scope::Admin },
];

/// An entry of the navigation as it is shown.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it leads.
    pub path: &'static str,
    /// Its name.
    pub text: String,
    /// Whether it is the section of this page.
    pub current: bool,
}

/// What stands around a page; every page has one as `frame`.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The sections that may be opened.
    pub sections: Vec<Entry>,
    /// Who looks.
    pub name: Option<String>,
    /// Whether they can sign out: a program with a token cannot.
    pub is_member: bool,
    /// What was just done.
    pub notice: Option<String>,
}

impl Frame {
    /// Around a page of the section at `path`.
    pub fn new(viewer: &Viewer, path: &str) -> Frame {
        let shown = SECTIONS.iter().filter(|section| viewer.may(section.needs));
        let entry = |section: &Section| Entry {
            path: section.path,
            text: Texts.say(section.text),
            current: section.path == path,
        };
        Frame {
            sections: shown.map(entry).collect(),
            name: Some(viewer.name().to_owned()),
            is_member: viewer.is_member(),
            notice: viewer.notice().and_then(super::answer::Notice::text),
        }
    }

    /// Where a file of `api/assets` is.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}
