//! The command line: one file a command. Files (besides [`sync`](crate::sync)), colour and exit codes are here only.
//!
//! Results go to standard output, findings and all else to standard error. Exit codes: 0 clean; 1 findings of
//! severity error, or differences with `--check` or `--fail-on`; 2 usage or I/O. A closed pipe is not an error.

#![allow(clippy::disallowed_methods, reason = "this module and sync/ are where the program does I/O")]

mod affected;
mod args;
mod check;
mod ci;
mod console;
mod diff;
mod discovery;
mod explain;
mod files;
mod fix;
mod glob;
mod graph;
mod impact;
mod init;
mod list;
mod manifests;
mod publish;
mod record;
mod render;
mod replace;
mod resolve;
mod revision;
mod select;
mod shell;
mod watch;
mod why;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use console::Console;

/// How a command ended, if it could do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Whether it is clean is up to the findings.
    Done,
    /// `--check` or `--fail-on` found differences.
    Differs,
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help to a closed pipe is as good as read.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let mut console = Console::new(&args.global);
    match run(&args, &mut console) {
        Ok(outcome) => {
            console.finish(None);
            ExitCode::from(u8::from(outcome == Outcome::Differs || console.has_errors()))
        }
        Err(error) => {
            console.finish(Some(&error));
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args, console: &mut Console) -> anyhow::Result<Outcome> {
    let global = &args.global;
    match &args.command {
        Command::Render(it) => return render::run(it, global, console),
        Command::Diff(it) => return diff::run(it, global, console),
        Command::Publish(it) => return publish::run(it, global, console),
        Command::Affected(it) => affected::run(it, global, console)?,
        Command::Check(it) => check::run(it, global, console)?,
        Command::Ci(it) => ci::run(it, global, console)?,
        Command::List(it) => list::run(it, global, console)?,
        Command::Resolve(it) => resolve::run(it, global, console)?,
        Command::Why(it) => why::run(it, global, console)?,
        Command::Graph(it) => graph::run(it, global, console)?,
        Command::Explain(it) => explain::run(it, console)?,
        Command::Schema(it) => shell::schema(it, console)?,
        Command::Init(it) => init::run(it, console)?,
        Command::Completions(it) => shell::completions(it, console)?,
        Command::Man(it) => shell::man(it, console)?,
    }
    Ok(Outcome::Done)
}
