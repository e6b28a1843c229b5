//! `stackgen check`: findings only.

use anyhow::bail;

use super::args::{Check, Global};
use super::console::Console;
use super::select::Selection;
use crate::document::Parameter;
use crate::layout::Form;

pub(super) fn run(args: &Check, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
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
                let outline = stack.project.outline(environment);
                let Some(outline) = outline.filter(|it| it.instance.is_some()) else { return true };
                let given = |name: &String| flags.set.iter().any(|(it, _)| it == name);
                let lacks = |(name, it): &(&String, &Parameter)| it.is_required() && !given(name);
                let lacking = outline.parameters.iter().filter(lacks);
                let sets: Vec<String> = lacking.map(|(name, _)| format!("--set {name}=VALUE")).collect();
                if !sets.is_empty() {
                    console.note(&format!("{environment} is not checked: it needs {}", sets.join(" ")));
                }
                sets.is_empty()
            });
        }
        for environment in &environments {
            // What is given to several is meant for those that know it.
            let outline = stack.project.outline(environment).filter(|_| environments.len() > 1);
            let known = |name: &String| outline.as_ref().is_none_or(|it| it.parameters.contains_key(name));
            let set: Vec<_> = flags.set.iter().filter(|(name, _)| known(name)).cloned().collect();
            findings.append(&mut stack.compile(environment, &set, Form::Count).findings);
        }
        checked += environments.len();
        console.report(stack, findings, &environments);
    }
    if console.is_clean() && console.is_human() {
        let noun = if checked == 1 { "environment" } else { "environments" };
        let found = if console.has_accepted() { "nothing but what is accepted" } else { "nothing found" };
        console.note(&format!("{checked} {noun} checked: {found}"));
    }
    Ok(())
}
