//! `stackgen schema`, `completions` and `man`: what editors, shells and `man` read.

use anyhow::anyhow;
use clap::CommandFactory;

use super::args::{Args, Completions, Man, Schema, SchemaOf};
use super::console::Console;
use super::select::unknown;
use crate::diag::render;
use crate::diff;
use crate::stack::Stack;

pub(super) fn schema(args: &Schema, console: &Console) -> anyhow::Result<()> {
    let schema = match args.of {
        SchemaOf::Stack => Stack::schema(),
        SchemaOf::Diff => diff::json_schema().to_value(),
        SchemaOf::Diagnostic => render::json_schema().to_value(),
    };
    console.result(&(serde_json::to_string_pretty(&schema)? + "\n"))
}

pub(super) fn completions(args: &Completions, console: &Console) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "stackgen", &mut script);
    console.result(&String::from_utf8(script)?)
}

pub(super) fn man(args: &Man, console: &Console) -> anyhow::Result<()> {
    let mut program = Args::command();
    // Gives the commands their full names and the flags that all have.
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => {
            let known = program.get_subcommands().map(clap::Command::get_name);
            let unknown = || anyhow!("{}", unknown("there is no command", name, known));
            program.find_subcommand(name).ok_or_else(unknown)?.clone()
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    console.result(&String::from_utf8(page)?)
}
