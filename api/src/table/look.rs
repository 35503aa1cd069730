//! Looks at every user, and keeps those of one page.

use domain::UserId;
use domain::segment::Now;
use projections::table::{Half, Needs};

use super::cursor::Cursor;
use super::filter::UserFilter;
use super::sort::{Key, Sort, SortValue};
use super::{TablePage, TableQuery};
use crate::app::App;
use crate::problem::Problem;

/// Answers a query.
///
/// # Errors
/// What the tables say.
pub fn look(app: &App, query: &TableQuery) -> Result<TablePage, Problem> {
    if query.sort.is_kept() && query.filter.is_empty() {
        return as_kept(app, query);
    }
    let store = app.follower.store();
    let of: Vec<Vec<UserId>> =
        query.filter.of().iter().map(|of| store.belonging_to(of)).collect::<Result<_, _>>()?;
    let now = Now { micros: app.now(), zone: app.config.zone };
    let (filter, sort) = (query.filter.needs(), query.sort.needs());
    let needs = Needs {
        found: filter.found || sort.found,
        fields: filter.fields || sort.fields,
        since: filter.since || sort.since,
        counts: filter.counts || sort.counts,
    };
    let part = |half: Half| {
        let mut page = First::new(&query.sort, query.limit + 1);
        let looked = store.each_glance(half, needs, &mut |user| {
            let belongs = of.iter().all(|of| of.binary_search(&user.id).is_ok());
            if !belongs || !query.filter.takes(&user, now) {
                return;
            }
            page.total += 1;
            let key = query.sort.key(&user);
            let after = |after: &Cursor| query.sort.order(&after.key, &key).is_lt();
            if query.limit > 0 && query.after.as_ref().is_none_or(after) {
                page.offer(key);
            }
        });
        looked.map(|()| page)
    };
    let [one, other] = store.halves()?;
    // Two halves at once: a person waits.
    let (first, second) = std::thread::scope(|scope| {
        let second = scope.spawn(|| part(other));
        (part(one), second.join())
    });
    let (mut first, second) = (first?, second.map_err(|_| Problem::internal("a look panicked"))??);
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
    let of: Vec<Vec<UserId>> =
        filter.of().iter().map(|of| store.belonging_to(of)).collect::<Result<_, _>>()?;
    let mut chosen = Vec::new();
    for half in store.halves()? {
        store.each_glance(half, filter.needs(), &mut |user| {
            let belongs = of.iter().all(|of| of.binary_search(&user.id).is_ok());
            if belongs && filter.takes(&user, now) {
                chosen.push(user.id);
            }
        })?;
    }
    Ok(chosen)
}

/// Everybody, in the order the table is kept in: nobody else is looked at.
fn as_kept(app: &App, query: &TableQuery) -> Result<TablePage, Problem> {
    let store = app.follower.store();
    let total = store.user_count()?;
    if query.limit == 0 {
        return Ok(TablePage { lines: Vec::new(), next: None, total });
    }
    let after = match &query.after {
        Some(Cursor { key: Key { value: Some(SortValue::Whole(since)), id } }) => {
            Some((*since, *id))
        }
        _ => None,
    };
    let mut lines = store.users_page(after, query.sort.descending, query.limit + 1)?;
    let more = lines.len() > query.limit;
    lines.truncate(query.limit);
    let next = lines.last().filter(|_| more).map(|line| {
        let value = Some(SortValue::Whole(line.member_since));
        Cursor { key: Key { value, id: line.id } }.write(query.mark)
    });
    Ok(TablePage { lines, next, total })
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
