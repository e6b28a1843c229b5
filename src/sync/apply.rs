//! Makes the disk equal to a bundle.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;

use super::build::{build, sync_folder};
use super::fault::Doing;
use super::lock::Lock;
use super::parents::Parents;
use super::place::Place;
use super::survey::Survey;
use super::tree::Tree;
use super::workspace::{Workspace, leftovers, recover};
use super::{Plan, Refusal, Summary, swap};
use crate::bundle::Bundle;

/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to write.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Overwrite hand edits and foreign files; only those that the plan lists.
    pub force: bool,
    /// The version of this program, for the ownership file.
    pub generator: &'a str,
}

/// Makes the folder `root` (`DIR/ENV`) equal to the bundle, all or nothing; strangers stay. `plan` is what
/// [`plan`](super::plan()) gave for the same folder and bundle. The folder is compared again under the lock, so that
/// what changed since is seen, and a conflict that the plan does not list is refused even when forced.
///
/// A folder that already equals the bundle is not touched at all. Up to 10 seconds are spent waiting for another
/// writer of the same environment.
///
/// # Errors
/// A [`Refusal`] when it would lose hand edits or foreign files; else those of [`plan`](super::plan()), or one line
/// that names path and cause. In every case the folder is as it was.
pub fn apply(root: &Path, bundle: &Bundle, plan: &Plan, options: Options<'_>) -> anyhow::Result<Summary> {
    let place = Place::new(root)?;
    refuse(&place, plan, plan, options)?;
    // A writer that died just before or after it had a working folder has left its lock file alone.
    if plan.is_clean() && !Lock::is_there(&place) && leftovers(&place)?.is_empty() {
        return Ok(Summary::of(&place.name, plan, bundle));
    }
    let parents = Parents::create(&place.dir)?;
    let _lock = Lock::acquire(&place, PATIENCE)?;
    recover(&place)?;
    let survey = Survey::new(&place, bundle)?;
    refuse(&place, &survey.plan, plan, options)?;
    let mut summary = Summary::of(&place.name, &survey.plan, bundle);
    if !survey.plan.is_clean() {
        summary.leftover = write(&place, bundle, &survey, options.generator)?;
    }
    parents.keep();
    Ok(summary)
}

/// Gives the path of the previous tree if that could not be deleted.
fn write(
    place: &Place,
    bundle: &Bundle,
    survey: &Survey,
    generator: &str,
) -> anyhow::Result<Option<PathBuf>> {
    let workspace = Workspace::create(place)?;
    build(place, bundle, survey, generator, &workspace.next())?;
    let swapped = match survey.tree.top {
        None => swap::place(&place.root, workspace)?,
        Some(_) => swap::swap(&place.root, workspace)?,
    };
    match settle(place, survey, swapped.previous.as_deref()) {
        Ok(()) => Ok(swapped.finish()),
        Err(error) => {
            swapped.undo(&place.root)?;
            Err(error)
        }
    }
}

/// Brings the swap to the disk, and makes sure that nobody has written to the previous tree since it was read: it is
/// about to be deleted.
fn settle(place: &Place, survey: &Survey, previous: Option<&Path>) -> anyhow::Result<()> {
    if previous.is_some_and(|it| !Tree::read(it).is_ok_and(|now| now == survey.tree)) {
        bail!("another program changed {} meanwhile; nothing written", place.root.display());
    }
    File::open(&place.dir).and_then(|it| sync_folder(&it)).doing("write", &place.dir)?;
    Ok(())
}

/// Refuses the plan's conflicts, when forced only those that `known` does not list.
fn refuse(place: &Place, plan: &Plan, known: &Plan, options: Options<'_>) -> Result<(), Refusal> {
    let forced: BTreeSet<&String> =
        if options.force { known.edited.iter().chain(&known.foreign).collect() } else { BTreeSet::new() };
    let conflicts = |list: &[String]| list.iter().filter(|it| !forced.contains(it)).cloned().collect();
    let refusal = Refusal {
        root: place.root.clone(),
        edited: conflicts(&plan.edited),
        foreign: conflicts(&plan.foreign),
    };
    if refusal.edited.is_empty() && refusal.foreign.is_empty() { Ok(()) } else { Err(refusal) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle;

    #[test]
    fn what_another_program_does_meanwhile_is_not_lost() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::new(&dir.path().join("prod")).unwrap();
        let bundle = |text: &str| {
            let mut bundle = Bundle::default();
            bundle.insert("a", bundle::File { text: text.to_owned(), ..Default::default() });
            bundle
        };
        let survey = Survey::new(&place, &bundle("old")).unwrap();
        write(&place, &bundle("old"), &survey, "").unwrap();

        // A new file; an edit of one that is to be replaced; one of the same length.
        for (path, text) in [("new", ""), ("a", "edited"), ("a", "EDITED")] {
            let survey = Survey::new(&place, &bundle("new")).unwrap();
            std::thread::sleep(Duration::from_millis(10));
            std::fs::write(place.root.join(path), text).unwrap();
            let error = write(&place, &bundle("new"), &survey, "").unwrap_err().to_string();
            assert!(
                error.contains("another program changed ") && error.contains("prod meanwhile"),
                "{error}"
            );
            assert_eq!(std::fs::read_to_string(place.root.join(path)).unwrap(), text);
            assert_eq!(dir.path().read_dir().unwrap().count(), 1);
        }
    }
}
