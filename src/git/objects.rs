//! A revision's files, read from git's objects: nothing is checked out, written, run or fetched.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Failed, Repository};

/// What answers all questions about objects, in one process.
const BATCH: [&str; 2] = ["cat-file", "--batch"];

/// A commit of a repository.
#[derive(Debug)]
pub struct Commit {
    id: String,
    batch: Mutex<Batch>,
    /// Folders that were read, by the tree's id.
    folders: Mutex<BTreeMap<String, Arc<Folder>>>,
}

/// What a folder holds, by name. Names that are no text are left out.
pub type Folder = BTreeMap<String, Entry>;

/// One thing in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The id of its object.
    pub id: String,
}

/// What is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A folder; its object is a tree.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link; its object is the path that it leads to.
    Link,
    /// Another repository, of which only the commit is known.
    Submodule,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blob {
    /// All of it.
    Bytes(Vec<u8>),
    /// It has more bytes than were asked for.
    TooLarge,
}

impl Repository {
    /// The commit that a name of git means: a branch, tag, id, or `HEAD~2`; none where it means none.
    ///
    /// # Errors
    /// When git cannot run.
    pub fn commit(&self, name: &str) -> Result<Option<Commit>, Failed> {
        if name.contains('\n') {
            return Ok(None);
        }
        let mut batch = Batch::start(self)?;
        let Some(Header { id, size, .. }) = batch.ask(&format!("{name}^{{commit}}"))? else {
            return Ok(None);
        };
        batch.skip(size)?;
        Ok(Some(Commit { id, batch: Mutex::new(batch), folders: Mutex::default() }))
    }

    /// The short names of its branches and tags, also those of its remotes.
    ///
    /// # Errors
    /// When git fails.
    pub fn names(&self) -> Result<Vec<String>, Failed> {
        let format = "--format=%(refname:short)";
        let text = self.text(&["for-each-ref", format, "refs/heads", "refs/remotes", "refs/tags"])?;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// Whether its history ends early (`git clone --depth`).
    ///
    /// # Errors
    /// When git fails.
    pub fn is_shallow(&self) -> Result<bool, Failed> {
        Ok(self.text(&["rev-parse", "--is-shallow-repository"])? == "true")
    }

    /// Whether git fetches objects when they are needed (`git clone --filter`).
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.text(&["config", "--get-regexp", r"^remote\..*\.promisor$"]).is_ok()
    }
}

impl Commit {
    /// Its id, in hexadecimal.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder that it holds.
    #[must_use]
    pub fn root(&self) -> Entry {
        Entry { kind: EntryKind::Folder, id: format!("{}^{{tree}}", self.id) }
    }

    /// What a folder holds.
    ///
    /// # Errors
    /// When the object is not in this clone, has more than `limit` bytes, or git fails.
    pub fn folder(&self, id: &str, limit: usize) -> Result<Arc<Folder>, Failed> {
        if let Some(known) = held(&self.folders).get(id) {
            return Ok(Arc::clone(known));
        }
        let digits = self.id.len();
        let Blob::Bytes(bytes) = self.blob(id, limit)? else {
            return Err(failed(format!("the folder {id} has more than {limit} bytes")));
        };
        let folder = parse(&bytes, digits / 2).ok_or_else(|| failed(format!("{id} is no folder")))?;
        let folder = Arc::new(folder);
        held(&self.folders).insert(id.to_owned(), Arc::clone(&folder));
        Ok(folder)
    }

    /// What a file or link holds, if it is no more than `limit` bytes.
    ///
    /// # Errors
    /// When the object is not in this clone, or git fails.
    pub fn blob(&self, id: &str, limit: usize) -> Result<Blob, Failed> {
        let mut batch = held(&self.batch);
        let Some(Header { size, .. }) = batch.ask(id)? else {
            return Err(failed(format!("the object {id} is missing")));
        };
        match usize::try_from(size) {
            Ok(length) if length <= limit => batch.take(length).map(Blob::Bytes),
            _ => batch.skip(size).map(|()| Blob::TooLarge),
        }
    }
}

/// One thread at a time asks git.
fn held<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entries of a tree object: `MODE NAME\0ID` one after the other, with ids of so many bytes.
fn parse(mut bytes: &[u8], id_length: usize) -> Option<Folder> {
    let mut folder = Folder::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|it| *it == b' ')?;
        let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
        let end = rest.iter().position(|it| *it == 0)?;
        let (name, rest) = (&rest[..end], &rest[end + 1..]);
        let (id, rest) = rest.split_at_checked(id_length)?;
        bytes = rest;
        let kind = match mode {
            b"40000" => EntryKind::Folder,
            b"120000" => EntryKind::Link,
            b"160000" => EntryKind::Submodule,
            _ => EntryKind::File,
        };
        if let Ok(name) = std::str::from_utf8(name) {
            folder.insert(name.to_owned(), Entry { kind, id: hexadecimal(id) });
        }
    }
    Some(folder)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, it| {
        // Writing to a string cannot fail.
        let _ = write!(out, "{it:02x}");
        out
    })
}

/// A running `git cat-file --batch`; it is ended when dropped.
struct Batch {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What git says of an object before it prints it.
struct Header {
    id: String,
    /// In bytes.
    size: u64,
}

impl Batch {
    fn start(repository: &Repository) -> Result<Self, Failed> {
        let mut command = repository.command(&BATCH);
        // What a partial clone lacks would be fetched. The second variable is for a git before 2.45, which lacks the first.
        command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|it| Failed::to_run(&BATCH, &it))?;
        let input = child.stdin.take().expect("standard input was asked for");
        let output = BufReader::new(child.stdout.take().expect("standard output was asked for"));
        Ok(Self { child, input, output })
    }

    /// Asks for one object; none where there is none of this name. Its bytes have to be taken or skipped.
    fn ask(&mut self, name: &str) -> Result<Option<Header>, Failed> {
        let mut line = String::new();
        let asked = self.input.write_all(format!("{name}\n").as_bytes());
        match asked.and_then(|()| self.output.read_line(&mut line)) {
            Ok(0) | Err(_) => return Err(self.died()),
            Ok(_) => {}
        }
        let mut words = line.split_ascii_whitespace().rev();
        let (size, _, id) = (words.next(), words.next(), words.next());
        match (id, size.and_then(|it| it.parse().ok())) {
            (Some(id), Some(size)) => Ok(Some(Header { id: id.to_owned(), size })),
            // `NAME missing`, `NAME ambiguous`.
            _ => Ok(None),
        }
    }

    fn take(&mut self, length: usize) -> Result<Vec<u8>, Failed> {
        // And the line end after it.
        let mut bytes = vec![0; length + 1];
        self.output.read_exact(&mut bytes).map_err(|_| self.died())?;
        bytes.truncate(length);
        Ok(bytes)
    }

    fn skip(&mut self, length: u64) -> Result<(), Failed> {
        let skipped = io::copy(&mut self.output.by_ref().take(length + 1), &mut io::sink());
        if skipped.is_ok_and(|it| it == length + 1) { Ok(()) } else { Err(self.died()) }
    }

    /// Why git ended before it answered.
    fn died(&mut self) -> Failed {
        let _ = self.child.kill();
        let code = self.child.wait().ok().and_then(|it| it.code());
        let mut said = Vec::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_end(&mut said);
        }
        Failed { code, ..failed(String::from_utf8_lossy(&said).trim_end().to_owned()) }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("child", &self.child).finish_non_exhaustive()
    }
}

fn failed(message: String) -> Failed {
    Failed { command: BATCH.join(" "), message, code: None }
}
