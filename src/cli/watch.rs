//! `stackgen render --watch`: a tree that follows its stack.
//!
//! What was read is read again, four times a second. A stack is a few small files that the system has in memory. To be told of
//! changes instead needs a library with some ten others (`notify`), sees nothing on network folders and some mounts of containers,
//! and names what happened in a folder, which each editor does in another way when it saves. What is read again is right in all
//! these cases.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Outcome;
use super::args::{Global, Render};
use super::console::Console;
use super::discovery::{Discovery, discover};
use super::files::DiskFiles;
use super::record::Recorded;
use super::render::render;
use super::select::Selection;

/// How often is looked, in milliseconds.
const EVERY: u32 = 250;
/// How long to wait after a change, in milliseconds: several files are mostly saved at once.
const SETTLE: u32 = 50;

/// What was read in a run.
struct Watched {
    /// Where the stacks were.
    stacks: Option<Discovery>,
    files: Vec<Arc<Recorded<DiskFiles>>>,
}

pub(super) fn run(args: &Render, flags: &Global) -> anyhow::Result<Outcome> {
    let mut console = Console::new(flags);
    let (mut watched, rendered) = once(args, flags, &mut console);
    // What is wrong with the call itself stays wrong.
    rendered?;
    console.finish(None);
    let mut failed = String::new();
    loop {
        if !wait(EVERY) {
            return Ok(Outcome::Done);
        }
        // Where the stack cannot be opened, nothing is known of its files.
        if failed.is_empty() && watched.is_current(flags) {
            continue;
        }
        if !wait(SETTLE) {
            return Ok(Outcome::Done);
        }
        let mut console = Console::new(flags);
        let (now, rendered) = once(args, flags, &mut console);
        let opened = now.stacks.is_some();
        watched = now;
        let said = rendered.as_ref().err().map(|it| format!("{it:#}")).unwrap_or_default();
        // What goes on being wrong is said once.
        console.finish(rendered.as_ref().err().filter(|_| said != failed));
        failed = if opened { String::new() } else { said };
    }
}

/// One run, and what it read; findings are shown.
fn once(args: &Render, flags: &Global, console: &mut Console) -> (Watched, anyhow::Result<()>) {
    let mut watched = Watched { stacks: None, files: Vec::new() };
    let rendered = Selection::open(flags, console).and_then(|selection| {
        watched = Watched { stacks: places(flags), files: selection.files() };
        render(selection, args, flags, console).map(drop)
    });
    (watched, rendered)
}

fn places(flags: &Global) -> Option<Discovery> {
    discover(Path::new("."), flags.file.as_deref()).ok()
}

impl Watched {
    fn is_current(&self, flags: &Global) -> bool {
        self.stacks == places(flags) && self.files.iter().all(|it| it.is_current())
    }
}

/// Waits; false where somebody who reads what is said has gone.
fn wait(milliseconds: u32) -> bool {
    let (out, err) = (io::stdout(), io::stderr());
    let mut ends = [PollFd::new(&out, PollFlags::empty()), PollFd::new(&err, PollFlags::empty())];
    let time = Timespec { tv_sec: 0, tv_nsec: i64::from(milliseconds) * 1_000_000 };
    // A signal that does not end the program ends the wait early, which does no harm.
    let _ = poll(&mut ends, Some(&time));
    ends.iter().all(|it| it.revents().is_empty())
}
