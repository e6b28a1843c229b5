//! `stackgen init`: a new stack.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};

use anyhow::{Context, anyhow, bail};

use super::args::Init;
use super::console::Console;
use super::discovery::ENTRY;
use crate::model::Name;

/// The stack; `NAME` stands for its name.
const TEMPLATE: &str = include_str!("init.yaml");

pub(super) fn run(args: &Init, console: &Console) -> anyhow::Result<()> {
    let folder = &args.folder;
    let name = match &args.name {
        Some(name) => {
            Name::parse(name).map_err(|why| anyhow!("`{name}` cannot be the name of a stack: {why}"))?
        }
        None => from_folder(folder)?,
    };
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let file = folder.join(ENTRY);
    let mut open = match OpenOptions::new().write(true).create_new(true).open(&file) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} exists and is not overwritten", file.display())
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write {}", file.display())),
    };
    let text = TEMPLATE.replace("NAME", name.as_str());
    open.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    console.note(&format!("wrote {}; next: stackgen render staging -f {0}", file.display()));
    Ok(())
}

/// The folder's name as the name of a stack.
fn from_folder(folder: &std::path::Path) -> anyhow::Result<Name> {
    let full = std::path::absolute(folder).context("cannot find the current folder")?;
    let written = full.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = written.replace(|it: char| !it.is_ascii_alphanumeric(), "-");
    Name::parse(name.trim_matches('-'))
        .map_err(|why| anyhow!("`{written}` cannot be the name of a stack ({why}); give one with `--name`"))
}
