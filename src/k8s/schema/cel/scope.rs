//! What a rule compares, as far as its schema says.

use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue, operators};

use super::value::escaped;
use crate::diag::is_name_of_credential;
use crate::k8s::schema::shape::{Kind, Shape};

/// Whether a rule, of values of a shape, asks whether two lists are the same, or puts them together, whose order does not count
/// (`x-kubernetes-list-type`): for the evaluator, it does.
pub(super) fn is_of_unordered(rule: &IdedExpr, of: &Shape) -> bool {
    let mut scope = Scope { names: vec![("self", Some(of))], found: false };
    scope.look(rule);
    scope.found
}

struct Scope<'a> {
    /// What names stand for, the innermost last; none where nobody knows.
    names: Vec<(&'a str, Option<&'a Shape>)>,
    found: bool,
}

impl<'a> Scope<'a> {
    fn look(&mut self, node: &'a IdedExpr) {
        match &node.expr {
            Expr::Call(call) => {
                let all = call.target.as_deref().into_iter().chain(&call.args);
                if [operators::EQUALS, operators::NOT_EQUALS, operators::ADD]
                    .contains(&call.func_name.as_str())
                {
                    // What is empty has no order.
                    let empty =
                        |it: &IdedExpr| matches!(&it.expr, Expr::List(list) if list.elements.is_empty());
                    let unordered = |it| self.shape(it).is_some_and(has_unordered);
                    self.found |= !all.clone().any(empty) && all.clone().any(unordered);
                }
                all.for_each(|it| self.look(it));
            }
            Expr::Comprehension(it) => {
                self.look(&it.iter_range);
                self.look(&it.accu_init);
                let item = self.shape(&it.iter_range).and_then(|shape| match &shape.kind {
                    Kind::List(each) => Some(&**each),
                    _ => None,
                });
                let before = self.names.len();
                self.names.extend([(it.iter_var.as_str(), item), (it.accu_var.as_str(), None)]);
                for it in [&it.loop_cond, &it.loop_step, &it.result] {
                    self.look(it);
                }
                self.names.truncate(before);
            }
            Expr::List(list) => list.elements.iter().for_each(|it| self.look(it)),
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(it) = &entry.expr {
                        self.look(&it.key);
                        self.look(&it.value);
                    }
                }
            }
            Expr::Select(select) => self.look(&select.operand),
            Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
        }
    }

    /// What an expression is of, where it is a way into a value.
    fn shape(&self, node: &'a IdedExpr) -> Option<&'a Shape> {
        match &node.expr {
            Expr::Ident(name) => self.names.iter().rev().find(|it| it.0 == name)?.1,
            Expr::Select(select) if !select.test => {
                Some(self.shape(&select.operand)?.below(&select.field)?.1)
            }
            Expr::Call(call) if call.func_name == operators::INDEX => self.shape(call.args.first()?)?.each(),
            Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
                let sides = call.args.iter().skip(1).filter_map(|it| self.shape(it));
                sides.max_by_key(|it| has_unordered(it))
            }
            _ => None,
        }
    }
}

impl Shape {
    /// The items of a list, or the values of a mapping.
    fn each(&self) -> Option<&Self> {
        match &self.kind {
            Kind::List(each) | Kind::Map(each) => Some(each),
            _ => None,
        }
    }

    /// What CEL calls by a name, with its own.
    fn below<'a>(&'a self, name: &'a str) -> Option<(&'a str, &'a Self)> {
        match &self.kind {
            Kind::Map(each) => Some((name, each)),
            Kind::Fields(fields) => {
                let mut all = fields.known.iter().filter(|it| escaped(it.0).as_deref() == Some(name));
                let (real, all) = all.next()?;
                Some((real, &all.first()?.shape))
            }
            _ => None,
        }
    }
}

/// Whether what an expression reckons, of a value of a shape, may be shown: all that it reads are texts, numbers and the like that
/// are declared, under no name of a credential. What a loop over a mapping puts together has no order either.
pub(super) fn is_shown(node: &IdedExpr, of: &Shape) -> bool {
    let shown = |it: &IdedExpr| is_shown(it, of);
    match &node.expr {
        Expr::Ident(name) => !["self", super::rule::OLD].contains(&name.as_str()),
        Expr::Literal(_) => true,
        Expr::Select(select) if select.test => true,
        Expr::Call(call) if call.func_name == "size" => true,
        Expr::Call(call) if call.func_name != operators::INDEX => {
            call.target.as_deref().into_iter().chain(&call.args).all(shown)
        }
        Expr::Select(_) | Expr::Call(_) => way(node, of).is_some_and(|it| {
            !matches!(it.kind, Kind::Any | Kind::Named(_) | Kind::List(_) | Kind::Map(_) | Kind::Fields(_))
        }),
        Expr::List(list) => list.elements.iter().all(shown),
        Expr::Map(_) | Expr::Comprehension(_) | Expr::Struct(_) | Expr::Unspecified => false,
    }
}

/// What a way into a value leads to, by names that the expression says, none of them a credential's.
fn way<'a>(node: &'a IdedExpr, of: &'a Shape) -> Option<&'a Shape> {
    match &node.expr {
        Expr::Ident(name) => (name == "self").then_some(of),
        Expr::Select(select) => harmless(way(&select.operand, of)?.below(&select.field)?),
        Expr::Call(call) if call.func_name == operators::INDEX => {
            let [above, key] = call.args.as_slice() else { return None };
            let above = way(above, of)?;
            match &key.expr {
                Expr::Literal(LiteralValue::Int(_)) => above.each(),
                Expr::Literal(LiteralValue::String(key)) => harmless(above.below(key.inner())?),
                _ => None,
            }
        }
        _ => None,
    }
}

fn harmless<'a>((name, shape): (&str, &'a Shape)) -> Option<&'a Shape> {
    // `apiKey` is `api_Key`. What `value` is, a name beside it says.
    let mut words = String::new();
    for it in name.chars() {
        if it.is_ascii_uppercase() && words.ends_with(|it: char| it.is_ascii_lowercase()) {
            words.push('_');
        }
        words.push(it);
    }
    (name != "value" && !is_name_of_credential(&words)).then_some(shape)
}

/// Whether it is such a list, or has one.
fn has_unordered(shape: &Shape) -> bool {
    let own =
        matches!(shape.kind, Kind::List(_)) && shape.limits.as_deref().is_some_and(|it| it.keys.is_some());
    own || match &shape.kind {
        Kind::List(each) | Kind::Map(each) => has_unordered(each),
        Kind::Fields(fields) => fields.known.values().flatten().any(|it| has_unordered(&it.shape)),
        _ => false,
    }
}
