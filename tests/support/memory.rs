//! Stacks in memory, and the objects that they become.

use std::collections::BTreeMap;

use serde_yaml::Value;
use stackgen::compile::Project;
use stackgen::diag::render::{Format, Style, render};
use stackgen::document::{FileError, Files};
use stackgen::layout::{Form, Laid, Output};

/// The files of a stack, in memory.
pub(crate) struct Memory(pub(crate) BTreeMap<String, String>);

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|it| it.as_bytes().to_vec()).ok_or(FileError::NotFound(None))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        let folder = pattern.strip_suffix('*').unwrap_or("no folder");
        let inside = |it: &&String| it.strip_prefix(folder).is_some_and(|it| !it.contains('/'));
        Ok(self.0.keys().filter(|it| *it == pattern || inside(it)).cloned().collect())
    }
}

/// A small stack: `one` uses `two`; `extra` is put at its end, `files` beside it.
pub(crate) fn stack(extra: &str, files: &[(&str, &str)]) -> Memory {
    let text = format!(
        "\
stackgen: 1
stack: shop
profiles:
  web:
    image: registry.example/${{name}}:1.2
    ports: {{ http: 8080 }}
    resources: {{ requests: {{ cpu: 100m, memory: 64Mi }}, limits: {{ memory: 64Mi }} }}
    probes: {{ readiness: {{ http: /ready, port: http }} }}
{extra}"
    );
    let mut all = BTreeMap::from([("stack.yaml".to_owned(), text)]);
    all.extend(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())));
    Memory(all)
}

/// The objects of an environment, or its errors.
pub(crate) fn compile(
    files: &Memory,
    environment: &str,
    set: &[(&str, &str)],
) -> Result<Vec<Value>, Vec<String>> {
    let mut project = Project::open(files, "stack.yaml");
    let set: Vec<_> = set.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned())).collect();
    let compilation = project.compile(files, environment, &set, Form::Stream);
    let findings = project.findings.iter().chain(&compilation.findings);
    let errors: Vec<String> =
        findings.filter(|it| it.is_error()).map(|it| format!("{} {}", it.code.id, it.message)).collect();
    match compilation.laid {
        Some(Laid { output: Output::Stream(stream), .. }) if errors.is_empty() => {
            let documents = serde_yaml::Deserializer::from_str(&stream);
            Ok(documents.map(|it| serde::Deserialize::deserialize(it).unwrap()).collect())
        }
        _ => Err(errors),
    }
}

/// Code and line of everything that is found in an environment, and the report.
pub(crate) fn report(files: &Memory, environment: &str) -> (Vec<(&'static str, String)>, String) {
    let mut project = Project::open(files, "stack.yaml");
    let mut found = std::mem::take(&mut project.findings);
    found.extend(project.compile(files, environment, &[], Form::Count).findings);
    let short = render(Format::Short, Style::default(), &project.sources, &found);
    let place = |line: &str| line.split(':').take(2).collect::<Vec<_>>().join(":");
    let places = found.iter().zip(short.lines()).map(|(it, line)| (it.code.id, place(line)));
    (places.collect(), render(Format::Human, Style::default(), &project.sources, &found))
}

/// The object of a kind and name.
pub(crate) fn get<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let named = |it: &&Value| it["kind"] == kind && it["metadata"]["name"] == name;
    objects.iter().find(named).unwrap_or_else(|| panic!("no {kind} {name}"))
}
