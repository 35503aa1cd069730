//! The `cohort` program.

fn main() -> std::process::ExitCode {
    api::cli::main()
}
