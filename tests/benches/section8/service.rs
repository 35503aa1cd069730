//! The real program as a child process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const PROGRAM: &str = env!("CARGO_BIN_EXE_cohort-under-test");
/// The admin token of every service of the bench.
pub(crate) const TOKEN: &str = "admin-token-of-the-bench";
/// How long the tables may take to be built at the first start of a filled log.
const READY_MAX: Duration = Duration::from_secs(1800);
const STOP_MAX: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A running service. Killed when dropped.
pub(crate) struct Service {
    child: Child,
    /// `127.0.0.1:<port>`
    pub(crate) address: String,
    /// From its start until it answered that it is ready.
    pub(crate) started_in: Duration,
    /// Kept open: a closed pipe would break the program's next line.
    stdout: BufReader<ChildStdout>,
}

impl Service {
    /// Starts it on a data folder and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Result<Service> {
        let errors = data.with_extension("stderr");
        let begun = Instant::now();
        let mut child = Command::new(PROGRAM)
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", "127.0.0.1:0"])
            .env("COHORT_ADMIN_TOKEN", TOKEN)
            .env_remove("COHORT_CONFIG")
            .env_remove("COHORT_INSTANCE_KEY")
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()
            .with_context(|| format!("starting {PROGRAM}"))?;
        let stdout = BufReader::new(child.stdout.take().context("the child has no stdout")?);
        let mut service =
            Service { child, address: String::new(), started_in: Duration::ZERO, stdout };
        service.address = service.greeting(&errors)?;
        service.wait_until_ready(begun)?;
        service.started_in = begun.elapsed();
        Ok(service)
    }

    /// Reads where it listens off its first line.
    fn greeting(&mut self, errors: &Path) -> Result<String> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split_once(','));
        let Some((address, _)) = address else {
            bail!(
                "the service did not start: {line}{}",
                std::fs::read_to_string(errors).unwrap_or_default()
            );
        };
        Ok(address.to_owned())
    }

    fn wait_until_ready(&mut self, begun: Instant) -> Result<()> {
        while !is_ready(&self.address)? {
            if let Some(ended) = self.child.try_wait()? {
                bail!("the service ended with {ended}");
            }
            if begun.elapsed() > READY_MAX {
                bail!("the service is not ready after {READY_MAX:?}");
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// The address of a route.
    pub(crate) fn url(&self, route: &str) -> String {
        format!("http://{}{route}", self.address)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as a person would, so that the next start finds everything in order.
    pub(crate) fn stop(mut self) -> Result<()> {
        let told = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status()
            .context("running kill")?;
        let begun = Instant::now();
        while told.success() && begun.elapsed() < STOP_MAX {
            if self.child.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("the service does not stop");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ready(address: &str) -> Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer.starts_with(b"HTTP/1.1 200"))
}
