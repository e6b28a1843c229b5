//! What the compiler says: findings as data, worded where they are found and drawn in [`render`].
//!
//! A [`Diagnostic`] points at places either by [`Span`] (a parser knows its bytes) or by [`Route`] (every later
//! stage knows only the path of a value in the composed document). The compiler turns routes into spans once,
//! before anything is drawn, so no stage after the parser carries positions.

mod code;
mod credential;
mod lines;
mod printable;
pub mod render;
mod route;
mod sink;
mod source;
mod suggest;

pub(crate) use code::code;
pub use code::{Code, Severity};
pub use credential::is_name_of_credential;
pub use printable::{on_one_line, printable};
pub use route::{Part, Route};
pub use sink::Sink;
pub use source::{FileId, Sources, Span};
pub use suggest::{and_list, is_slip, is_slip_of_name, it_has, nearest};

/// One finding about the user's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which rule speaks.
    pub code: &'static Code,
    /// How bad it is; starts as the code's own level.
    pub severity: Severity,
    /// What is wrong, as a lower-case phrase that stands alone. Never the remedy.
    pub message: String,
    /// The place to look at first.
    pub primary: Label,
    /// Other places that explain the first one.
    pub secondary: Vec<Label>,
    /// Why it matters.
    pub notes: Vec<String>,
    /// What to do, as statements.
    pub helps: Vec<Help>,
    /// Environments in which it was found, in the order of the stack; empty when it holds for all.
    pub environments: Vec<String>,
    /// Why the stack lives with it, as its `accept` says; none when it does not.
    pub accepted: Option<String>,
}

/// A place with a short remark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Where.
    pub at: At,
    /// The remark; may be empty.
    pub text: String,
}

/// A place, as precisely as the stage that reports it can name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum At {
    /// Bytes of a source file.
    Span(Span),
    /// A key or value of the composed document; the compiler resolves it to a span.
    Node(Route, Part),
    /// No place in a file: a command-line argument, say.
    Nowhere,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// A statement, not a question.
    pub text: String,
    /// The edit that does it, where there is one.
    pub edit: Option<Edit>,
}

/// A replacement of the text at a place: a proposal, unless it is certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What to replace.
    pub at: At,
    /// With what.
    pub replacement: String,
    /// Where the edit is beyond doubt, what stands there: it may then be made without asking, if that is still so. What the
    /// place says may come from elsewhere, such as a parameter.
    pub instead_of: Option<String>,
}

impl Diagnostic {
    /// A finding at a span.
    pub fn at_span(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, At::Span(span), message)
    }

    /// A finding at the value that `route` names.
    pub fn at_value(code: &'static Code, route: &Route, message: impl Into<String>) -> Self {
        Self::new(code, At::Node(route.clone(), Part::Value), message)
    }

    /// A finding at the key that `route` names.
    pub fn at_key(code: &'static Code, route: &Route, message: impl Into<String>) -> Self {
        Self::new(code, At::Node(route.clone(), Part::Key), message)
    }

    /// A finding at any kind of place.
    pub fn new(code: &'static Code, at: At, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            primary: Label { at, text: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            helps: Vec::new(),
            environments: Vec::new(),
            accepted: None,
        }
    }

    /// Whether it forbids rendering: of severity error, and not accepted.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error && self.accepted.is_none()
    }

    /// Puts a remark on the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn also(mut self, at: At, text: impl Into<String>) -> Self {
        self.secondary.push(Label { at, text: text.into() });
        self
    }

    /// Adds why it matters.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), edit: None });
        self
    }

    /// Adds what to do, with the edit that does it.
    #[must_use]
    pub fn fix(mut self, text: impl Into<String>, at: At, replacement: impl Into<String>) -> Self {
        let edit = Some(Edit { at, replacement: replacement.into(), instead_of: None });
        self.helps.push(Help { text: text.into(), edit });
        self
    }

    /// Adds which word to write, with the edit; where it is beyond doubt, instead of which.
    #[must_use]
    pub fn write(mut self, word: &str, at: At, instead_of: Option<&str>) -> Self {
        let instead_of = instead_of.map(str::to_owned);
        let edit = Some(Edit { at, replacement: word.to_owned(), instead_of });
        self.helps.push(Help { text: format!("write `{word}`"), edit });
        self
    }
}
