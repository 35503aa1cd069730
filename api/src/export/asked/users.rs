//! An export of users, as asked.

use domain::segment::Now;

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
    /// As [`UserFilter::read`]; what the tables say.
    pub fn users(&self, app: &App) -> Result<UsersExport, Problem> {
        let filter = UserFilter::read(&self.params, app, &self.credential)?;
        let columns = self.params.names("columns")?;
        let (_, table) = displayed::chosen(&app.follower.store(), &self.credential.token_id)?;
        Ok(UsersExport {
            filter,
            now: Now { micros: app.now(), zone: app.config.zone },
            columns,
            table,
            form: self.packed.form,
            gzip: self.packed.gzip,
            personal: self.personal(),
        })
    }
}
