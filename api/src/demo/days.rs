//! What customers do in ninety days: each for themselves, some often, most now and then, many hardly at all.

use super::dice::Dice;
use super::people::Person;

/// Days that are told of, besides today.
pub(crate) const DAYS: u32 = 90;
/// Microseconds of a minute.
pub(crate) const MINUTE: i64 = 60 * 1_000_000;
/// Microseconds of a day.
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;
/// Who comes after so many customers was imported, and is not seen in these days.
const SEEN_MAX: usize = 5_000;
/// Who comes after so many customers came by an import.
const SIGNING_UP_MAX: usize = 2_000;
/// When each challenge with an opt-in begins to be talked of.
const TOUR_FROM: u32 = 20;
const FRIENDS_FROM: u32 = 45;

/// Something a customer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Joins the programme.
    SignUp,
    /// Is there.
    Visit,
    /// Has so many points from now on.
    Points(u32),
    /// Joins a challenge.
    Join(&'static str),
    /// Completes a step of a challenge.
    Step(&'static str, &'static str),
    /// Uses a perk.
    Use(&'static str),
    /// Connects an app.
    Connect(&'static str),
    /// Disconnects it.
    Disconnect(&'static str),
    /// Lives in another city.
    Move,
    /// Has another address.
    NewAddress,
    /// Asks to be removed.
    Leave,
}

/// Whether the customer of this number signed up in these days; the others were imported.
pub(crate) fn signs_up(number: usize) -> bool {
    number < SIGNING_UP_MAX && number % 5 < 2
}

/// One customer while the days go by.
struct Life {
    dice: Dice,
    told: Vec<(i64, Deed)>,
    points: u32,
    /// What is done next, one thing after another, none before its day.
    ahead: Vec<(u32, Deed)>,
}

/// Everything one customer does, in order; moments are microseconds since the first day began.
pub(crate) fn life(number: usize, person: &Person) -> Vec<(i64, Deed)> {
    let mut dice = Dice::new(number as u64 + 7);
    if number >= SEEN_MAX {
        return Vec::new();
    }
    let often = match dice.below(100) {
        0..35 => 3,
        35..75 => 22,
        _ => 110,
    };
    // More and more people come: the later of two days.
    let came = match signs_up(number) {
        true => Some(dice.below(DAYS).max(dice.below(DAYS))),
        false => None,
    };
    let leaves = dice.permille(8).then(|| came.unwrap_or(5) + 1 + dice.below(60));
    let ahead = ahead(&mut dice, came.is_some());
    let points = if came.is_some() { 0 } else { person.points };
    let mut life = Life { dice, told: Vec::new(), points, ahead };
    if let Some(day) = came {
        let moment = life.moment(day);
        life.told.push((moment, Deed::SignUp));
    }
    for day in came.unwrap_or(1)..=DAYS {
        if leaves.is_some_and(|left| left <= day) && day > came.unwrap_or(0) {
            let moment = life.moment(day);
            life.told.push((moment, Deed::Leave));
            break;
        }
        // The first day was a Monday, to customers: they come more on its weekends.
        let often = if day % 7 >= 5 { often * 3 / 2 } else { often };
        if came == Some(day) || life.dice.permille(often) {
            life.visit(day, came == Some(day));
        }
    }
    life.told
}

/// What somebody means to do, last things first.
fn ahead(dice: &mut Dice, new: bool) -> Vec<(u32, Deed)> {
    let mut ahead = Vec::new();
    if new {
        ahead.extend(["profile", "visit", "order"].map(|step| (0, Deed::Step("first_cup", step))));
        ahead.push((0, Deed::Use("welcome_cup")));
    }
    if dice.permille(400) {
        ahead.push((0, Deed::Connect("alder_app")));
        ahead.extend(dice.permille(80).then_some((30, Deed::Disconnect("alder_app"))));
    }
    if dice.permille(500) {
        ahead.push((TOUR_FROM, Deed::Join("tasting_tour")));
        let steps = ["ethiopia", "colombia", "sumatra", "review"];
        ahead.extend(steps.map(|step| (TOUR_FROM, Deed::Step("tasting_tour", step))));
        ahead.push((TOUR_FROM, Deed::Use("tasting_box")));
    }
    if dice.permille(350) {
        ahead.push((FRIENDS_FROM, Deed::Join("bring_a_friend")));
        let steps = ["invite", "together"];
        ahead.extend(steps.map(|step| (FRIENDS_FROM, Deed::Step("bring_a_friend", step))));
        ahead.push((FRIENDS_FROM, Deed::Use("free_bag")));
    }
    ahead.extend(dice.permille(40).then_some((0, Deed::Move)));
    ahead.extend(dice.permille(15).then_some((0, Deed::NewAddress)));
    ahead.reverse();
    ahead
}

impl Life {
    /// A moment of a day while the shops are open.
    fn moment(&mut self, day: u32) -> i64 {
        let minutes = 7 * 60 + self.dice.below(12 * 60);
        i64::from(day) * DAY + i64::from(minutes) * MINUTE + i64::from(self.dice.below(60_000_000))
    }

    fn visit(&mut self, day: u32, first: bool) {
        let mut moment = self.moment(day);
        if let Some((last, _)) = self.told.last() {
            moment = moment.max(last + MINUTE);
        }
        self.told.push((moment, Deed::Visit));
        if self.dice.permille(350) {
            self.points += 5 * (1 + self.dice.below(8));
            self.told.push((moment + 2 * MINUTE, Deed::Points(self.points)));
        }
        let mut eager = first || self.dice.permille(600);
        while eager && self.ahead.last().is_some_and(|(from, _)| *from <= day) {
            moment += MINUTE * i64::from(2 + self.dice.below(9));
            self.told.extend(self.ahead.pop().map(|(_, deed)| (moment, deed)));
            // What a challenge gives is there a moment later: it is used another day.
            let used = matches!(self.ahead.last(), Some((_, Deed::Use(_))));
            eager = self.dice.permille(300) && !used;
        }
    }
}
