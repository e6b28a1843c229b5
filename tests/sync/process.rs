//! `stackgen render -o`, the program itself: killed, out of room, refused and not alone. After each, the tree is the old or the
//! new one, and no file of somebody else has changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::support::{Mount, picture};

const STACK: &str = "\
stackgen: 1
stack: shop
parameters: { tag: { type: string, default: \"1\" } }
namespaces: { app: { podSecurity: restricted } }
environments: { prod: {} }
profiles:
  web:
    image: registry.example/${name}:${parameters.tag}
    scale: 2
    ports: { http: 8080 }
    env: { TAG: \"${parameters.tag}\" }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { memory: 64Mi } }
    probes: { readiness: { http: /ready, port: http } }
services:
";
const SERVICES: usize = 12;
/// Files of somebody else, below the folder that `-o` names.
const FOREIGN: [&str; 4] = ["prod/notes", "prod/svc-3/mine.yaml", "prod/theirs/x", "test/kustomization.yaml"];

/// A stack, where its tree is written, and what the tree is for two tags.
struct Shop {
    dir: TempDir,
    out: PathBuf,
    trees: [BTreeMap<String, String>; 2],
    foreign: BTreeMap<String, String>,
}

impl Shop {
    /// The tree of the first tag is there, with files of somebody else in it and beside it.
    fn new(out: Option<&Path>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let services = (0..SERVICES).map(|it| format!("  svc-{it}: {{ profile: web }}\n"));
        fs::write(dir.path().join("stack.yaml"), STACK.to_owned() + &services.collect::<String>()).unwrap();
        let out = out.map_or_else(|| dir.path().join("out"), |it| it.join("out"));
        let mut it = Self { dir, out, trees: Default::default(), foreign: BTreeMap::new() };
        for tag in ["2", "1"] {
            ended(&it.render(tag, "").output().unwrap());
            it.trees[usize::from(tag == "2")] = it.owned();
        }
        assert_ne!(it.trees[0], it.trees[1]);
        for path in FOREIGN {
            let path = it.out.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "\u{0}of somebody else").unwrap();
        }
        it.foreign = it.others();
        assert_eq!(it.foreign.len(), FOREIGN.len());
        it
    }

    /// A run, after some commands of the shell.
    fn render(&self, tag: &str, before: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{before}\nexec \"$0\" \"$@\""));
        command.args([env!("CARGO_BIN_EXE_stackgen"), "render", "prod", "-q", "-o"]).arg(&self.out);
        command.arg("--set").arg(format!("tag={tag}")).current_dir(self.dir.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// The tree without what somebody else put there.
    fn owned(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut open = vec![self.out.join("prod")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(&self.out).unwrap().to_str().unwrap().to_owned();
                if path.is_dir() {
                    open.push(path);
                } else if !FOREIGN.contains(&name.as_str()) {
                    files.insert(name, fs::read_to_string(path).unwrap());
                }
            }
        }
        files
    }

    /// What can be seen of the files of somebody else, the inode too.
    fn others(&self) -> BTreeMap<String, String> {
        let mut seen = picture(&self.out);
        seen.retain(|path, _| FOREIGN.contains(&path.as_str()));
        seen
    }

    /// That the tree is that of a tag, and all else as it was; which tag.
    #[track_caller]
    fn assert_whole(&self) -> usize {
        assert_eq!(self.others(), self.foreign);
        let now = self.owned();
        self.trees.iter().position(|it| *it == now).expect("the tree is neither the old nor the new one")
    }

    /// What runs left beside the trees.
    fn leftovers(&self) -> Vec<String> {
        let names = fs::read_dir(&self.out).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|it| it.starts_with('.')).collect()
    }

    /// That it is that of the first tag, and that a run which can write then does.
    #[track_caller]
    fn assert_old_then_new(&self) {
        assert_eq!(self.assert_whole(), 0);
        assert_eq!(self.leftovers(), [""; 0]);
        ended(&self.render("2", "").output().unwrap());
        assert_eq!(self.assert_whole(), 1);
    }
}

#[track_caller]
fn ended(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What a run that could not write said.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    said
}

#[test]
fn killed_at_any_moment() {
    let it = Shop::new(None);
    let start = Instant::now();
    ended(&it.render("1", "").output().unwrap());
    let whole = start.elapsed();
    let (mut killed, mut at_work, mut swapped) = (0, 0, 0);
    let mut random = 7_u32;
    for round in 0..40 {
        let was = it.assert_whole();
        let mut child = it.render(["2", "1"][was], "").spawn().unwrap();
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let part = f64::from(random >> 8) / f64::from(1 << 24);
        if round % 4 == 0 {
            // Anywhere in a run.
            thread::sleep(whole.mul_f64(part));
        } else {
            // While it writes.
            while it.leftovers().is_empty() && child.try_wait().unwrap().is_none() {}
            thread::sleep(whole.mul_f64(part / 3.0));
        }
        let _ = child.kill();
        killed += usize::from(child.wait().unwrap().signal() == Some(9));
        at_work += usize::from(!it.leftovers().is_empty());
        swapped += usize::from(it.assert_whole() != was);
    }
    println!("{killed} of 40 were killed, {at_work} of them at work; {swapped} trees are new");
    assert!(killed > 10 && at_work > 3, "{killed} killed, {at_work} at work");
    ended(&it.render("1", "").output().unwrap());
    ended(&it.render("2", "").output().unwrap());
    assert_eq!(it.assert_whole(), 1);
    assert_eq!(it.leftovers(), [""; 0]);
}

#[test]
fn two_at_once() {
    let it = Shop::new(None);
    for _ in 0..2 {
        let children: Vec<_> = ["2", "1", "2"].map(|tag| it.render(tag, "").spawn().unwrap()).into();
        for child in children {
            ended(&child.wait_with_output().unwrap());
        }
        it.assert_whole();
        assert_eq!(it.leftovers(), [""; 0]);
    }
}

/// Where no small filesystem can be mounted, this is the nearest to a full disk: no file may grow over a kibibyte or less.
#[test]
fn no_file_may_grow() {
    let it = Shop::new(None);
    let said = refused(&mut it.render("2", "trap '' XFSZ; ulimit -f 1"));
    assert!(said.contains("cannot write ") && said.contains("File too large"), "{said}");
    it.assert_old_then_new();

    // By default the system ends who tries.
    let it = Shop::new(None);
    let output = it.render("2", "ulimit -c 0; ulimit -f 1").output().unwrap();
    assert_eq!(output.status.signal(), Some(25), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(it.assert_whole(), 0);
    ended(&it.render("2", "").output().unwrap());
    assert_eq!((it.assert_whole(), it.leftovers().len()), (1, 0));
}

#[test]
fn a_full_disk() {
    let Some(disk) = Mount::new("a_full_disk", "2m") else { return };
    let it = Shop::new(Some(&disk.path));
    let ballast = disk.path.join("ballast");
    let error = fs::write(&ballast, vec![0; 4 << 20]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    let said = refused(&mut it.render("2", ""));
    assert!(said.contains("No space left on device"), "{said}");
    let filled = ballast.metadata().unwrap().len();
    assert_eq!(it.assert_whole(), 0);
    // Full again somewhere in the middle of the tree.
    fs::OpenOptions::new().write(true).open(&ballast).unwrap().set_len(filled - (40 << 10)).unwrap();
    let said = refused(&mut it.render("2", ""));
    assert!(said.contains("No space left on device"), "{said}");
    assert_eq!(ballast.metadata().unwrap().len(), filled - (40 << 10));
    fs::remove_file(ballast).unwrap();
    it.assert_old_then_new();
}

#[test]
fn a_read_only_filesystem() {
    let Some(disk) = Mount::new("a_read_only_filesystem", "2m") else { return };
    let it = Shop::new(Some(&disk.path));
    disk.make_read_only();
    let before = picture(&disk.path);
    let start = Instant::now();
    let said = refused(&mut it.render("2", ""));
    assert!(said.contains("Read-only file system"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(10), "it waits for nothing");
    assert_eq!(picture(&disk.path), before);
    assert_eq!(it.assert_whole(), 0);
    // A tree that is right already needs no writing.
    ended(&it.render("1", "").output().unwrap());
}
