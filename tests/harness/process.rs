//! A service in a process of its own, so that it can be killed.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};

use crate::Answer;
use crate::service::ADMIN;

/// How long a start may take, tables and all.
const READY_MAX: Duration = Duration::from_secs(120);

/// A running `cohort serve`. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub address: String,
    http: reqwest::Client,
}

impl Process {
    /// Starts `program` on `data`; `wrap` goes before it, as `strace` would.
    pub async fn start(program: &str, data: &Path, wrap: &[&str]) -> Process {
        Process::start_with(program, data, wrap, &[]).await
    }

    /// The same with settings in its environment.
    pub async fn start_with(
        program: &str,
        data: &Path,
        wrap: &[&str],
        settings: &[(&str, &str)],
    ) -> Process {
        let mut words = wrap.iter().copied().chain([program]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).arg("serve").arg("--data").arg(data);
        command.envs(settings.iter().copied());
        Process::greeted(command).await
    }

    /// Starts `cohort demo` with so many customers; it answers once they are there.
    pub async fn demo(program: &str, data: &Path, users: usize) -> Process {
        let mut command = Command::new(program);
        command.args(["demo", "--users", &users.to_string(), "--data"]).arg(data);
        Process::greeted(command).await
    }

    async fn greeted(mut command: Command) -> Process {
        // A group of its own: killing `strace` alone would leave the program it traces running.
        command.process_group(0);
        command.args(["--listen", "127.0.0.1:0"]);
        command.env("COHORT_ADMIN_TOKEN", ADMIN).env("RUST_LOG", "error");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut greeting = String::new();
        let out = child.stdout.take().expect("its output is piped");
        BufReader::new(out).read_line(&mut greeting).expect("it greets");
        let address = greeting
            .split_whitespace()
            .find_map(|word| word.strip_suffix(',').filter(|w| w.starts_with("http")));
        let address = address.unwrap_or_else(|| panic!("no address in {greeting:?}")).to_owned();
        let process = Process { child, address, http: crate::client() };
        process.ready().await;
        process
    }

    async fn ready(&self) {
        let begun = Instant::now();
        while begun.elapsed() < READY_MAX {
            if let Ok(answer) = self.http.get(format!("{}/readyz", self.address)).send().await
                && answer.status().is_success()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the service does not become ready");
    }

    /// SIGKILL: nothing is finished, nothing is said.
    pub fn kill(self) {
        drop(self);
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// A request with the admin token.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.address)).bearer_auth(ADMIN)
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
        assert!(
            killed.is_ok_and(|status| status.success()),
            "the process was not there to be killed"
        );
        let _ = self.child.wait();
    }
}
