//! An export of users, as asked.

use domain::segment::Now;
use eventlog::Log;
use projections::Store;

use super::Asked;
use crate::app::App;
use crate::displayed;
use crate::export::users::UsersExport;
use crate::problem::Problem;
use crate::table::filter::UserFilter;

impl Asked {
    /// What an export of users holds now. Blocks.
    ///
    /// # Errors
    /// As [`UserFilter::read`]; what the tables say; `parameter_invalid` where a past moment is asked for.
    pub fn users(&self, app: &App) -> Result<UsersExport, Problem> {
        if self.params.one("as_of")?.is_some() {
            let takes = "no count, manifest or file that is kept beside it: only what is streamed";
            return Err(Problem::parameter("as_of", takes));
        }
        let now = Now { micros: app.now(), zone: app.config.zone };
        self.users_by(&app.log, &app.follower.store(), now)
    }

    /// What one holds by these tables, which stand at that moment. Blocks.
    ///
    /// # Errors
    /// As [`UserFilter::read`]; what the tables say.
    pub fn users_by(&self, log: &Log, store: &Store, now: Now) -> Result<UsersExport, Problem> {
        let filter = UserFilter::read(&self.params, (log, store), &self.credential)?;
        let columns = self.params.names("columns")?;
        let (_, table) = displayed::chosen(store, &self.credential.token_id)?;
        let (form, gzip, personal) = (self.packed.form, self.packed.gzip, self.personal());
        Ok(UsersExport { filter, now, columns, table, form, gzip, personal })
    }
}
