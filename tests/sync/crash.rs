//! Writers that die, and writers that meet.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use stackgen::bundle::{Bundle, File};
use stackgen::sync::{Plan, Refusal, apply, check, plan};

use super::support::{Fixture, GENTLE, picture};

/// Set for the process that [`child_writer`] is to be.
const CHILD: &str = "STACKGEN_TEST_SYNC_CHILD";

#[test]
fn a_killed_writer_leaves_the_old_or_the_new_tree() {
    let fixture = Fixture::new();
    let bundles = ["one", "two"].map(generation);
    write(&fixture.root, &bundles[0]).unwrap();
    fixture.put("component-3/notes", "a stranger");
    let mut interrupted = 0;
    for round in 0..24 {
        let mut child = Writer::start(&fixture.root);
        thread::sleep(Duration::from_micros(round * 1_370));
        child.kill();
        let clean = bundles.iter().filter(|it| check(&fixture.root, it).unwrap().is_clean()).count();
        assert_eq!(clean, 1, "round {round}: neither the old nor the new tree");
        assert_eq!(fixture.text("component-3/notes"), "a stranger");
        let beside = fixture.dir.path().read_dir().unwrap().count() - 1;
        interrupted += usize::from(beside > 0);
    }
    assert!(interrupted > 3, "only {interrupted} writers were killed at work");
    println!("{interrupted} of 24 writers were killed at work");

    // Even a run that has nothing to write clears up.
    let last = bundles.iter().find(|it| check(&fixture.root, it).unwrap().is_clean()).unwrap();
    write(&fixture.root, last).unwrap();
    fixture.assert_alone();
}

/// Not a test: writes two trees in turn until killed, in the process that the test above starts.
#[test]
fn child_writer() {
    let Some(root) = env::var_os(CHILD).map(PathBuf::from) else { return };
    let bundles = ["one", "two"].map(generation);
    println!("\nat work");
    loop {
        for bundle in &bundles {
            write(&root, bundle).unwrap();
        }
    }
}

/// 30 files, all different in every generation, and one that only this generation has.
fn generation(name: &str) -> Bundle {
    let mut bundle = Bundle::default();
    for number in 0..30 {
        let text = format!("{name} {number}\n").repeat(20);
        bundle.insert(format!("component-{}/{number}.yaml", number % 5), File { text, ..File::default() });
    }
    bundle.insert(format!("only/{name}"), File { text: name.to_owned(), ..File::default() });
    bundle
}

fn write(root: &Path, bundle: &Bundle) -> anyhow::Result<()> {
    apply(root, bundle, &plan(root, bundle)?, GENTLE).map(drop)
}

/// A writing process; killed when dropped.
struct Writer(Child);

impl Writer {
    /// Returns once it is at work.
    fn start(root: &Path) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "sync::crash::child_writer", "--nocapture"])
            .env(CHILD, root)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|it| it == "at work"), "the child did not start to write");
        Self(child)
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn leftovers_of_dead_writers_go_with_the_next_run() {
    let files = [("a", "1")];
    let fixture = Fixture::with(&files);
    let dir = fixture.dir.path();
    fs::create_dir_all(dir.join(".prod.stackgen-abcDEF/next/iam")).unwrap();
    fs::write(dir.join(".prod.stackgen-abcDEF/next/iam/half"), "wri").unwrap();
    fs::write(dir.join(".prod.stackgen-abcDEF/.stackgen-work"), "").unwrap();
    fs::create_dir(dir.join(".prod.stackgen-123456")).unwrap();
    fs::write(dir.join(".prod.stackgen.lock"), "").unwrap();
    let before = picture(&fixture.root);
    fixture.apply(&files, GENTLE).unwrap();
    fixture.assert_alone();
    assert_eq!(picture(&fixture.root), before);
}

/// Writers hold the lock before they have a working folder, and after: one that dies then leaves nothing else.
#[test]
fn the_lock_file_of_a_dead_writer_goes_with_the_next_run() {
    let files = [("a", "1")];
    let fixture = Fixture::with(&files);
    fs::write(fixture.dir.path().join(".prod.stackgen.lock"), "").unwrap();
    let before = picture(&fixture.root);
    fixture.apply(&files, GENTLE).unwrap();
    fixture.assert_alone();
    assert_eq!(picture(&fixture.root), before);
}

/// Where folders cannot be exchanged, a writer may die when the old tree is aside and the new one not yet in place.
#[test]
fn a_tree_moved_aside_by_a_dead_writer_comes_back_with_its_strangers() {
    let fixture = Fixture::with(&[("a", "1"), ("b", "1")]);
    fixture.put("mine", "x");
    fixture.put("b", "hand");
    let workspace = fixture.dir.path().join(".prod.stackgen-abcdef");
    fs::create_dir_all(workspace.join("next")).unwrap();
    fs::write(workspace.join(".stackgen-work"), "").unwrap();
    fs::rename(&fixture.root, workspace.join("old")).unwrap();
    assert_eq!(fixture.plan(&[("a", "2"), ("b", "2")]).created, ["a", "b"]);

    // The hand edit that comes back is not in the plan, so it is refused.
    let error = fixture.apply(&[("a", "2"), ("b", "2")], GENTLE).unwrap_err();
    assert_eq!(error.downcast::<Refusal>().unwrap().edited, ["b"]);
    assert_eq!((fixture.text("a").as_str(), fixture.text("mine").as_str()), ("1", "x"));
    fixture.assert_alone();
}

#[test]
fn two_writers_at_once_take_turns() {
    for _ in 0..4 {
        let fixture = Fixture::new();
        let bundles = ["one", "two", "three"].map(generation);
        thread::scope(|scope| {
            for bundle in &bundles {
                scope.spawn(|| {
                    for _ in 0..3 {
                        write(&fixture.root, bundle).unwrap();
                    }
                });
            }
        });
        let clean = bundles.iter().filter(|it| check(&fixture.root, it).unwrap().is_clean()).count();
        assert_eq!(clean, 1);
        fixture.assert_alone();
    }
}

#[test]
fn a_reader_sees_the_old_or_the_new_tree_and_never_none() {
    let fixture = Fixture::new();
    let bundles = ["one", "two"].map(generation);
    let expected: Vec<Plan> = bundles
        .iter()
        .map(|it| {
            write(&fixture.root, it).unwrap();
            plan(&fixture.root, &bundles[0]).unwrap()
        })
        .collect();
    let writing = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                assert!(fixture.root.symlink_metadata().is_ok(), "the environment was absent for a moment");
            }
        });
        scope.spawn(|| {
            while writing.load(Ordering::Relaxed) {
                let seen = plan(&fixture.root, &bundles[0]).unwrap();
                assert!(expected.contains(&seen), "a mixture of the old and the new tree: {seen:?}");
            }
        });
        let written = (0..12).try_for_each(|turn| write(&fixture.root, &bundles[turn % 2]));
        writing.store(false, Ordering::Relaxed);
        written.unwrap();
    });
}
