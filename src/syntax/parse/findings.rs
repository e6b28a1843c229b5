//! What is found in one file, up to a limit, so that a hostile file cannot fill the memory with messages.

use std::ops::Range;

use crate::diag::{Diagnostic, FileId, Sink, Span};

/// The most findings of one file; the last one tells how many more there are.
const MAX_FINDINGS: usize = 100;

/// The sink, for one file.
pub(in crate::syntax) struct Findings<'a> {
    sink: &'a mut Sink,
    file: FileId,
    pushed: usize,
    hidden: usize,
}

impl<'a> Findings<'a> {
    pub(in crate::syntax) fn new(sink: &'a mut Sink, file: FileId) -> Self {
        Self { sink, file, pushed: 0, hidden: 0 }
    }

    /// Reports, unless there are too many already; then it is only counted.
    pub(in crate::syntax) fn push(&mut self, diagnostic: impl FnOnce() -> Diagnostic) {
        if self.pushed < MAX_FINDINGS {
            self.pushed += 1;
            self.sink.push(diagnostic());
        } else {
            self.hidden += 1;
        }
    }

    /// Reports in any case: what ends the reading must be seen.
    pub(in crate::syntax) fn push_last(&mut self, diagnostic: Diagnostic) {
        self.pushed += 1;
        self.sink.push(diagnostic);
    }

    /// A place of this file. Files are far below 4 GiB, so the clamp never acts.
    pub(in crate::syntax) fn span(&self, bytes: Range<usize>) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file: self.file, start: clamp(bytes.start), end: clamp(bytes.end) }
    }
}

impl Drop for Findings<'_> {
    fn drop(&mut self) {
        if self.hidden > 0
            && let Some(last) = self.sink.findings_mut().last_mut()
        {
            last.notes.push(format!("{} more findings in this file are not shown.", self.hidden));
        }
    }
}

/// Text as a message quotes it: at most 60 characters.
pub(in crate::syntax) fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
