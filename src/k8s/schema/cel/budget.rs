//! How much a rule may do. The API server counts what evaluation costs and refuses an object for which it is too much; here the
//! rule is not checked then.

use std::cell::Cell;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::{CelInt, CelList, CelMap, CelString, DYN_TYPE, INT_TYPE};
use cel::common::value::Val;
use cel::{DeclarationError, Env, ExecutionError};

/// What a rule, of one value, may cost (`PerCallLimit` of k8s.io/apiserver/pkg/apis/cel).
const OF_A_RULE: u64 = 1_000_000;
/// What all rules of an object may cost (`RuntimeCELCostBudget` there).
pub(super) const OF_AN_OBJECT: u64 = 10_000_000;
/// What a rule costs that goes through nothing.
const AT_LEAST: u64 = 100;
/// What a text or a list may weigh that a function works on whose work grows with the square of it.
const SMALL: u64 = 4096;
/// How many bytes of a text weigh as much as a number.
const BYTES: usize = 16;
/// Counts what a value weighs, and so many times its items. No rule can call it: `@` begins no name.
const SPEND: &str = "@spend";
/// The same, of a value that must be small.
const SPEND_SMALL: &str = "@spend_small";
/// Functions whose work, or whose result, grows with the square of what they are given.
const SQUARE: [&str; 7] = ["replace", "join", "format", "indexOf", "lastIndexOf", "matches", "find"];

thread_local! {
    /// What is left for the rule that this thread evaluates; none once it is spent.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Evaluates something within the limits of a rule, and of what is left for the object; none where they do not suffice.
pub(super) fn within<T>(left: &mut u64, evaluate: impl FnOnce() -> T) -> Option<T> {
    let given = OF_A_RULE.min(*left);
    LEFT.set(given.checked_sub(AT_LEAST));
    let found = evaluate();
    // An error that `&&` and `||` make nothing of is one all the same.
    let rest = LEFT.take();
    *left -= given - rest.unwrap_or(0);
    rest.map(|_| found)
}

/// Adds what counts.
pub(super) fn extension(env: &mut Env) -> Result<(), DeclarationError> {
    env.add_overload(SPEND, "spend_value", vec![DYN_TYPE, INT_TYPE], |mut args| {
        unspent()?;
        let times = args.pop().and_then(|it| it.downcast_ref::<CelInt>().map(|it| *it.inner())).unwrap_or(0);
        let value = args.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
        let items = value.as_sizer().map_or(0, |it| *it.size().inner()).unsigned_abs();
        spend(weight(value.as_ref()).saturating_add(items.saturating_mul(times.unsigned_abs())))?;
        Ok(value)
    })?;
    env.add_overload(SPEND_SMALL, "spend_small_value", vec![DYN_TYPE], |mut args| {
        unspent()?;
        let value = args.pop().ok_or(ExecutionError::MissingArgumentOrTarget)?;
        let bytes = value.downcast_ref::<CelString>().map_or(0, |it| it.inner().len() as u64);
        let weight = weight(value.as_ref());
        spend(if weight.max(bytes) > SMALL { u64::MAX } else { weight })?;
        Ok(value)
    })
}

fn spend(cost: u64) -> Result<(), ExecutionError> {
    let left = LEFT.get().and_then(|it| it.checked_sub(cost));
    LEFT.set(left);
    unspent()
}

/// That something is left. `all` and `exists` go on after an error: what is to be counted is not gone through once there is nothing.
fn unspent() -> Result<(), ExecutionError> {
    LEFT.get().map(drop).ok_or_else(|| ExecutionError::InternalError("it does too much".to_owned()))
}

/// How much there is of a value.
fn weight(value: &dyn Val) -> u64 {
    #[cfg(test)]
    tests::WEIGHED.set(tests::WEIGHED.get() + 1);
    if let Some(text) = value.downcast_ref::<CelString>() {
        1 + (text.inner().len() / BYTES) as u64
    } else if let Some(list) = value.downcast_ref::<CelList>() {
        list.inner().iter().fold(1, |sum, it| sum + weight(it.as_ref()))
    } else if let Some(map) = value.downcast_ref::<CelMap>() {
        map.inner().values().fold(1, |sum, it| sum + 1 + weight(it.as_ref()))
    } else {
        1
    }
}

/// Puts into a rule what counts: at each list that it goes through, and at whatever is copied, made longer or gone through by a
/// function.
pub(super) fn put(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Comprehension(it) => comprehension(it),
        Expr::Call(call) => {
            call.target.iter_mut().for_each(|it| put(it));
            call.args.iter_mut().for_each(put);
            if call.func_name == operators::ADD {
                charge(node, 0);
            } else {
                arguments(call);
            }
        }
        Expr::List(list) => list.elements.iter_mut().for_each(copied),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(it) = &mut entry.expr {
                    put(&mut it.key);
                    copied(&mut it.value);
                }
            }
        }
        Expr::Select(select) => put(&mut select.operand),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
}

fn copied(node: &mut IdedExpr) {
    put(node);
    charge(node, 0);
}

/// What a function is given; operators that do the same however large their operands are, are left.
fn arguments(call: &mut CallExpr) {
    let name = call.func_name.as_str();
    match name {
        operators::EQUALS | operators::NOT_EQUALS | operators::IN => {
            call.args.iter_mut().skip(1).for_each(|it| charge(it, 0));
        }
        // What they find is copied.
        operators::OPT_SELECT | operators::OPT_INDEX => {
            call.args.iter_mut().take(1).for_each(|it| charge(it, 0));
        }
        _ if !name.starts_with(|it: char| it.is_ascii_alphabetic()) => {}
        _ => {
            let small = SQUARE.contains(&name);
            // `optional.of` is a name.
            let target = call.target.as_deref_mut().filter(|it| !super::rule::is_namespace(it));
            for given in target.into_iter().chain(&mut call.args) {
                if small { wrap(given, SPEND_SMALL, Vec::new()) } else { charge(given, 0) }
            }
        }
    }
}

fn comprehension(it: &mut ComprehensionExpr) {
    put(&mut it.iter_range);
    let body = size(&it.loop_step) + size(&it.loop_cond);
    charge(&mut it.iter_range, body);
    copied(&mut it.accu_init);
    step(&mut it.loop_step, &it.accu_var);
    put(&mut it.result);
}

/// The step of a macro: what it appends to its list, or reckons, stays as the evaluator knows it.
fn step(node: &mut IdedExpr, accumulator: &str) {
    let is_own = |it: &IdedExpr| matches!(&it.expr, Expr::Ident(name) if name == accumulator);
    match &mut node.expr {
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => {
            for arg in &mut call.args {
                step(arg, accumulator);
            }
        }
        Expr::Call(call) if call.func_name == operators::ADD && call.args.first().is_some_and(is_own) => {
            call.args.iter_mut().skip(1).for_each(put);
        }
        _ => put(node),
    }
}

/// How many nodes there are.
fn size(node: &IdedExpr) -> i64 {
    let mut count = 0;
    super::rule::each(node, &mut |_| count += 1);
    count
}

fn charge(node: &mut IdedExpr, times: i64) {
    let times = IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Int(times.into())) };
    wrap(node, SPEND, vec![times]);
}

fn wrap(node: &mut IdedExpr, function: &str, more: Vec<IdedExpr>) {
    if matches!(node.expr, Expr::Literal(_)) {
        return;
    }
    let id = node.id;
    let args = std::iter::once(std::mem::take(node)).chain(more).collect();
    let call = CallExpr { func_name: function.to_owned(), target: None, args };
    *node = IdedExpr { id, expr: Expr::Call(call) };
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cel::{Context, Value};

    use super::super::functions;
    use super::*;

    thread_local! {
        /// How many values were weighed.
        pub(super) static WEIGHED: Cell<u64> = const { Cell::new(0) };
    }

    /// `all` goes on after the error, and weighs nothing then.
    #[test]
    fn nothing_is_weighed_once_all_is_spent() {
        let list = CelList::from(
            (0..20_000).map(|it| Box::new(CelInt::from(it)) as Box<dyn Val>).collect::<Vec<_>>(),
        );
        let mut context = Context::with_env(Arc::clone(functions::env()));
        context.add_variable_as_val("l", Box::new(list));
        for rule in ["l.all(x, l == l)", "!l.exists(x, l.sum() == x)", "l.all(x, l.indexOf(x) == 0)"] {
            let mut rule = functions::env().parser().parse(rule).unwrap();
            put(&mut rule);
            WEIGHED.set(0);
            let found = within(&mut OF_AN_OBJECT.clone(), || Value::resolve_val(&rule, &context).is_ok());
            assert_eq!(found, None);
            assert!(WEIGHED.get() < 2 * OF_A_RULE, "{}", WEIGHED.get());
        }
    }

    #[test]
    fn what_is_spent_is_spent_until_the_next_rule() {
        let mut left = OF_AN_OBJECT;
        let spent = within(&mut left, || {
            assert!(unspent().is_ok() && spend(OF_A_RULE).is_err());
            assert!(unspent().is_err() && spend(0).is_err());
        });
        assert_eq!((spent, left), (None, OF_AN_OBJECT - OF_A_RULE));
        assert_eq!(within(&mut left, || spend(1).is_ok()), Some(true));
        assert_eq!(left, OF_AN_OBJECT - OF_A_RULE - AT_LEAST - 1);
    }
}
