//! How often signing in has failed lately, for each address that was given and each place it was tried from.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZero;
use std::sync::Mutex;

use lru::LruCache;

use super::hash;
use crate::problem::{Problem, ProblemKind};

/// Failures within the window after which nothing is tried any more.
pub const FAILURES_MAX: usize = 10;
/// The window, in microseconds: 15 minutes.
pub const WINDOW_US: i64 = 15 * 60 * 1_000_000;
/// Addresses and places that are remembered; those not tried for longest are forgotten.
const REMEMBERED_MAX: NonZero<usize> = NonZero::new(20_000).expect("it is not zero");

/// Failures, by what they are counted for.
#[derive(Debug)]
pub struct Attempts(Mutex<LruCache<String, Vec<i64>>>);

impl Default for Attempts {
    fn default() -> Attempts {
        Attempts(Mutex::new(LruCache::new(REMEMBERED_MAX)))
    }
}

/// One try, which counts as a failure until it succeeds: so those at the same time are counted too.
#[derive(Debug)]
pub struct Attempt {
    who: String,
    place: Option<String>,
}

impl Attempts {
    /// Counts a try to be `who`, from a place where that is known.
    ///
    /// # Errors
    /// `too_many_sign_ins`, naming how long to wait.
    pub fn begin(&self, who: &str, from: Option<IpAddr>, now: i64) -> Result<Attempt, Problem> {
        let attempt = Attempt { who: format!("who {}", hash(who)), place: from.map(place) };
        let mut failures = self.0.lock().expect("no holder panics");
        for key in [Some(&attempt.who), attempt.place.as_ref()].into_iter().flatten() {
            // Who is refused leaves nothing behind: else they could push out what is known of others.
            let Some(times) = failures.get_mut(key) else { continue };
            times.retain(|at| *at > now - WINDOW_US);
            if times.len() >= FAILURES_MAX {
                return Err(too_many(times[0] + WINDOW_US - now));
            }
        }
        for key in [Some(&attempt.who), attempt.place.as_ref()].into_iter().flatten() {
            failures.get_or_insert_mut(key.clone(), Vec::new).push(now);
        }
        Ok(attempt)
    }

    /// It was no failure: earlier ones of the same person count no more; those from the same place do, for they may have
    /// been about somebody else.
    pub fn succeeded(&self, attempt: &Attempt) {
        let mut failures = self.0.lock().expect("no holder panics");
        failures.pop(&attempt.who);
        if let Some(times) = attempt.place.as_ref().and_then(|place| failures.get_mut(place)) {
            times.pop();
        }
    }
}

/// What one household or machine has is one place: of the sixth version half an address.
fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("from {address}"),
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            format!("from {}/64", Ipv6Addr::from_bits(network))
        }
    }
}

fn too_many(wait_us: i64) -> Problem {
    let seconds = (wait_us / 1_000_000).max(0) + 1;
    let detail =
        format!("there were {FAILURES_MAX} failures within 15 minutes; try again in {seconds} s");
    Problem::new(ProblemKind::TooManySignIns, detail).with("retry_after", seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_for_the_person_and_for_the_place_until_their_time_is_over() {
        let attempts = Attempts::default();
        let here: Option<IpAddr> = Some("2001:db8::1".parse().unwrap());
        let beside: Option<IpAddr> = Some("2001:db8::ffff".parse().unwrap());
        for now in 0..FAILURES_MAX as i64 {
            attempts.begin("anna", here, now).unwrap();
        }
        assert!(attempts.begin("anna", None, 10).is_err(), "the person");
        assert!(attempts.begin("ben", beside, 10).is_err(), "the place");
        assert!(attempts.begin("ben", None, 10).is_ok());
        assert!(attempts.begin("anna", here, WINDOW_US).is_ok(), "the first one is forgotten");
        assert!(attempts.begin("anna", here, WINDOW_US).is_err());
    }

    #[test]
    fn a_success_forgives_the_person_and_not_the_place() {
        let attempts = Attempts::default();
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        for now in 0..FAILURES_MAX as i64 - 1 {
            attempts.begin("anna", here, now).unwrap();
        }
        let own = attempts.begin("anna", here, 10).unwrap();
        attempts.succeeded(&own);
        attempts.begin("anna", here, 11).unwrap();
        assert!(attempts.begin("anna", here, 12).is_err(), "the place has failed ten times");
        assert!(attempts.begin("anna", None, 12).is_ok());
    }

    #[test]
    fn who_is_refused_pushes_nothing_out() {
        let attempts = Attempts::default();
        let here = Some(IpAddr::from([192, 0, 2, 1]));
        for now in 0..FAILURES_MAX as i64 {
            attempts.begin("anna", here, now).unwrap();
        }
        for n in 0..=REMEMBERED_MAX.get() {
            assert!(attempts.begin(&format!("{n}"), here, 10).is_err());
        }
        assert!(attempts.begin("anna", None, 10).is_err(), "her failures are remembered");
    }
}
