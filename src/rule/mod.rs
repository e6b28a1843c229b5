//! What an expert would refuse to sign: one rule a file, with its documentation and its check.
//!
//! Shape and references are not rules: they are reported where they are read. Rules look at a stack whose names are
//! bound, and at the objects it becomes. To add one: a file with a `RULE`, a line in [`ALL`], and a folder
//! `tests/ui/<name>/` with a stack that fires and a near miss that does not.

use std::collections::BTreeSet;

use crate::diag::{Code, Sink};
use crate::document::Document;
use crate::k8s::Object;
use crate::resolve::{Component, Resolved};

mod accept;
mod unpinned_image;
mod unused_definition;

pub use accept::{ACCEPT_WITHOUT_EFFECT, accept};

/// All rules, by code.
pub static ALL: &[&Rule] = &[&unused_definition::RULE, &unpinned_image::RULE];

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Its identity and documentation.
    pub code: &'static Code,
    /// What it looks at.
    pub check: Check,
}

/// What a rule looks at: the narrowest scope that will do.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The whole stack, once, after all components.
    Stack(fn(&Facts<'_>, &mut Sink)),
    /// Each service and tier.
    Component(fn(&Facts<'_>, &Component, &mut Sink)),
    /// Each object, with the component that it belongs to.
    Object(fn(&Facts<'_>, Option<&Component>, &Object, &mut Sink)),
}

/// What rules may know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The stack, names bound.
    pub resolved: &'a Resolved,
    /// The document it was read from.
    pub document: &'a Document,
    /// What components asked for: `secrets/NAME`, `certificates/NAME`, `configs/NAME`. Complete for [`Check::Stack`].
    pub used: &'a BTreeSet<String>,
}

/// Runs the rules on one component.
pub fn component(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for rule in ALL {
        if let Check::Component(check) = rule.check {
            check(facts, component, sink);
        }
    }
}

/// Runs the rules on one object.
pub fn object(facts: &Facts<'_>, component: Option<&Component>, object: &Object, sink: &mut Sink) {
    for rule in ALL {
        if let Check::Object(check) = rule.check {
            check(facts, component, object, sink);
        }
    }
}

/// Runs the rules on the whole stack.
pub fn stack(facts: &Facts<'_>, sink: &mut Sink) {
    for rule in ALL {
        if let Check::Stack(check) = rule.check {
            check(facts, sink);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file of this folder that has a `RULE` is in [`ALL`].
    #[test]
    #[expect(clippy::disallowed_methods, reason = "looks for rules on disk")]
    fn every_rule_is_registered() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rule");
        let registered: BTreeSet<String> = ALL.iter().map(|it| it.code.name.replace('-', "_")).collect();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if stem == "mod" || !text.contains("static RULE: Rule") {
                continue;
            }
            assert!(
                registered.contains(stem),
                "src/rule/{stem}.rs has a rule (or one whose code has another name): to src/rule/mod.rs, add\n\
                 mod {stem};\nand, in the order of the codes, to ALL\n    &{stem}::RULE,"
            );
        }
    }

    #[test]
    fn rules_are_sorted_by_code_and_none_is_there_twice() {
        for pair in ALL.windows(2) {
            let (first, second) = (pair[0].code, pair[1].code);
            assert!(first.id < second.id, "{} {} before {} {}", first.id, first.name, second.id, second.name);
        }
    }

    #[test]
    fn every_page_has_its_sections_in_order_and_an_example() {
        for code in ALL.iter().map(|it| it.code) {
            let headings: Vec<&str> = code.docs.lines().filter(|it| it.starts_with("## ")).collect();
            let expected = ["## What it finds", "## Why it matters", "## Example", "## What to do"];
            assert_eq!(headings, expected, "{}", code.id);
            assert!(code.docs.contains("\n```yaml\n"), "{} shows no stack", code.id);
        }
    }
}
