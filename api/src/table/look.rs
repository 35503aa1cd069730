//! Looks at every user, and keeps those of one page.

use domain::UserId;
use domain::segment::Now;
use projections::Store;
use projections::glance::{Glance, Half, Needs};
use projections::members::Members;
use projections::table::Belonging;
use projections::users::UserLine;

use super::cursor::Cursor;
use super::filter::UserFilter;
use super::key::{Key, SortValue};
use super::sort::Sort;
use super::{TablePage, TableQuery};
use crate::app::App;
use crate::problem::Problem;

/// Where members are fewer than one in so many, only they are looked at: one is found in the time that many pass by.
const FEW: u64 = 16;

/// Where members are at least one in so many, the table is walked in its order until a page of them is found.
const MANY: u64 = 2;

/// Answers a query.
///
/// # Errors
/// What the tables say.
pub fn look(app: &App, query: &TableQuery) -> Result<TablePage, Problem> {
    let store = app.follower.store();
    let users = store.user_count()?;
    if query.sort.is_kept() && query.filter.is_empty() {
        return as_kept(&store, query, None, users);
    }
    if query.sort.is_kept()
        && let Some(of) = query.filter.only_of()
    {
        let members = store.member_count(of)?;
        if members * MANY >= users {
            return as_kept(&store, query, Some(of), members);
        }
    }
    if query.sort.is_by_activity()
        && query.filter.is_empty()
        && let Some(page) = by_activity(&store, query, users)?
    {
        return Ok(page);
    }
    let needs = query.filter.needs().and(query.sort.needs());
    let now = Now { micros: app.now(), zone: app.config.zone };
    let page = || First::new(&query.sort, query.limit + 1);
    let (mut first, second) = each(&store, &query.filter, (needs, now), page, &|page, user| {
        page.total += 1;
        if query.limit == 0 || page.is_surely_beyond(user) {
            return;
        }
        let key = query.sort.key(user);
        let after = |after: &Cursor| query.sort.order(&after.key, &key).is_lt();
        if query.after.as_ref().is_none_or(after) {
            page.offer(key);
        }
    })?;
    first.total += second.total;
    second.keys.into_iter().for_each(|key| first.offer(key));
    let total = first.total;
    let (keys, more) = first.page(query.limit);
    let next = keys.last().filter(|_| more).cloned();
    let next = next.map(|key| Cursor { key }.write(query.mark));
    let users: Vec<UserId> = keys.iter().map(|key| key.id).collect();
    Ok(TablePage { lines: store.lines(&users)?, next, total })
}

/// The ids of everybody whom a filter leaves, in no order.
///
/// # Errors
/// What the tables say.
pub fn chosen_by(app: &App, filter: &UserFilter, now: Now) -> Result<Vec<UserId>, Problem> {
    let store = app.follower.store();
    let keep = |chosen: &mut Vec<UserId>, user: &Glance<'_>| chosen.push(user.id);
    let (mut chosen, others) = each(&store, filter, (filter.needs(), now), Vec::new, &keep)?;
    chosen.extend(others);
    Ok(chosen)
}

/// Takes a user into what a walk gathers.
type Take<'a, T> = dyn Fn(&mut T, &Glance<'_>) + Sync + 'a;

/// Visits users.
type Walk<'a> = dyn Fn(&mut dyn FnMut(Glance<'_>)) -> Answer<()> + 'a;

/// Shows everybody whom a filter leaves, half of them to each of two that gather at once: a person waits.
fn each<T: Send>(
    store: &Store,
    filter: &UserFilter,
    (needs, now): (Needs, Now),
    empty: impl Fn() -> T + Sync,
    take: &Take<'_, T>,
) -> Answer<(T, T)> {
    let of: Vec<Members> =
        filter.of().iter().map(|of| store.members_of(of)).collect::<Result<_, _>>()?;
    let gather = |walk: &Walk<'_>| {
        let mut gathered = empty();
        walk(&mut |user| {
            let belongs = of.iter().all(|of| of.contains(user.id));
            if belongs && filter.takes(&user, now) {
                take(&mut gathered, &user);
            }
        })?;
        Ok(gathered)
    };
    let (users, fewest) = (store.user_count()?, of.iter().min_by_key(|members| members.len()));
    let few = fewest.filter(|few| few.len() as u64 * FEW < users);
    let (one, other) = match few {
        Some(few) => {
            let users = few.sorted();
            let (one, other) = users.split_at(users.len() / 2);
            at_once(
                || gather(&|visit| Ok(store.glances_at(one, needs, visit)?)),
                || gather(&|visit| Ok(store.glances_at(other, needs, visit)?)),
            )
        }
        None => {
            let glances = store.glances(needs)?;
            at_once(
                || gather(&|visit| Ok(store.each_glance(&glances, Half::One, visit)?)),
                || gather(&|visit| Ok(store.each_glance(&glances, Half::Other, visit)?)),
            )
        }
    };
    Ok((one?, other?))
}

type Answer<T> = Result<T, Problem>;

/// Does two things at once.
fn at_once<T: Send>(
    one: impl FnOnce() -> Answer<T>,
    other: impl FnOnce() -> Answer<T> + Send,
) -> (Answer<T>, Answer<T>) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        let panicked = |_| Err(Problem::internal("a look panicked"));
        (one, other.join().unwrap_or_else(panicked))
    })
}

/// Everybody, or everybody who belongs to something, in the order the table is kept in: nobody behind the page is looked at.
fn as_kept(
    store: &Store,
    query: &TableQuery,
    of: Option<&Belonging>,
    total: u64,
) -> Result<TablePage, Problem> {
    if query.limit == 0 {
        return Ok(TablePage { lines: Vec::new(), next: None, total });
    }
    let after = query.after.as_ref().and_then(Cursor::moment);
    let lines = store.users_page(of, after, query.sort.descending, query.limit + 1)?;
    Ok(cut(query, lines, total, |line| Some(line.member_since)))
}

/// Everybody by when they did something last, as an index has them; none where the page comes to those who never did.
fn by_activity(
    store: &Store,
    query: &TableQuery,
    total: u64,
) -> Result<Option<TablePage>, Problem> {
    let after = query.after.as_ref().map(Cursor::moment);
    if query.limit == 0 || after == Some(None) {
        return Ok(None);
    }
    let lines = store.active_page(after.flatten(), query.sort.descending, query.limit + 1)?;
    let is_full = lines.len() > query.limit;
    Ok(is_full.then(|| cut(query, lines, total, |line| line.last_active_at)))
}

/// A page of lines that are in order already, of which one more than it holds was asked for.
fn cut(
    query: &TableQuery,
    mut lines: Vec<UserLine>,
    total: u64,
    moment: impl Fn(&UserLine) -> Option<i64>,
) -> TablePage {
    let more = lines.len() > query.limit;
    lines.truncate(query.limit);
    let next = lines.last().filter(|_| more).map(|line| {
        let value = moment(line).map(SortValue::Whole);
        Cursor { key: Key { value, id: line.id } }.write(query.mark)
    });
    TablePage { lines, next, total }
}

/// The first of all that are offered.
struct First<'a> {
    sort: &'a Sort,
    most: usize,
    keys: Vec<Key>,
    /// Nothing after this one is among the first.
    bound: Option<Key>,
    total: u64,
}

impl First<'_> {
    fn new(sort: &Sort, most: usize) -> First<'_> {
        First { sort, most, keys: Vec::new(), bound: None, total: 0 }
    }

    fn is_surely_beyond(&self, user: &Glance<'_>) -> bool {
        self.bound.as_ref().is_some_and(|bound| self.sort.is_surely_after(user, bound))
    }

    fn offer(&mut self, key: Key) {
        if self.bound.as_ref().is_some_and(|bound| self.sort.order(&key, bound).is_gt()) {
            return;
        }
        self.keys.push(key);
        // Now and then those that are not among the first any more go.
        if self.keys.len() >= 2 * self.most {
            let last = self.most - 1;
            self.keys.select_nth_unstable_by(last, |one, other| self.sort.order(one, other));
            self.keys.truncate(self.most);
            self.bound = self.keys.last().cloned();
        }
    }

    /// At most `limit` in order, and whether there are more.
    fn page(mut self, limit: usize) -> (Vec<Key>, bool) {
        self.keys.sort_unstable_by(|one, other| self.sort.order(one, other));
        let more = self.keys.len() > limit;
        self.keys.truncate(limit);
        (self.keys, more)
    }
}
