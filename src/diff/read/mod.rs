//! Texts to objects: a tree as stackgen writes it, and a stream of documents.

mod compose;
mod stream;
mod tree;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::object::Item;
use crate::bundle::Bundle;
use crate::diag::{Diagnostic, Sink, Sources, on_one_line};
use crate::k8s::ObjectId;
use crate::syntax::Node;
use crate::syntax::codes::CONTROL_CHARACTER;
use crate::syntax::parse::parse;
pub(super) use value::value;

pub use stream::stream;
pub use tree::tree;

/// A text that cannot be read as objects, told in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable(String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&on_one_line(&self.0))
    }
}

impl std::error::Error for Unreadable {}

/// What files of trees say, by path and with their text: a file that two trees have alike is read once.
#[derive(Debug, Default)]
pub struct Cache {
    objects: BTreeMap<String, (Arc<str>, Item)>,
    lists: BTreeMap<String, (Arc<str>, Arc<Value>)>,
}

impl Cache {
    /// Notes the files of a bundle that come with their values, so that none of them is read again. What is known of the same
    /// text stays, so that whoever compares sees at once that it is the same.
    pub fn note(&mut self, bundle: &Bundle) {
        for (path, file) in bundle.iter() {
            let Some(value) = &file.value else { continue };
            let known = self.objects.get(path).map(|it| &it.0).or(self.lists.get(path).map(|it| &it.0));
            if known.is_some_and(|it| **it == *file.text) {
                continue;
            }
            let text: Arc<str> = file.text.as_str().into();
            if let Some(id) = file.object.as_deref().and_then(ObjectId::read) {
                let item = Item::written(id, value.clone(), text.clone(), top(path));
                self.objects.insert(path.to_owned(), (text, item));
            } else {
                self.lists.insert(path.to_owned(), (text, Arc::new(value.value())));
            }
        }
    }

    /// The object of a file; none where it is no object.
    fn object(&mut self, path: &str, shown: &str, text: &str) -> Result<Option<Item>, Unreadable> {
        if let Some((known, item)) = self.objects.get(path)
            && **known == *text
        {
            return Ok(Some(item.clone()));
        }
        let (node, value) = document(shown, text, 1)?;
        let item = Item::new(value, node, top(path));
        if let Some(item) = &item {
            self.objects.insert(path.to_owned(), (text.into(), item.clone()));
        }
        Ok(item)
    }

    /// What a list of files says.
    fn list(&mut self, path: &str, shown: &str, text: &str) -> Result<Arc<Value>, Unreadable> {
        if let Some((known, value)) = self.lists.get(path)
            && **known == *text
        {
            return Ok(value.clone());
        }
        let (_, value) = document(shown, text, 1)?;
        let value = Arc::new(value);
        self.lists.insert(path.to_owned(), (text.into(), value.clone()));
        Ok(value)
    }
}

/// The folder at the root that a path is in.
fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// One document of a text that begins at a line of the whole. Characters that stackgen would not write are read: what is there
/// came another way into the cluster.
fn document(shown: &str, text: &str, line: usize) -> Result<(Node, Value), Unreadable> {
    let (mut sources, mut sink) = (Sources::default(), Sink::default());
    let file = sources.add(shown, text);
    let node = parse(&sources, file, &mut sink);
    let counts = |it: &&Diagnostic| it.is_error() && it.code.id != CONTROL_CHARACTER.id;
    if let Some(finding) = sink.findings().iter().find(counts) {
        let at = match finding.primary.at {
            crate::diag::At::Span(span) => sources.line_column(file, span.start).0,
            _ => 1,
        };
        return Err(Unreadable(format!("{shown}:{}: {}", at + line - 1, finding.message)));
    }
    let node = node.ok_or_else(|| Unreadable(format!("{shown}:{line}: there is no document")))?;
    let value = value(&node);
    Ok((node, value))
}
