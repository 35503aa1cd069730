//! All users at one moment: walked in the order the table is kept in, and looked up one by one in any other.

use domain::UserId;
use eventlog::Position;
use rusqlite::{Connection, OptionalExtension, Statement};

use super::beside::{self, Beside, Found};
use super::{LINE, LINE_COLUMNS, OF_USERS, UserLine, line};
use crate::error::ProjectionError;
use crate::fields::{Field, field_order};
use crate::store::{self, Store};
use crate::table::Belonging;

/// All users as they are at one moment: until this is dropped, nothing that is recorded changes them here.
#[derive(Debug)]
pub struct Everybody {
    connection: Connection,
    position: Position,
}

/// Users that are looked up one by one.
#[derive(Debug)]
pub struct OneByOne<'a> {
    statement: Statement<'a>,
}

impl Store {
    /// All users as they are now.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn everybody(&self) -> Result<Everybody, ProjectionError> {
        let connection = self.open_reader()?;
        connection.execute_batch("BEGIN")?;
        let position = store::checkpoint(&connection)?;
        Ok(Everybody { connection, position })
    }
}

fn select(beside: &[Beside]) -> String {
    format!("SELECT {LINE}, {} {OF_USERS}", beside::columns(beside))
}

impl Everybody {
    /// The position of that moment.
    pub fn position(&self) -> Position {
        self.position
    }

    /// Every field there is.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn fields(&self) -> Result<Vec<Field>, ProjectionError> {
        field_order(&self.connection)
    }

    /// Shows every user who belongs to all of `of` in order of (member since, id), with what is asked for beside the line.
    ///
    /// # Errors
    /// [`ProjectionError::Store`], or what the visitor answers.
    pub fn each<E: From<ProjectionError>>(
        &self,
        of: &[Belonging],
        beside: &[Beside],
        mut visit: impl FnMut(&UserLine, &Found) -> Result<(), E>,
    ) -> Result<(), E> {
        let store = |error: rusqlite::Error| E::from(ProjectionError::from(error));
        let conditions = of.iter().enumerate().map(|(index, of)| of.condition(index + 1));
        let all: Vec<String> = std::iter::once("1".to_owned()).chain(conditions).collect();
        let (select, all) = (select(beside), all.join(" AND "));
        let sql = format!("{select} WHERE {all} ORDER BY u.member_since, u.id");
        let mut statement = self.connection.prepare(&sql).map_err(store)?;
        let ids = rusqlite::params_from_iter(of.iter().map(|of| of.id().as_str()));
        let mut rows = statement.query(ids).map_err(store)?;
        while let Some(row) = rows.next().map_err(store)? {
            let found = beside::found(row, LINE_COLUMNS).map_err(store)?;
            visit(&line(row).map_err(store)?, &found)?;
        }
        Ok(())
    }

    /// Looks users up in whichever order they are asked for, with what is asked for beside the line.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn one_by_one(&self, beside: &[Beside]) -> Result<OneByOne<'_>, ProjectionError> {
        let select = select(beside);
        let sql = format!("{select} WHERE u.no = (SELECT no FROM user_stats WHERE id = ?1)");
        Ok(OneByOne { statement: self.connection.prepare(&sql)? })
    }
}

impl OneByOne<'_> {
    /// A user; none who is not there.
    ///
    /// # Errors
    /// [`ProjectionError::Store`].
    pub fn get(&mut self, user: UserId) -> Result<Option<(UserLine, Found)>, ProjectionError> {
        let found = self.statement.query_row([user.0.as_bytes()], |row| {
            Ok((line(row)?, beside::found(row, LINE_COLUMNS)?))
        });
        Ok(found.optional()?)
    }
}
