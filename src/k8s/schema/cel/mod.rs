//! The rules in CEL of a definition (`x-kubernetes-validations`,
//! kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules).
//!
//! What the rules see is [`value`], what they may call [`functions`], how much they may do [`budget`]. A rule about a change
//! (`oldSelf`) holds of no object that is made anew, and is left.

mod budget;
mod functions;
mod judge;
mod rule;
mod scope;
mod time;
mod url;
mod value;

pub(super) use judge::judge;
pub(super) use rule::{Read, Rule, shortened};

use std::thread;

/// The word of a schema that has rules.
pub(super) const WORD: &str = "x-kubernetes-validations";
/// How many bytes the stack has for a rule of [`rule::LONGEST`], however deep it is, in an unoptimized program, too; what is not
/// taken costs nothing.
const STACK: usize = 256 << 20;

/// Does something where rules of any depth can be read and evaluated; none where the system gives no thread.
pub(super) fn roomy<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok()?;
        match thread.join() {
            Ok(done) => Some(done),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests;
