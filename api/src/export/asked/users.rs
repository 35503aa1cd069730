//! An export of users, as asked.

use std::sync::Arc;

use domain::segment::Now;
use projections::Store;

use super::Asked;
use crate::app::App;
use crate::displayed;
use crate::export::past::{Moment, read_at};
use crate::export::range::zone;
use crate::export::users::UsersExport;
use crate::problem::{Problem, ProblemKind};
use crate::table::filter::UserFilter;
use crate::table::sort::Sort;

impl Asked {
    /// The past moment that is asked for; none of one that shows what is now, and of user events.
    ///
    /// # Errors
    /// As [`Moment::read`]; `unknown_zone`.
    pub async fn moment(&self, app: &App) -> Result<Option<Moment>, Problem> {
        Moment::read(app, &self.params, zone(app, &self.params)?).await
    }

    /// What an export of users holds now. Blocks.
    ///
    /// # Errors
    /// As [`Asked::users_by`].
    pub fn users(&self, app: &App) -> Result<UsersExport, Problem> {
        let now = Now { micros: app.now(), zone: app.config.zone };
        self.users_by(app, &app.follower.store(), now)
    }

    /// What one holds by these tables, which stand at that moment. Blocks.
    ///
    /// # Errors
    /// As [`UserFilter::read`] and [`Sort::read`]; what the tables say.
    pub fn users_by(&self, app: &App, store: &Store, now: Now) -> Result<UsersExport, Problem> {
        let filter = UserFilter::read(&self.params, (&app.log, store), &self.credential)?;
        let (said, known) = (self.params.one("sort")?, store.properties()?);
        let sort = Sort::read(said, &known, now.zone, &self.credential)?;
        let (columns, scratch) = (self.params.columns()?, app.folder.scratch());
        let (_, table) = displayed::chosen(store, &self.credential.id)?;
        let (form, gzip, personal) = (self.packed.form, self.packed.gzip, self.personal());
        Ok(UsersExport { filter, now, sort, scratch, columns, table, form, gzip, personal })
    }

    /// Hands what an export of users holds, and the tables it is of, to `read`: those of a past moment where one is asked
    /// for, else those of now.
    ///
    /// # Errors
    /// As [`Asked::users_by`], [`read_at`] and `read`.
    pub async fn users_at<T: Send + 'static>(
        self,
        app: &Arc<App>,
        past: Option<Moment>,
        read: impl FnOnce(&App, &UsersExport, &Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        if let Some(past) = past {
            return read_at(app, past, move |app, past, store| {
                read(app, &self.users_by(app, store, past.now(app.config.zone))?, store)
            })
            .await;
        }
        let looking = app.clone();
        let found = tokio::task::spawn_blocking(move || {
            read(&looking, &self.users(&looking)?, &looking.follower.store())
        });
        found.await.map_err(Problem::internal)?
    }

    /// Refuses what no tables of a past moment could allow, before they are there.
    ///
    /// # Errors
    /// `personal_data_required`, `parameter_invalid`.
    pub fn could_be(&self, app: &App) -> Result<(), Problem> {
        match self.users(app) {
            Err(problem)
                if matches!(
                    problem.kind(),
                    ProblemKind::PersonalDataRequired | ProblemKind::ParameterInvalid
                ) =>
            {
                Err(problem)
            }
            // What is unknown now may have been known then.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
