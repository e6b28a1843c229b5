//! Claims, and the templates of claims.
//!
//! A StatefulSet's templates never change (`ValidateStatefulSetUpdate`), a claim only grows
//! (`ValidatePersistentVolumeClaimUpdate`, `pkg/apis/core/validation`); a deleted claim takes its volume with it unless that
//! is retained (kubernetes.io/docs/concepts/storage/persistent-volumes, on reclaiming).

use super::{Effect, Impact};
use crate::diff::compare::{What, amount};

const SHRUNK: &str = "a claim never shrinks: the data moves to new claims, or comes back from a backup";
const ANEW: &str =
    "a claim cannot change: it is deleted and made anew, and its data goes unless the volume is retained";

const TEMPLATE: &str = "a claim template cannot change: the StatefulSet is deleted and made anew";

/// What a change of a claim does; none where it is not about claims.
pub(super) fn effect(kind: &str, words: &[&str], what: &What) -> Option<Effect> {
    let found = match (kind, words) {
        ("StatefulSet", ["spec", "volumeClaimTemplates", _, "spec", "resources", ..]) => match grows(what) {
            Some(false) => (Impact::Data, SHRUNK),
            _ => (
                Impact::Recreate,
                "a claim template cannot change: raise each claim, delete the StatefulSet with `--cascade=orphan`, and apply",
            ),
        },
        ("StatefulSet", ["spec", "volumeClaimTemplates"] | ["spec", "volumeClaimTemplates", _]) => match what
        {
            What::Removed(_) => (Impact::Data, "its claims stay with what they keep, and no pod uses them"),
            _ => (Impact::Recreate, TEMPLATE),
        },
        ("StatefulSet", ["spec", "volumeClaimTemplates", _, "spec", "storageClassName"]) => (
            Impact::Recreate,
            "a claim template cannot change, and claims that exist keep their class: make new ones pod by pod",
        ),
        ("StatefulSet", ["spec", "volumeClaimTemplates", ..]) => (Impact::Recreate, TEMPLATE),
        ("PersistentVolumeClaim", ["spec", "resources", ..]) => match grows(what) {
            Some(true) => {
                (Impact::Hot, "the volume grows where its class allows it (`allowVolumeExpansion`)")
            }
            Some(false) => (Impact::Data, SHRUNK),
            None => (Impact::Data, ANEW),
        },
        ("PersistentVolumeClaim", ["spec", "volumeAttributesClassName"]) => {
            (Impact::Hot, "the driver changes the volume where it stands")
        }
        ("PersistentVolumeClaim", ["spec", ..]) => (Impact::Data, ANEW),
        ("PersistentVolume", ["spec", "capacity", ..]) => {
            (Impact::Hot, "what is written changes; the size of the volume is up to who keeps it")
        }
        ("PersistentVolume", ["spec", "persistentVolumeReclaimPolicy"]) => {
            (Impact::Hot, "it says what becomes of the volume once its claim is gone")
        }
        _ => return None,
    };
    Some(Effect::new(found.0, found.1))
}

/// Whether an amount becomes more, or less; none where it is not that simple.
fn grows(what: &What) -> Option<bool> {
    let What::Changed(from, to) = what else { return None };
    let (from, to) = (amount(from)?, amount(to)?);
    (from != to).then_some(to > from)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::diff::testing::{changes, item};

    fn impact(kind: &str, before: &Value, after: &Value) -> Impact {
        let (before, after) = (item(kind, json!({ "spec": before })), item(kind, json!({ "spec": after })));
        let change = changes(&before, &after).pop().unwrap();
        effect(kind, &change.path.words(), &change.what).unwrap().impact
    }

    fn claim(size: &str, class: &str) -> Value {
        json!({ "storageClassName": class, "resources": { "requests": { "storage": size } } })
    }

    fn template(name: &str, size: &str, class: &str) -> Value {
        json!({ "metadata": { "name": name }, "spec": claim(size, class) })
    }

    #[test]
    fn templates_never_change() {
        let of = |it: &[Value]| json!({ "volumeClaimTemplates": it });
        let (small, large) = (template("a", "1Gi", "x"), template("a", "2Gi", "x"));
        let set = |before: &[Value], after: &[Value]| impact("StatefulSet", &of(before), &of(after));
        assert_eq!(set(std::slice::from_ref(&small), std::slice::from_ref(&large)), Impact::Recreate);
        assert_eq!(set(std::slice::from_ref(&large), std::slice::from_ref(&small)), Impact::Data);
        assert_eq!(set(&[template("a", "1Gi", "y")], std::slice::from_ref(&small)), Impact::Recreate);
        assert_eq!(
            set(&[small.clone(), template("b", "1Gi", "x")], std::slice::from_ref(&small)),
            Impact::Data
        );
        assert_eq!(
            set(std::slice::from_ref(&small), &[small.clone(), template("b", "1Gi", "x")]),
            Impact::Recreate
        );
        assert_eq!(impact("StatefulSet", &of(&[small]), &json!({})), Impact::Data);
    }

    #[test]
    fn a_claim_only_grows() {
        let of = |before: Value, after: Value| impact("PersistentVolumeClaim", &before, &after);
        assert_eq!(of(claim("1Gi", "x"), claim("2048Mi", "x")), Impact::Hot);
        assert_eq!(of(claim("1Gi", "x"), claim("1000Mi", "x")), Impact::Data);
        assert_eq!(of(claim("1Gi", "x"), claim("1Gi", "y")), Impact::Data);
        assert_eq!(of(json!({ "accessModes": ["A"] }), json!({ "accessModes": ["B"] })), Impact::Data);
    }
}
