//! PostgreSQL's side: one script does its jobs and prints what they took.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/postgres.sh");
/// How the script says that there is no PostgreSQL.
const EXIT_ABSENT: i32 = 3;

/// A line of the script.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    name: String,
    /// Seconds, or for commands what a second holds.
    pub(crate) value: f64,
    pub(crate) rows: f64,
    pub(crate) bytes: f64,
}

/// What the script printed; nothing where PostgreSQL is absent.
#[derive(Debug)]
pub(crate) struct Measures(Vec<Measure>);

/// Runs one job of the script.
pub(crate) fn run(job: &[&str]) -> Result<Measures> {
    eprintln!("PostgreSQL: {}", job.join(" "));
    let ran = Command::new("bash")
        .arg(SCRIPT)
        .args(job)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output();
    let output = ran.context("running bash")?;
    match output.status.code() {
        Some(0) => {}
        Some(EXIT_ABSENT) => {
            println!(
                "!!! PostgreSQL is not installed here: `{}` was measured for ours alone.",
                job[0]
            );
            return Ok(Measures(Vec::new()));
        }
        Some(_) | None => bail!("{SCRIPT} {} ended with {}", job.join(" "), output.status),
    }
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(read).collect::<Result<_>>().map(Measures)
}

fn read(line: &str) -> Result<Measure> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [name, value, rows, bytes] = words[..] else { bail!("the script printed {line:?}") };
    let number = |word: &str| if word == "-" { Ok(0.0) } else { word.parse::<f64>() };
    Ok(Measure {
        name: name.to_owned(),
        value: number(value)?,
        rows: number(rows)?,
        bytes: number(bytes)?,
    })
}

impl Measures {
    /// The shortest of the measures whose name begins so.
    pub(crate) fn best(&self, name: &str) -> Option<&Measure> {
        let named = self.0.iter().filter(|measure| measure.name.starts_with(name));
        named.min_by(|a, b| a.value.total_cmp(&b.value))
    }
}
