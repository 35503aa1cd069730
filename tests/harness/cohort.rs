//! The `cohort` program under a name of its own, built wherever tests are.

fn main() -> std::process::ExitCode {
    api::cli::main()
}
