//! All words that pages show, by key: `api/texts/en.ftl`.

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

const ENGLISH: &str = include_str!("../../texts/en.ftl");

/// The catalogue. Templates have it as `t`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts;

/// What stands in a text for an argument.
pub trait Said {
    /// As Fluent takes it: numbers as numbers, so that the catalogue can choose by them.
    fn said(&self) -> FluentValue<'static>;
}

impl Said for str {
    fn said(&self) -> FluentValue<'static> {
        FluentValue::from(self.to_owned())
    }
}

impl Said for String {
    fn said(&self) -> FluentValue<'static> {
        self.as_str().said()
    }
}

impl Said for u64 {
    fn said(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl Said for usize {
    fn said(&self) -> FluentValue<'static> {
        FluentValue::from(*self)
    }
}

impl<T: Said + ?Sized> Said for &T {
    fn said(&self) -> FluentValue<'static> {
        (**self).said()
    }
}

fn bundle() -> &'static FluentBundle<FluentResource> {
    static BUNDLE: OnceLock<FluentBundle<FluentResource>> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        // What cannot be read is left out; a test says so.
        let english = FluentResource::try_new(ENGLISH.to_owned()).unwrap_or_else(|(read, _)| read);
        let language: LanguageIdentifier = "en".parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        bundle.set_use_isolating(false);
        bundle.set_formatter(Some(|value, _| match value {
            FluentValue::Number(number) => Some(grouped(number.value)),
            FluentValue::String(_)
            | FluentValue::Custom(_)
            | FluentValue::None
            | FluentValue::Error => None,
        }));
        bundle.add_resource_overriding(english);
        bundle
    })
}

/// A count as people read it: 12,345.
fn grouped(number: f64) -> String {
    let digits = number.to_string();
    let (whole, rest) =
        digits.split_once('.').map_or((digits.as_str(), None), |(w, r)| (w, Some(r)));
    let mut shown = String::new();
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if place > 0 && left.is_multiple_of(3) && !shown.ends_with('-') {
            shown.push(',');
        }
        shown.push(digit);
    }
    rest.map(|rest| format!("{shown}.{rest}")).unwrap_or(shown)
}

fn look_up(key: &str, args: &FluentArgs<'_>) -> Option<String> {
    let bundle = bundle();
    let pattern = bundle.get_message(key)?.value()?;
    Some(bundle.format_pattern(pattern, Some(args), &mut Vec::new()).into_owned())
}

impl Texts {
    /// A text.
    pub fn say(self, key: &str) -> String {
        look_up(key, &FluentArgs::new()).unwrap_or_else(|| key.to_owned())
    }

    /// A text with one argument.
    pub fn one(self, key: &str, name: &str, value: impl Said) -> String {
        self.with(key, &[(name, &value)])
    }

    /// A text with two arguments.
    pub fn two(
        self,
        key: &str,
        name: &str,
        value: impl Said,
        other: &str,
        its: impl Said,
    ) -> String {
        self.with(key, &[(name, &value), (other, &its)])
    }

    /// A text with arguments.
    pub fn with(self, key: &str, values: &[(&str, &dyn Said)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set((*name).to_owned(), value.said());
        }
        look_up(key, &args).unwrap_or_else(|| key.to_owned())
    }

    /// What the API calls `name`, in words: the text `<group>-<name>`, or the name where the catalogue has none.
    pub fn named(self, group: &str, name: &str) -> String {
        self.find(group, name, 0).unwrap_or_else(|| name.to_owned())
    }

    /// The text `<group>-<name>` about so many, where there is one.
    pub fn find(self, group: &str, name: &str, count: u64) -> Option<String> {
        let mut args = FluentArgs::new();
        args.set("count", count);
        look_up(&format!("{group}-{name}"), &args)
    }

    /// A count as people read it.
    pub fn count(self, count: impl std::borrow::Borrow<u64>) -> String {
        grouped(*count.borrow() as f64)
    }
}

#[cfg(test)]
mod tests;
