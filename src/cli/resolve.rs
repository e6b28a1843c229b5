//! `stackgen resolve`: the stack as one environment sees it.

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use super::args::{Global, Resolve};
use super::console::Console;
use super::select::Selection;
use crate::document::COMPONENTS;
use crate::emit::to_yaml;
use crate::layout::Form;
use crate::syntax::{Kind, Map, Node, Scalar, scalar};

/// Sections that are worked in and mean nothing any more.
const SPENT: [&str; 4] = ["profiles", "environments", "include", "parameters"];

pub(super) fn run(args: &Resolve, flags: &Global, console: &mut Console) -> anyhow::Result<()> {
    let mut selection = Selection::open(flags, console)?;
    if selection.report_broken(console) {
        return Ok(());
    }
    selection.require(&args.environment)?;
    let mut documents = Vec::new();
    for mut stack in selection.with(&args.environment) {
        let mut compilation = stack.compile(&args.environment, &flags.set, Form::Count);
        let mut findings = std::mem::take(&mut stack.project.findings);
        findings.append(&mut compilation.findings);
        console.report(stack.sources(), findings, std::slice::from_ref(&args.environment));
        if let Some(document) = compilation.document {
            documents.push(to_yaml(&Effective(&document.root))?);
        }
    }
    console.result(&documents.join("---\n"))
}

/// The sections that still mean something.
struct Effective<'a>(&'a Node);

impl Serialize for Effective<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(sections) = self.0.as_map() else { return Value(self.0).serialize(to) };
        let mut map = to.serialize_map(None)?;
        for (key, entry) in sections.iter().filter(|(key, _)| !SPENT.contains(&&***key)) {
            match entry.value.as_map() {
                Some(components) if COMPONENTS.contains(&&**key) => {
                    map.serialize_entry(&**key, &Components(components))?;
                }
                _ => map.serialize_entry(&**key, &Value(&entry.value))?,
            }
        }
        map.end()
    }
}

/// Components, which hold what their profiles gave.
struct Components<'a>(&'a Map);

impl Serialize for Components<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, it)| (&**name, Component(&it.value))))
    }
}

struct Component<'a>(&'a Node);

impl Serialize for Component<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(fields) = self.0.as_map() else { return Value(self.0).serialize(to) };
        let kept = fields.iter().filter(|(key, _)| &***key != "profile");
        to.collect_map(kept.map(|(key, it)| (&**key, Value(&it.value))))
    }
}

/// A node as a value.
struct Value<'a>(&'a Node);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0.kind {
            Kind::Scalar(it) => typed(it, to),
            Kind::Seq(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|it| list.serialize_element(&Value(it)))?;
                list.end()
            }
            Kind::Map(map) => to.collect_map(map.iter().map(|(key, it)| (&**key, Value(&it.value)))),
        }
    }
}

/// Numbers keep their spelling: where a number would be written otherwise (`1.30`, `0644`), the text says more.
fn typed<S: Serializer>(it: &Scalar, to: S) -> Result<S::Ok, S::Error> {
    if scalar::is_null(it) {
        return to.serialize_unit();
    }
    if let Some(value) = scalar::as_bool(it) {
        return to.serialize_bool(value);
    }
    if let Some(value) = scalar::as_i64(it).filter(|value| value.to_string() == *it.text) {
        return to.serialize_i64(value);
    }
    if let Some(value) = scalar::as_f64(it).filter(|value| value.to_string() == *it.text && value.is_finite())
    {
        return to.serialize_f64(value);
    }
    to.serialize_str(&it.text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Sink, Sources};
    use crate::syntax::parse::parse;

    fn effective(text: &str) -> String {
        let (mut sources, mut sink) = (Sources::default(), Sink::default());
        let file = sources.add("stack.yaml", text);
        to_yaml(&Effective(&parse(&sources, file, &mut sink).unwrap())).unwrap()
    }

    #[test]
    fn scalars_keep_type_and_spelling() {
        let text = "a: 1\nb: true\nc: 1.5\nd: 1.30\ne: '7'\nf: 0644\ng:\nh: 9223372036854775808\n";
        let expected = "a: 1\nb: true\nc: 1.5\nd: \"1.30\"\ne: \"7\"\nf: \"0644\"\ng: null\nh: \"9223372036854775808\"\n";
        assert_eq!(effective(text), expected);
    }

    #[test]
    fn what_was_worked_in_is_gone() {
        let text = "stack: a\nparameters: { x: 1 }\nprofiles: { p: {} }\nenvironments: { e: {} }\ninclude: x\n\
                    services: { s: { profile: p, ports: { profile: 1 } } }\nconfigs: { profile: 1 }\n";
        let expected = "stack: a\nservices:\n  s:\n    ports:\n      profile: 1\nconfigs:\n  profile: 1\n";
        assert_eq!(effective(text), expected);
    }
}
