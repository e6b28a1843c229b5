//! Stable codes: one static per kind of finding, declared beside the code that reports it.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is rendered.
    Error,
    /// Rendered, but an expert would not sign it.
    Warning,
    /// Worth knowing; nothing to do.
    Info,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

/// The identity and documentation of one kind of finding. The code never changes once released.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `SG` and three digits; the first digit is the band.
    pub id: &'static str,
    /// Kebab-case, describes the bad pattern ("allow NAME" reads well).
    pub name: &'static str,
    /// The level unless the stack says otherwise.
    pub severity: Severity,
    /// Markdown with the sections `## What it finds`, `## Why it matters`, `## Example`, `## What to do`.
    pub docs: &'static str,
}

impl Code {
    /// Whether a stack may live with it: syntax, shape and references (bands 0 to 2) are never accepted, nor is a patch or
    /// manifest that cannot be what it says (57): one after which pods wait for each other (SG578) can, where they do not.
    #[must_use]
    pub fn acceptable(&self) -> bool {
        let of_patch = self.id.starts_with("SG57") && self.id != "SG578";
        !of_patch && !matches!(self.id.as_bytes().get(2), Some(b'0'..=b'2' | b'7' | b'9'))
    }

    /// Whether it is found of credentials: the lines that it points at hold them, and no report shows these.
    #[must_use]
    pub fn is_of_credentials(&self) -> bool {
        matches!(self.id, "SG403" | "SG575")
    }
}

/// An error's code: its id and name, then what it finds, why it matters, an example and what to do.
macro_rules! code {
    ($(#[doc = $doc:literal])* $static:ident $id:literal $name:literal, $finds:literal, $why:literal, $example:literal, $todo:literal) => {
        $(#[doc = $doc])*
        pub static $static: $crate::diag::Code = $crate::diag::Code {
            id: $id,
            name: $name,
            severity: $crate::diag::Severity::Error,
            docs: concat!(
                "## What it finds\n", $finds, "\n\n## Why it matters\n", $why,
                "\n\n## Example\n```yaml\n", $example, "\n```\n\n## What to do\n", $todo, "\n"
            ),
        };
    };
}

pub(crate) use code;
