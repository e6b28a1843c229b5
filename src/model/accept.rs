//! Findings that the stack's owners live with.

use super::Name;
use super::macros::model;

model! {
    /// A finding that one lives with, and why.
    pub struct Accept {
        /// The rule: its code or name.
        "rule" rule: String,
        /// Where: `services/iam`, `stateful/vault`, a section, or nothing for the whole stack.
        "on" on: Option<String>,
        /// Only in this environment.
        "environment" environment: Option<Name>,
        /// Why it is right here.
        "reason" reason: String,
    }
}
