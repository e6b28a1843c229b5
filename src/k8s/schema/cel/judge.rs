//! An object against the rules of its definition.

use std::sync::Arc;

use cel::common::types::{CelBool, CelOptional, CelString};
use cel::{Context, ExecutionError, Value as Found};
use serde_json::Value;

use super::rule::Rule;
use super::{budget, functions, value};
use crate::diag::on_one_line;
use crate::k8s::schema::fault::{Fault, FaultKind};
use crate::k8s::schema::shape::{Kind, Minor, Shape};

/// How many characters of a reckoned message are shown.
const SHOWN: usize = 200;

/// Why nothing is said of a rule whose functions, for its values, are not all known.
const NOT_SO: &str = "what it calls is not known here for such values";

/// What the rules of a definition say of an object.
#[derive(Debug, Default)]
pub(in super::super) struct Judged {
    /// What does not hold.
    pub faults: Vec<Fault>,
    /// What could not be evaluated, in words.
    pub gaps: Vec<String>,
}

/// Judges an object with its defaults. Where it is otherwise `wrong`, the rules of that place, and above, are left: they say
/// nothing of what is not what their schema says.
pub(in super::super) fn judge(shape: &Shape, object: &Value, wrong: &[Fault], minor: Minor) -> Judged {
    let judged = super::roomy(|| {
        let mut judge =
            Judge { minor, wrong, path: Vec::new(), left: budget::OF_AN_OBJECT, judged: Judged::default() };
        judge.value(shape, object);
        judge.judged
    });
    judged.unwrap_or_else(|| Judged { faults: Vec::new(), gaps: vec!["its rules in CEL".to_owned()] })
}

struct Judge<'a> {
    minor: Minor,
    wrong: &'a [Fault],
    path: Vec<String>,
    left: u64,
    judged: Judged,
}

impl Judge<'_> {
    fn value(&mut self, shape: &Shape, value: &Value) {
        if value.is_null() {
            return;
        }
        if let Some(limits) = shape.limits.as_deref().filter(|it| !it.rules.is_empty()) {
            // A field too many is taken away before the rules are asked.
            let wrong =
                |it: &Fault| !matches!(it.kind, FaultKind::Unknown { .. }) && it.path.starts_with(&self.path);
            if !self.wrong.iter().any(wrong) {
                self.rules(shape, &limits.rules, value);
            }
        }
        match (&shape.kind, value) {
            (Kind::List(each), Value::Array(items)) => {
                for (index, it) in items.iter().enumerate() {
                    self.below(index.to_string(), each, it);
                }
            }
            (Kind::Map(each), Value::Object(map)) => {
                for (key, it) in map {
                    self.below(key.clone(), each, it);
                }
            }
            (Kind::Fields(fields), Value::Object(map)) => {
                for (name, it) in map {
                    if let Some(field) = fields.get(name, self.minor) {
                        self.below(name.clone(), &field.shape, it);
                    }
                }
            }
            _ => {}
        }
    }

    fn below(&mut self, step: String, shape: &Shape, value: &Value) {
        self.path.push(step);
        self.value(shape, value);
        self.path.pop();
    }

    fn rules(&mut self, shape: &Shape, rules: &[Rule], value: &Value) {
        let seen = value::seen(shape, value, self.minor);
        let mut context = Context::with_env(Arc::clone(functions::env()));
        context.add_variable_as_val("self", seen.value);
        context.add_variable_as_val("oldSelf", Box::new(CelOptional::none()));
        for rule in rules {
            let held = if seen.unread {
                Err(Why::Unknown("a text that it is about cannot be read here"))
            } else {
                evaluate(rule, &context, &mut self.left)
            };
            match held {
                Ok(true) => {}
                Ok(false) => {
                    let message = message(rule, &context, &mut self.left);
                    self.fault(rule, format!("it breaks a rule of its definition: {message}"));
                }
                Err(Why::Refused(why)) => {
                    let text = &rule.text;
                    self.fault(
                        rule,
                        format!("a rule of its definition cannot be applied to it: {why} (`{text}`)"),
                    );
                }
                Err(Why::Unknown(why)) => {
                    let gap = format!("the rule `{}`: {why}", rule.text);
                    if !self.judged.gaps.contains(&gap) {
                        self.judged.gaps.push(gap);
                    }
                }
            }
        }
    }

    fn fault(&mut self, rule: &Rule, why: String) {
        let path = self.path.iter().chain(&rule.field).cloned().collect();
        self.judged.faults.push(Fault { path, kind: FaultKind::Wrong(why) });
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Why {
    /// The API server has none either, and refuses the object.
    Refused(String),
    /// Nobody here knows.
    Unknown(&'static str),
}

/// What a rule answers.
fn evaluate(rule: &Rule, context: &Context<'_, '_>, left: &mut u64) -> Result<bool, Why> {
    let found = budget::within(left, || Found::resolve_val(&rule.expression, context));
    match found.ok_or(Why::Unknown("it does too much"))? {
        Ok(it) => match it.downcast_ref::<CelBool>() {
            Some(it) => Ok(*it.inner()),
            None => Err(Why::Unknown("it answers neither `true` nor `false`")),
        },
        Err(error) => Err(why(rule, &error)),
    }
}

/// What an error means. Never a value of it: it may be a credential, also as the key that is looked up.
fn why(rule: &Rule, error: &ExecutionError) -> Why {
    Why::Refused(match error {
        ExecutionError::NoSuchKey(name) if rule.names.contains(name) => {
            format!("there is no `{}`", on_one_line(name))
        }
        ExecutionError::NoSuchKey(_) => "there is no such key".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "a list has no such item".to_owned(),
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
            "it divides by zero".to_owned()
        }
        ExecutionError::Overflow(..) => "a number gets too large".to_owned(),
        // They take more than is known here: spans of time, numbers of both kinds.
        ExecutionError::FunctionError { function, .. } if ["sum", "format"].contains(&function.as_str()) => {
            return Why::Unknown(NOT_SO);
        }
        ExecutionError::FunctionError { function, .. } => format!("`{function}` does not take this"),
        // The API server knows the types before, and takes no rule that mixes them: it is what is lacking here.
        _ => return Why::Unknown(NOT_SO),
    })
}

/// What a rule that does not hold says.
fn message(rule: &Rule, context: &Context<'_, '_>, left: &mut u64) -> String {
    let reckoned = rule.reckoned.as_ref().and_then(|it| {
        let found = budget::within(left, || Found::resolve_val(it, context))?.ok()?;
        let text = found.downcast_ref::<CelString>()?.inner().trim().to_owned();
        (!text.is_empty() && !text.contains('\n')).then(|| on_one_line(&text).chars().take(SHOWN).collect())
    });
    reckoned.or_else(|| rule.message.clone()).unwrap_or_else(|| format!("`{}`", rule.text))
}
