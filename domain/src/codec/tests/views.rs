//! Saved views.

use super::*;

/// One of each.
pub(super) fn views() -> [Event; 2] {
    let (view_id, name) =
        (|| "polish_regulars".parse().unwrap(), || "Regulars in Poland".to_owned());
    let part = |name: &str, value: &str| FilterPart {
        name: name.to_owned(),
        value: Some(value.to_owned()),
    };
    [
        Event::ViewSaved(ViewSaved {
            view_id: view_id(),
            name: name(),
            columns: Some(vec!["city".to_owned(), "user_id".to_owned()]),
            sort: Some("-points".to_owned()),
            filter: vec![part("segment", "regulars"), part("property.city.is", "Łódź")],
        }),
        Event::ViewRemoved(ViewRemoved { view_id: view_id(), name: name() }),
    ]
}
