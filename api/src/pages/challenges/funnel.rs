//! How far everybody is: drawn as columns that grow narrower, and in numbers.

use serde::Deserialize;

use super::Step;
use crate::pages::Texts;

/// Width of a stage in the drawing's own units.
const STAGE: u64 = 100;
/// Width of its column: between two of them one sees how many are lost.
const COLUMN: u64 = 64;
/// Height of the drawing.
const HEIGHT: u64 = 100;

/// How far everybody is, as `/v1/challenges/{id}/funnel` says.
#[derive(Debug, Clone, Deserialize)]
pub struct Counts {
    /// Users who joined.
    pub joined: u64,
    /// Of them, those who completed it.
    pub completed: u64,
    /// Those who would complete it by being published.
    pub would_complete: u64,
    steps: Vec<StepCounts>,
    /// What was given.
    pub rewards: Vec<Given>,
}

#[derive(Debug, Clone, Deserialize)]
struct StepCounts {
    id: String,
    title: String,
    reached: u64,
    completed: u64,
}

/// A reward, and how often it was given.
#[derive(Debug, Clone, Deserialize)]
pub struct Given {
    /// `perk` or `digital_asset`.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// How many there are.
    pub limit: Option<u64>,
    /// How many were given.
    pub given: u64,
}

/// A stage of the funnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What it is.
    pub label: String,
    /// The action that a step is about.
    pub action: Option<String>,
    /// How many came to it; of joining and completing the whole, nothing.
    pub reached: Option<u64>,
    /// How many did it.
    pub done: u64,
    /// Of a hundred who joined; none where nobody did.
    pub percent: Option<u64>,
    /// Its columns: who came to it, and who did it.
    pub columns: [Column; 2],
    /// What leads to the column of the next stage, as points of a `<polygon>`.
    pub slope: Option<String>,
}

/// A column of the drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Its left side.
    pub x: u64,
    /// Its upper end.
    pub y: u64,
    /// Its width.
    pub width: u64,
    /// Its height.
    pub height: u64,
}

/// The whole of it.
#[derive(Debug, Clone)]
pub struct Funnel {
    /// Who joined, each step, who completed it.
    pub stages: Vec<Stage>,
    /// Width of the drawing.
    pub width: u64,
    /// Its height.
    pub height: u64,
    /// The same in words.
    pub words: String,
}

impl Funnel {
    /// Draws it; what has to be done is said by the steps.
    pub fn new(counts: &Counts, steps: &[Step]) -> Funnel {
        let action = |id: &str| {
            let known = steps.iter().find(|step| step.id == id);
            known.map(|step| step.action.clone())
        };
        let mut rows = vec![(Texts.say("indicator-joined"), None, None, counts.joined)];
        for step in &counts.steps {
            let reached = Some(step.reached);
            rows.push((step.title.clone(), action(&step.id), reached, step.completed));
        }
        rows.push((Texts.say("indicator-completed"), None, None, counts.completed));
        let heights: Vec<u64> =
            rows.iter().map(|(_, _, _, done)| height(*done, counts.joined)).collect();
        let words = rows.iter().map(|(label, _, _, done)| {
            Texts.two("challenge-stage-words", "count", *done, "stage", label)
        });
        let words = words.collect::<Vec<_>>().join("; ");
        let width = STAGE * rows.len() as u64;
        let stage =
            |(place, (label, action, reached, done)): (usize, (String, _, Option<u64>, u64))| {
                let x = STAGE * place as u64 + (STAGE - COLUMN) / 2;
                let column = |height: u64| Column { x, y: HEIGHT - height, width: COLUMN, height };
                let next = heights.get(place + 1);
                Stage {
                    label,
                    action,
                    reached,
                    done,
                    percent: (done * 100 + counts.joined / 2).checked_div(counts.joined),
                    columns: [
                        column(height(reached.unwrap_or(done), counts.joined)),
                        column(heights[place]),
                    ],
                    slope: next.map(|next| slope(x + COLUMN, [heights[place], *next])),
                }
            };
        let stages = rows.into_iter().enumerate().map(stage).collect();
        Funnel { stages, width, height: HEIGHT, words }
    }
}

/// How high a column is: whole hundredths of those who joined, and never nothing where there is somebody.
fn height(users: u64, joined: u64) -> u64 {
    let height = (users * HEIGHT).checked_div(joined).unwrap_or(0).min(HEIGHT);
    height.max(u64::from(users > 0))
}

/// From one column to the next.
fn slope(x: u64, [from, to]: [u64; 2]) -> String {
    let end = x + STAGE - COLUMN;
    let (from, to) = (HEIGHT - from, HEIGHT - to);
    format!("{x},{from} {end},{to} {end},{HEIGHT} {x},{HEIGHT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(joined: u64, steps: &[(u64, u64)], completed: u64) -> Counts {
        let step = |(place, (reached, completed)): (usize, &(u64, u64))| StepCounts {
            id: place.to_string(),
            title: format!("Step {place}"),
            reached: *reached,
            completed: *completed,
        };
        let steps = steps.iter().enumerate().map(step).collect();
        Counts { joined, completed, would_complete: 0, steps, rewards: Vec::new() }
    }

    #[test]
    fn columns_are_as_high_as_those_who_came_there() {
        let funnel = Funnel::new(&counts(200, &[(200, 100), (100, 1)], 0), &[]);
        let heights: Vec<[u64; 2]> =
            funnel.stages.iter().map(|stage| stage.columns.map(|column| column.height)).collect();
        assert_eq!(heights, [[100, 100], [100, 50], [50, 1], [0, 0]]);
        assert_eq!(funnel.width, 400);
        assert_eq!(funnel.stages[0].slope.as_deref(), Some("82,0 118,50 118,100 82,100"));
        assert_eq!(funnel.stages[3].slope, None);
        assert_eq!(funnel.stages[1].percent, Some(50));
    }

    #[test]
    fn a_challenge_that_nobody_joined_is_no_division() {
        let funnel = Funnel::new(&counts(0, &[(0, 0)], 0), &[]);
        assert!(funnel.stages.iter().all(|stage| stage.percent.is_none()));
        assert!(funnel.stages.iter().all(|stage| stage.columns[1].height == 0));
    }
}
