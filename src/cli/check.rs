//! `stackgen check`: findings only.

use anyhow::bail;

use super::args::{Check, Global};
use super::console::Console;
use super::fix;
use super::manifests;
use super::select::Selection;
use crate::diff::plural;
use crate::layout::Form;

pub(super) fn run(args: &Check, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    if !args.manifests.is_empty() {
        return manifests::run(&args.manifests, args.kubernetes, console);
    }
    if args.fix {
        fix::run(flags, console)?;
    }
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    for environment in &args.environments {
        selection.require(environment)?;
    }
    let mut checked = 0;
    for stack in &mut selection.stacks {
        let mut environments = stack.project.environments();
        if environments.is_empty() {
            bail!("{} has no environment; declare one under `environments`", stack.file());
        }
        if !args.environments.is_empty() {
            environments.retain(|it| args.environments.contains(it));
        }
        let mut findings = std::mem::take(&mut stack.project.findings);
        // An environment of many instances needs the values of one. Where nobody asks for it, that is no mistake.
        if args.environments.is_empty() && environments.len() > 1 {
            environments.retain(|environment| {
                let needs = stack.needs(environment, &flags.set);
                if !needs.is_empty() {
                    console.note(&format!("{environment} is not checked: it needs {needs}"));
                }
                needs.is_empty()
            });
        }
        match environments.as_slice() {
            [only] => findings.append(&mut stack.compile(only, &flags.set, Form::Count).findings),
            several => several.iter().for_each(|it| findings.append(&mut stack.check(it, flags))),
        }
        checked += environments.len();
        console.report(stack.sources(), findings, &environments);
    }
    if console.is_clean() && console.is_human() {
        let checked = plural(checked, "environment");
        let found = if console.has_accepted() { "nothing but what is accepted" } else { "nothing found" };
        console.note(&format!("{checked} checked: {found}"));
    }
    Ok(())
}
