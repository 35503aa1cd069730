//! What indicators look like: lines, funnels, and the numbers behind them.

use std::ops::Range;

use crate::pages::chart::{self, Line};
use crate::pages::texts::Texts;

/// Points of a line and rows of a table, at most: of a longer range, several days are one.
const POINTS_MAX: usize = 92;

/// Days that are shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its first day, and its last where that is another.
    pub label: String,
    days: Range<usize>,
}

impl Stretch {
    /// What happened in it.
    pub fn sum(&self, of_days: &[u64]) -> u64 {
        of_days[self.days.clone()].iter().sum()
    }

    /// What there is at its end.
    pub fn last(&self, of_days: &[u64]) -> u64 {
        of_days[self.days.clone()].last().copied().unwrap_or(0)
    }
}

/// The days of a range, several together where it is long.
pub fn stretches(days: &[String]) -> Vec<Stretch> {
    let together = days.len().div_ceil(POINTS_MAX).max(1);
    let stretch = |(place, days): (usize, &[String])| {
        let (first, last) = (days.first()?, days.last()?);
        let label = if days.len() == 1 { first.clone() } else { format!("{first} – {last}") };
        let begin = place * together;
        Some(Stretch { label, days: begin..begin + days.len() })
    };
    days.chunks(together).enumerate().filter_map(stretch).collect()
}

/// A line with its numbers.
#[derive(Debug, Default)]
pub struct Panel {
    /// What it is about.
    pub title: String,
    /// Sums over all the days, each with its name.
    pub sums: Vec<(String, String)>,
    /// The line.
    pub line: Option<Line>,
    /// The same in words.
    pub text: String,
    /// The first and the last day.
    pub ends: [String; 2],
    /// Heads of the table.
    pub heads: Vec<String>,
    /// Its rows, the first cell of which says when.
    pub rows: Vec<(String, Vec<String>)>,
}

/// What is counted by days, and how: as what happens, or as what there is at a day's end.
pub struct Column {
    /// Its name.
    pub head: String,
    /// By days.
    pub values: Vec<u64>,
    /// Whether it is what there is.
    pub level: bool,
}

impl Panel {
    /// A panel about some columns, the last of which is drawn.
    pub fn new(title: String, days: &[String], columns: Vec<Column>) -> Panel {
        let stretches = stretches(days);
        let cell = |stretch: &Stretch, column: &Column| match column.level {
            true => stretch.last(&column.values),
            false => stretch.sum(&column.values),
        };
        let shown = |stretch: &Stretch| {
            let cells = columns.iter().map(|column| Texts.count(cell(stretch, column)));
            (stretch.label.clone(), cells.collect())
        };
        let rows = stretches.iter().rev().map(shown).collect();
        let sum = |column: &Column| (column.head.clone(), Texts.count(whole(column)));
        let drawn: Vec<u64> = columns.last().map_or_else(Vec::new, |column| {
            stretches.iter().map(|stretch| cell(stretch, column)).collect()
        });
        let ends = [days.first(), days.last()].map(|day| day.cloned().unwrap_or_default());
        let text = words(&title, &ends, &drawn);
        let sums = columns.iter().map(sum).collect();
        let heads = columns.iter().map(|column| column.head.clone()).collect();
        Panel { title, sums, line: chart::line(&drawn), text, ends, heads, rows }
    }
}

fn whole(column: &Column) -> u64 {
    match column.level {
        true => column.values.last().copied().unwrap_or(0),
        false => column.values.iter().sum(),
    }
}

/// A line in words.
pub fn words(title: &str, [from, to]: &[String; 2], drawn: &[u64]) -> String {
    let (before, after) = (drawn.first().unwrap_or(&0), drawn.last().unwrap_or(&0));
    Texts.with(
        "indicator-words",
        &[("title", &title), ("from", from), ("to", to), ("before", before), ("after", after)],
    )
}

/// How often one type of event happened.
#[derive(Debug)]
pub struct EventRow {
    /// Its name.
    pub label: String,
    /// How often.
    pub count: String,
    /// Its line.
    pub line: Option<Line>,
    /// The same in words.
    pub text: String,
}

/// How far a challenge is gone.
#[derive(Debug)]
pub struct Funnel {
    /// The challenge.
    pub title: String,
    /// Who joined, each step, who completed it.
    pub stages: Vec<Stage>,
}

/// One stage of a funnel.
#[derive(Debug)]
pub struct Stage {
    /// What was done.
    pub label: String,
    /// By how many.
    pub users: String,
    /// Of a hundred who joined; none where nobody did.
    pub percent: Option<u64>,
    /// How long its bar is, of a hundred.
    pub width: u64,
}

impl Stage {
    /// So many did this, of so many who joined; the longest bar stands for `most`.
    pub fn new(label: String, users: u64, joined: u64, most: u64) -> Stage {
        Stage {
            label,
            users: Texts.count(users),
            percent: (users * 100 + joined / 2).checked_div(joined),
            width: (users * 100).checked_div(most).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_range_is_shown_in_stretches_that_lose_no_day() {
        let days: Vec<String> = (0..365).map(|day| format!("day {day}")).collect();
        let values: Vec<u64> = (0..365).collect();
        let stretches = stretches(&days);
        assert!(stretches.len() <= POINTS_MAX);
        let sum: u64 = stretches.iter().map(|stretch| stretch.sum(&values)).sum();
        assert_eq!(sum, values.iter().sum::<u64>());
        assert_eq!(stretches.last().unwrap().last(&values), 364);
        assert_eq!(stretches[0].label, "day 0 – day 3");
        assert_eq!(super::stretches(&days[..2])[1].label, "day 1");
        assert_eq!(super::stretches(&[]), []);
    }

    #[test]
    fn a_stage_of_a_challenge_that_nobody_joined_is_no_division() {
        let nobody = Stage::new("Joined".to_owned(), 0, 0, 0);
        assert_eq!((nobody.percent, nobody.width), (None, 0));
        let some = Stage::new("Shared".to_owned(), 1, 4, 4);
        assert_eq!((some.percent, some.width), (Some(25), 25));
        let most = |users| Stage::new("Shared".to_owned(), users, 3, 3).percent;
        assert_eq!((most(2), most(1)), (Some(67), Some(33)), "to the nearest");
    }
}
