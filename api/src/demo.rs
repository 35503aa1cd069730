//! Believable data for an empty service: Alder & Finch, a roaster that does not exist, its customers, and ninety days of
//! them. All of it is done by the service's own routes, while its clock walks through those days; always the same.

mod brand;
mod clock;
mod days;
mod desk;
mod dice;
mod files;
mod people;
mod team;
mod tills;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, TimeDelta};
use eventlog::sqlite::system_clock;

pub(crate) use self::clock::LateClock;
use self::days::{DAY, DAYS, Deed, life};
use self::desk::Desk;
use self::dice::Dice;
use self::people::{Crowd, Person};
use self::team::{Errand, agenda};
use self::tills::Tills;
use crate::app::App;

/// How many customers there are unless somebody says otherwise.
pub(crate) const USERS: u32 = 2_000;
/// Fewer are no programme.
pub(crate) const USERS_MIN: u32 = 20;
/// More than these are read from a file nobody would wait for.
pub(crate) const USERS_MAX: u32 = 500_000;
/// How long the tables of an empty service may take to be there.
const START_MAX: Duration = Duration::from_secs(60);
const WEEK: TimeDelta = TimeDelta::weeks(1);

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Happening {
    Team(Errand),
    Customer(usize, Deed),
}

/// The demo while it is made.
#[derive(Debug)]
struct Demo {
    app: Arc<App>,
    /// Asks as the team.
    team: Desk,
    /// Asks as shop and tills.
    shop: Desk,
    first_day: NaiveDate,
    crowd: Crowd,
    people: Vec<Person>,
    ids: Vec<Option<String>>,
    dice: Dice,
    tills: Tills,
    old_till: String,
    wrong_file: String,
}

/// When the first day begins for somebody who lives now, in microseconds since 1970.
pub(crate) fn first_moment(now: i64) -> i64 {
    now - now.rem_euclid(DAY) - i64::from(DAYS) * DAY
}

/// Fills a service that nobody has used, with the admin token it began with; its clock has to stand at [`first_moment`]. Says
/// how much of all that happens has happened.
///
/// # Errors
/// What the service answers that it should not.
pub(crate) async fn fill(
    app: &Arc<App>,
    clock: &LateClock,
    (token, users): (&str, u32),
    seen: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<()> {
    let begin = app.now() - app.now().rem_euclid(DAY);
    let mut demo = Demo::new(app, token, users, begin)?;
    demo.ready().await?;
    let happenings = demo.happenings();
    let all = happenings.len() as u64;
    let mut day = 0;
    for (done, (moment, happening)) in (0..).zip(happenings) {
        seen(done, all);
        let at = begin + moment;
        if at > system_clock()() {
            break;
        }
        if moment / DAY > day {
            day = moment / DAY;
            demo.empty_tills(clock).await?;
            demo.settle().await?; // what follows by rules is recorded on its own day
        }
        match happening {
            Happening::Team(errand) => {
                demo.until(clock, at).await?;
                demo.run_errand(errand).await?;
            }
            Happening::Customer(number, deed) => {
                if demo.tills.are_full_for(at, number) {
                    demo.until(clock, at).await?;
                }
                demo.tills.note(at, number, deed);
            }
        }
    }
    demo.until(clock, system_clock()()).await?;
    clock.catch_up();
    demo.settle().await?;
    demo.tidy().await
}

impl Demo {
    fn new(app: &Arc<App>, token: &str, users: u32, begin: i64) -> Result<Demo> {
        let team = Desk::new(app, token);
        let first_day = DateTime::from_timestamp_micros(begin).context("a clock of our time")?;
        let mut crowd = Crowd::new();
        let people: Vec<Person> = (0..users).map(|_| crowd.next()).collect();
        Ok(Demo {
            app: app.clone(),
            shop: team.clone(),
            team,
            first_day: first_day.date_naive(),
            crowd,
            ids: vec![None; people.len()],
            people,
            dice: Dice::new(41),
            tills: Tills::default(),
            old_till: String::new(),
            wrong_file: String::new(),
        })
    }

    /// Waits until the service answers.
    async fn ready(&self) -> Result<()> {
        let ready = async {
            while self.app.caught_up().is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(START_MAX, ready).await.context("the service does not start")
    }

    /// Everything that happens, in order, with moments since the first day began.
    fn happenings(&self) -> Vec<(i64, Happening)> {
        let mut all: Vec<(i64, Happening)> =
            agenda().map(|(moment, errand)| (moment, Happening::Team(errand))).collect();
        for (number, person) in self.people.iter().enumerate() {
            let done = |(moment, deed)| (moment, Happening::Customer(number, deed));
            all.extend(life(number, person).into_iter().map(done));
        }
        all.sort_by_key(|(moment, _)| *moment);
        all
    }

    /// Lets time go on to a moment: on the way the tills hand in what they hold.
    async fn until(&mut self, clock: &LateClock, moment: i64) -> Result<()> {
        self.empty_tills(clock).await?;
        clock.leap_to(moment);
        Ok(())
    }

    async fn empty_tills(&mut self, clock: &LateClock) -> Result<()> {
        let Some(last) = self.tills.last() else { return Ok(()) };
        clock.leap_to(last);
        self.hand_in().await
    }

    /// Waits until all that follows by rules is recorded.
    async fn settle(&self) -> Result<()> {
        self.team.get("/v1/users?limit=1&settled=true").await.map(|_| ())
    }

    /// Learns the ids of those who were imported.
    async fn learn_ids(&mut self) -> Result<()> {
        let numbers: HashMap<String, usize> =
            self.people.iter().enumerate().map(|(number, p)| (p.email.clone(), number)).collect();
        let mut next = String::new();
        loop {
            let page = self.team.get(&format!("/v1/users?limit=1000{next}")).await?;
            for user in page["items"].as_array().into_iter().flatten() {
                let number = user["email"].as_str().and_then(|email| numbers.get(email));
                if let (Some(number), Some(id)) = (number, user["id"].as_str()) {
                    self.ids[*number] = Some(id.to_owned());
                }
            }
            match page["next"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return Ok(()),
            }
        }
    }

    /// Files whose time came in those days go, as they would have.
    async fn tidy(&self) -> Result<()> {
        let exports = crate::export::stored::retention::remove_old_files(&self.app).await;
        exports.map_err(|problem| anyhow::anyhow!("{}", problem.detail()))?;
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || crate::import::retention::remove_old_files(&app))
            .await??;
        Ok(())
    }
}
