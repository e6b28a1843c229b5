//! The `stackgen` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    stackgen::cli::main()
}
