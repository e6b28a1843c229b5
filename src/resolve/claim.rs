//! Claims that components share.

use super::Resolved;
use crate::diag::{Diagnostic, Route, Sink};
use crate::model::StaticVolume;
use crate::model::codes::BAD_VALUE;
use crate::syntax::Node;

/// Reports claims that Kubernetes would refuse, or that name what is not there.
pub(super) fn check(resolved: &Resolved, sink: &mut Sink) {
    for (name, claim) in &resolved.stack.claims {
        let at = Route::of(&["claims", name.as_str()]);
        resolved.namespace_of(claim.namespace.as_ref(), &at, sink);
        // A list of words that cannot be read is reported as that.
        let modes = resolved.written.get("claims").and_then(|it| it.get(name.as_str())?.get("accessModes"));
        if modes.and_then(Node::as_seq).is_some_and(<[_]>::is_empty) {
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at.join("accessModes"), "a claim that nobody may mount")
                    .help("name an access mode, or leave the list out: it is `[ReadWriteOnce]` then"),
            );
        }
        if let Some((word, keys)) = claim.volume.as_ref().and_then(StaticVolume::placeholder) {
            let at = keys.iter().fold(at.join("volume"), |at, key| at.join(key));
            sink.push(
                Diagnostic::at_value(&BAD_VALUE, &at, format!("`{word}` in the volume of a shared claim"))
                    .note("it stands for one of the pods of a tier, and this claim is the same for all")
                    .help("write the name as it is"),
            );
        }
    }
}
