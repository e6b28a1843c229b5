//! A rule, as a definition has it.

use std::sync::Arc;

use cel::Env;
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use serde_json::{Map, Value};

use super::{budget, functions, scope};
use crate::diag::on_one_line;
use crate::k8s::schema::shape::Shape;

/// How many bytes a rule may have that is evaluated.
pub(super) const LONGEST: usize = 4096;
/// How many characters of a rule are shown.
const SHOWN: usize = 120;
/// The name of what an object was before.
pub(super) const OLD: &str = "oldSelf";
/// Names that functions begin with, and the types that a rule may name.
const NAMESPACES: [&str; 3] = ["math", "optional", "strings"];
const TYPES: [&str; 9] = ["bool", "bytes", "double", "dyn", "int", "list", "map", "string", "uint"];

/// A rule that can be evaluated.
#[derive(Clone, Debug)]
pub(in super::super) struct Rule {
    /// It, on one line, so much as is shown.
    pub text: String,
    /// The fields and keys that it names itself.
    pub(super) names: Vec<String>,
    pub(super) expression: Arc<IdedExpr>,
    /// What it says where it does not hold.
    pub(super) message: Option<String>,
    /// The same, reckoned.
    pub(super) reckoned: Option<Arc<IdedExpr>>,
    /// The steps from its value to the field that it is about.
    pub(in super::super) field: Vec<String>,
}

/// What a rule is for an object that is made anew.
#[derive(Debug)]
pub(in super::super) enum Read {
    /// It is evaluated.
    Evaluated(Rule),
    /// It is about a change, and holds.
    OfChange,
    /// It cannot be evaluated here; why.
    Unknown(String),
}

impl Read {
    /// A rule of `x-kubernetes-validations`, of values of a shape.
    pub(in super::super) fn of(rule: &Map<String, Value>, shape: &Shape) -> Self {
        let text = |key: &str| rule.get(key).and_then(Value::as_str).filter(|it| !it.trim().is_empty());
        let source = text("rule").unwrap_or_default();
        let expression = match expression(source) {
            Ok(it) => it,
            Err(why) => return Self::Unknown(why),
        };
        let mut old = false;
        each(&expression, &mut |it| old |= matches!(&it.expr, Expr::Ident(name) if name == OLD));
        if old && rule.get("optionalOldSelf") != Some(&Value::Bool(true)) {
            return Self::OfChange;
        }
        if scope::is_of_unordered(&expression, shape) {
            return Self::Unknown(
                "it compares lists of the type `set` or `map`, whose order does not count".to_owned(),
            );
        }
        let reckoned = text("messageExpression").and_then(|it| self::expression(it).ok());
        let reckoned = reckoned.filter(|it| scope::is_shown(it, shape));
        Self::Evaluated(Rule {
            text: shortened(source),
            names: names(&expression),
            expression: Arc::new(counted(expression)),
            message: text("message").map(|it| on_one_line(it.trim())),
            reckoned: reckoned.map(|it| Arc::new(counted(it))),
            field: text("fieldPath").map(steps).unwrap_or_default(),
        })
    }
}

fn counted(mut expression: IdedExpr) -> IdedExpr {
    budget::put(&mut expression);
    expression
}

/// An expression of which all is known that it names.
fn expression(source: &str) -> Result<IdedExpr, String> {
    if source.len() > LONGEST {
        return Err(format!("it has more than {LONGEST} bytes"));
    }
    let env: &Env = functions::env();
    let parsed = env.parser().parse(source).map_err(|it| {
        let first = it.errors.first().map(|it| on_one_line(&it.msg)).unwrap_or_default();
        if first.contains("Recursion limit") {
            "it is nested too deeply".to_owned()
        } else {
            format!("it cannot be read: {first}")
        }
    })?;
    let mut bound: Vec<&str> = vec!["self", OLD];
    each(&parsed, &mut |it| {
        if let Expr::Comprehension(it) = &it.expr {
            bound.extend([it.iter_var.as_str(), it.accu_var.as_str()]);
        }
    });
    let mut unknown = None;
    each(&parsed, &mut |it| {
        let found = match &it.expr {
            Expr::Ident(name) => {
                let known = bound.contains(&name.as_str())
                    || NAMESPACES.contains(&name.as_str())
                    || TYPES.contains(&name.as_str());
                (!known).then(|| format!("`{name}` is not known here"))
            }
            Expr::Call(call) if call.func_name == "matches" || call.func_name == "find" => {
                pattern(call.args.last())
            }
            Expr::Call(call) => (!functions::is_known(&call.func_name))
                .then(|| format!("the function `{}` is not known here", call.func_name)),
            Expr::Struct(_) | Expr::Unspecified => Some("it makes an object of a type".to_owned()),
            _ => None,
        };
        unknown = unknown.take().or(found);
    });
    match unknown {
        Some(why) => Err(on_one_line(&why)),
        None => Ok(parsed),
    }
}

/// A rule on one line, so much as is shown.
pub(in super::super) fn shortened(rule: &str) -> String {
    let text = on_one_line(rule.trim());
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// The fields and keys that a rule names; none where it also looks up what it finds, which may be a credential of the same text.
fn names(rule: &IdedExpr) -> Vec<String> {
    let (mut found, mut reckons) = (Vec::new(), false);
    each(rule, &mut |it| match &it.expr {
        Expr::Select(select) => found.push(select.field.clone()),
        Expr::Call(call) if call.func_name == operators::INDEX => match call.args.last().map(|it| &it.expr) {
            Some(Expr::Literal(LiteralValue::String(key))) => found.push(key.inner().to_owned()),
            Some(Expr::Literal(_)) => {}
            _ => reckons = true,
        },
        _ => {}
    });
    if reckons { Vec::new() } else { found }
}

/// Why a pattern cannot be read, where it is a literal.
fn pattern(node: Option<&IdedExpr>) -> Option<String> {
    let Expr::Literal(LiteralValue::String(text)) = &node?.expr else { return None };
    let why = functions::pattern(text.inner()).err()?;
    Some(format!("its pattern `{}` is of another dialect: {why}", text.inner()))
}

/// Whether it is the first part of a function's name.
pub(super) fn is_namespace(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::Ident(name) if NAMESPACES.contains(&name.as_str()))
}

/// Looks at a node and all below it.
pub(super) fn each<'a>(node: &'a IdedExpr, look: &mut impl FnMut(&'a IdedExpr)) {
    look(node);
    match &node.expr {
        Expr::Call(call) => {
            for it in call.target.as_deref().into_iter().chain(&call.args) {
                each(it, look);
            }
        }
        Expr::Comprehension(it) => {
            for it in [&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result] {
                each(it, look);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|it| each(it, look)),
        Expr::Map(map) => {
            for entry in &map.entries {
                if let EntryExpr::MapEntry(it) = &entry.expr {
                    each(&it.key, look);
                    each(&it.value, look);
                }
            }
        }
        Expr::Select(select) => each(&select.operand, look),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
}

/// The steps of a path like `.a['b.c']`.
fn steps(path: &str) -> Vec<String> {
    let (mut found, mut rest) = (Vec::new(), path.trim());
    while !rest.is_empty() {
        let (step, after) = if let Some(quoted) = rest.strip_prefix("['") {
            quoted.split_once("']").unwrap_or((quoted, ""))
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()))
        };
        if step.is_empty() && after.len() == rest.len() {
            break;
        }
        found.push(step.to_owned());
        rest = after;
    }
    found
}
