//! `cohort config show`.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Result;

use super::serve::ServeArgs;
use crate::config::SETTINGS;

pub(super) fn run(args: &ServeArgs) -> Result<ExitCode> {
    let sources = args.resolve()?.sources();
    let width = sources.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    for ((name, value, source), (_, variable, _, what)) in sources.into_iter().zip(SETTINGS) {
        let source = source.to_string();
        writeln!(out, "{name:<18} {value:<width$}  {source:<11}  {variable:<24}  {what}")?;
    }
    Ok(ExitCode::SUCCESS)
}
