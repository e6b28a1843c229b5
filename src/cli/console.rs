//! The two streams of the program.

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};

use anyhow::Context;

use super::args::{Color, Global};
use crate::diag::render::{Format, Log, Style, no_command, render, summary};
use crate::diag::{Diagnostic, Sink, Sources, on_one_line, printable};

/// Where results, findings and notes go.
#[derive(Debug)]
pub(super) struct Console {
    format: Format,
    style: Style,
    quiet: bool,
    verbose: bool,
    /// What was shown or counted so far.
    found: Vec<Diagnostic>,
    /// What is written in the end, as one document; none where each thing is written at once.
    log: Option<RefCell<Log>>,
}

impl Console {
    /// The console as the flags want it.
    pub(super) fn new(flags: &Global) -> Self {
        Self {
            format: flags.diagnostics,
            style: Style { color: colors(flags, &io::stderr()), width: None },
            quiet: flags.quiet,
            verbose: flags.verbose,
            found: Vec::new(),
            log: (flags.diagnostics == Format::Sarif).then(RefCell::default),
        }
    }

    /// Writes a result to standard output. A reader that has seen enough is no error.
    #[expect(clippy::unused_self, reason = "who has no console does not write")]
    pub(super) fn result(&self, text: &str) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("cannot write to standard output")
            }
            _ => Ok(()),
        }
    }

    /// Shows findings in texts, made in the `environments` that were compiled.
    pub(super) fn report(&mut self, sources: Sources, findings: Vec<Diagnostic>, environments: &[String]) {
        let mut sink = Sink::default();
        *sink.findings_mut() = findings;
        let mut findings = sink.into_report(environments);
        if self.quiet {
            findings.retain(Diagnostic::is_error);
        }
        let (listed, counted): (Vec<_>, Vec<_>) = findings.into_iter().partition(|it| self.lists(it));
        match &self.log {
            Some(log) => log.borrow_mut().findings.push((sources, listed.clone())),
            None => tell(&render(self.format, self.style, &sources, &listed)),
        }
        self.found.extend(listed.into_iter().chain(counted));
    }

    /// Whether a finding is written down, not only counted. People see what is accepted when they ask for more.
    fn lists(&self, finding: &Diagnostic) -> bool {
        match self.format {
            Format::Json | Format::Github | Format::Sarif => true,
            Format::Human | Format::Short => self.verbose || finding.accepted.is_none(),
        }
    }

    /// A line for a person, whatever the names in it are.
    pub(super) fn note(&self, line: &str) {
        self.lines(&on_one_line(line));
    }

    /// Lines for a person.
    pub(super) fn lines(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// A line for a person who wants to know more.
    pub(super) fn detail(&self, line: &str) {
        if self.verbose {
            self.say(&on_one_line(line));
        }
    }

    fn say(&self, text: &str) {
        match &self.log {
            Some(log) => log.borrow_mut().notes.push(text.to_owned()),
            None => tell(&format!("{}\n", shown(text))),
        }
    }

    /// Counts the findings, where people read them, and says why the command could not do what was asked.
    pub(super) fn finish(&self, failure: Option<&anyhow::Error>) {
        if let Some(log) = &self.log {
            log.borrow_mut().failure = failure.map(|it| format!("{it:#}"));
            tell(&log.borrow().render());
            return;
        }
        if self.format == Format::Human
            && let Some(line) = summary(&self.found)
        {
            self.note(&line);
        }
        if let Some(error) = failure {
            let (on, off) = if self.style.color { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
            tell(&format!("{on}error{off}: {}\n", shown(&format!("{error:#}"))));
        }
    }

    /// Whether there was an error.
    pub(super) fn has_errors(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// Whether nothing was found that is not accepted.
    pub(super) fn is_clean(&self) -> bool {
        self.found.iter().all(|it| it.accepted.is_some())
    }

    /// Whether something was found that is accepted.
    pub(super) fn has_accepted(&self) -> bool {
        self.found.iter().any(|it| it.accepted.is_some())
    }

    /// Whether people read it.
    pub(super) fn is_human(&self) -> bool {
        self.format == Format::Human
    }
}

/// What others wrote, as a terminal and a log of GitHub may have it: names, what git and its hooks say.
pub(super) fn shown(text: &str) -> String {
    no_command(&printable(text))
}

/// Whether the flags want colour on standard output.
pub(super) fn colors_results(flags: &Global) -> bool {
    colors(flags, &io::stdout())
}

/// How many columns standard output has: what `COLUMNS` says, or the terminal; none where it is no terminal.
pub(super) fn result_columns() -> Option<usize> {
    let out = io::stdout();
    if !out.is_terminal() {
        return None;
    }
    let said = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok()).filter(|it| *it > 0);
    let asked = || rustix::termios::tcgetwinsize(&out).ok().map(|it| usize::from(it.ws_col));
    said.or_else(asked).filter(|it| *it > 0)
}

fn colors(flags: &Global, stream: &impl IsTerminal) -> bool {
    match flags.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => wants_color() && stream.is_terminal(),
    }
}

/// The conventions of <https://no-color.org> and of terminals that cannot.
fn wants_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
        && std::env::var_os("TERM").is_none_or(|it| it != "dumb")
}

/// Standard error may be closed; there is nobody left to tell.
fn tell(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
