//! Source texts and byte ranges into them.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use super::lines::Lines;

/// Names one text of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub(crate) u32);

/// A half-open byte range of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range as `usize`, for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The texts that a compilation reads, in the order they were read.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: IndexMap<String, Text>,
}

/// A text, and where its lines are once somebody asked; copies share both.
#[derive(Clone, Debug)]
struct Text {
    whole: Arc<str>,
    lines: Arc<OnceLock<Lines>>,
}

impl Sources {
    /// Adds a text under the path that reports show; a file read before keeps its id.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let entry = self.files.entry(path.into());
        let at = entry.index();
        entry.or_insert_with(|| Text { whole: text.into(), lines: Arc::default() });
        FileId(u32::try_from(at).unwrap_or(u32::MAX))
    }

    /// The same texts with their paths below a folder, for a reader who stands elsewhere.
    #[must_use]
    pub fn below(&self, folder: &str) -> Self {
        if folder.is_empty() {
            return self.clone();
        }
        let files =
            self.files.iter().map(|(path, text)| (format!("{folder}/{path}"), text.clone())).collect();
        Self { files }
    }

    /// The paths and texts, in the order they were read.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), &*text.whole))
    }

    /// The path that reports show.
    ///
    /// # Panics
    /// When the id is of another set of files.
    #[must_use]
    pub fn path(&self, file: FileId) -> &str {
        self.files.get_index(file.0 as usize).expect("a file's id is given when it is added").0
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].whole
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or("")
    }

    /// Line and column of a byte offset, both from 1; the column counts characters.
    #[must_use]
    pub fn line_column(&self, file: FileId, offset: u32) -> (usize, usize) {
        let Text { whole, lines } = &self.files[file.0 as usize];
        lines.get_or_init(|| Lines::of(whole)).position(whole, offset as usize)
    }
}
