//! JSON patches (RFC 6902), step by step, so that each tells of itself.

use serde_json::Value;

use super::Applied;
use crate::diag::{Part, Route, nearest};
use crate::model::{Op, Operation};

/// Applies steps until one cannot be done.
pub(super) fn apply(object: &mut Value, steps: &[Operation], at: &Route, applied: &mut Applied) {
    for (index, step) in steps.iter().enumerate() {
        let at = at.index(index);
        if let Err(Refused { field, why, help }) = one(object, step, &at, applied) {
            applied.refuse(&at.join(field), Part::Value, why, help);
            return;
        }
    }
}

/// Why a step cannot be done.
struct Refused {
    /// The field of the step that is wrong.
    field: &'static str,
    why: String,
    help: Option<String>,
}

fn refused(field: &'static str, why: impl Into<String>) -> Refused {
    Refused { field, why: why.into(), help: None }
}

fn one(object: &mut Value, step: &Operation, at: &Route, applied: &mut Applied) -> Result<(), Refused> {
    let path = steps(&step.path, "path")?;
    let value = || match &step.value {
        Some(it) => Ok(it.0.clone()),
        None => Err(refused("op", format!("`{}` needs a `value`", step.op.as_str()))),
    };
    let from = || match &step.from {
        Some(it) => steps(it, "from"),
        None => Err(refused("op", format!("`{}` needs `from`", step.op.as_str()))),
    };
    let written = match step.op {
        Op::Test => {
            let (wanted, found) = (value()?, find(object, &path, "path")?);
            if *found == wanted {
                return Ok(());
            }
            return Err(refused("value", format!("`{}` is {found}, not this", step.path)));
        }
        Op::Remove => {
            take(object, &path, "path")?;
            return Ok(());
        }
        Op::Replace => {
            let new = value()?;
            *find_mut(object, &path, "path")? = new;
            path
        }
        Op::Add => put(object, &path, value()?)?,
        Op::Move => {
            let from = from()?;
            if path.starts_with(&from) && path != from {
                return Err(refused("path", "what is moved cannot come below itself"));
            }
            let taken = take(object, &from, "from")?;
            put(object, &path, taken)?
        }
        Op::Copy => {
            let copy = find(object, &from()?, "from")?.clone();
            put(object, &path, copy)?
        }
    };
    let place = if matches!(step.op, Op::Add | Op::Replace) { at.join("value") } else { at.join("path") };
    applied.written.push((written, place));
    Ok(())
}

/// The steps of a JSON pointer.
fn steps(pointer: &str, field: &'static str) -> Result<Vec<String>, Refused> {
    let Some(rest) = pointer.strip_prefix('/') else {
        let mut found = refused(field, format!("`{pointer}` is no JSON pointer: it begins with `/`"));
        found.help = Some(format!("write `/{}`", pointer.replace('.', "/")));
        return Err(found);
    };
    Ok(rest.split('/').map(|it| it.replace("~1", "/").replace("~0", "~")).collect())
}

fn find<'v>(value: &'v Value, path: &[String], field: &'static str) -> Result<&'v Value, Refused> {
    path.iter().enumerate().try_fold(value, |value, (index, step)| {
        let next = match value {
            Value::Object(map) => map.get(step),
            Value::Array(items) => number(step).and_then(|it| items.get(it)),
            _ => None,
        };
        next.ok_or_else(|| missing(value, &path[..=index], field))
    })
}

fn find_mut<'v>(
    value: &'v mut Value,
    path: &[String],
    field: &'static str,
) -> Result<&'v mut Value, Refused> {
    find(value, path, field)?;
    let found = path.iter().try_fold(value, |value, step| match value {
        Value::Object(map) => map.get_mut(step),
        Value::Array(items) => items.get_mut(number(step)?),
        _ => None,
    });
    found.ok_or_else(|| refused(field, "there is no such place"))
}

/// Puts a value at a path whose parent is there; gives the path that it then has.
fn put(object: &mut Value, path: &[String], new: Value) -> Result<Vec<String>, Refused> {
    let (last, above) =
        path.split_last().ok_or_else(|| refused("path", "the whole object cannot be replaced"))?;
    let parent = find_mut(object, above, "path")?;
    let mut place = above.to_vec();
    match parent {
        Value::Object(map) => {
            map.insert(last.clone(), new);
            place.push(last.clone());
        }
        Value::Array(items) => {
            let index = if last == "-" { Some(items.len()) } else { number(last) };
            let Some(index) = index.filter(|it| *it <= items.len()) else {
                return Err(missing(parent, path, "path"));
            };
            items.insert(index, new);
            place.push(index.to_string());
        }
        _ => return Err(missing(parent, path, "path")),
    }
    Ok(place)
}

fn take(object: &mut Value, path: &[String], field: &'static str) -> Result<Value, Refused> {
    find(object, path, field)?;
    let (last, above) = path.split_last().ok_or_else(|| refused(field, "the whole object cannot go"))?;
    let taken = match find_mut(object, above, field)? {
        Value::Object(map) => map.shift_remove(last),
        Value::Array(items) => number(last).map(|it| items.remove(it)),
        _ => None,
    };
    taken.ok_or_else(|| refused(field, "there is no such place"))
}

/// An index as RFC 6901 writes it: digits, without a leading zero.
fn number(step: &str) -> Option<usize> {
    let plain = step == "0" || !step.starts_with('0') && step.bytes().all(|it| it.is_ascii_digit());
    step.parse().ok().filter(|_| plain)
}

/// That a value has nothing under the last step of a path.
fn missing(value: &Value, path: &[String], field: &'static str) -> Refused {
    let (last, above) =
        path.split_last().map_or(("", String::new()), |(last, above)| (last, above.join("/")));
    let mut found = refused(field, format!("`/{above}` has no `{last}`"));
    found.help = match value {
        Value::Object(map) => nearest(last, map.keys().map(String::as_str))
            .map(|near| format!("there is `{near}`"))
            .or_else(|| Some(crate::diag::it_has(map.keys().map(String::as_str)))),
        Value::Array(items) => {
            Some(format!("it is a list of {}, counted from 0; `-` is the place after the last", items.len()))
        }
        other => Some(format!("it is {other}")),
    };
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Free;

    fn step(op: Op, path: &str, from: Option<&str>, value: Option<Value>) -> Operation {
        Operation { op, path: path.into(), from: from.map(Into::into), value: value.map(Free) }
    }

    fn patched(mut object: Value, steps: &[Operation]) -> (Value, Applied) {
        let mut applied = Applied::default();
        apply(&mut object, steps, &Route::root(), &mut applied);
        (object, applied)
    }

    #[test]
    fn every_step_does_what_the_rfc_says() {
        let (object, applied) = patched(
            json!({ "a": { "b/c": 1 }, "list": [1, 2], "old": true }),
            &[
                step(Op::Test, "/a/b~1c", None, Some(json!(1))),
                step(Op::Add, "/list/-", None, Some(json!(4))),
                step(Op::Add, "/list/2", None, Some(json!(3))),
                step(Op::Replace, "/a/b~1c", None, Some(json!(null))),
                step(Op::Move, "/new", Some("/old"), None),
                step(Op::Copy, "/a/d", Some("/list/0"), None),
                step(Op::Remove, "/list/0", None, None),
            ],
        );
        assert!(applied.findings.is_empty(), "{:?}", applied.findings);
        assert_eq!(object, json!({ "a": { "b/c": null, "d": 1 }, "list": [2, 3, 4], "new": true }));
    }

    #[test]
    fn what_cannot_be_done_is_told_at_its_field() {
        for (step, field) in [
            (step(Op::Remove, "/lst", None, None), "path"),
            (step(Op::Replace, "/list/2", None, Some(json!(1))), "path"),
            (step(Op::Add, "/x/y", None, Some(json!(1))), "path"),
            (step(Op::Add, "/list/7", None, Some(json!(1))), "path"),
            (step(Op::Add, "/list/01", None, Some(json!(1))), "path"),
            (step(Op::Add, "/y", None, None), "op"),
            (step(Op::Test, "/list/0", None, Some(json!(2))), "value"),
            (step(Op::Copy, "/y", Some("/z"), None), "from"),
            (step(Op::Remove, "list", None, None), "path"),
        ] {
            let before = json!({ "list": [1, 2] });
            let (after, applied) = patched(before.clone(), std::slice::from_ref(&step));
            let places: Vec<_> = applied.findings.iter().map(|it| it.primary.at.clone()).collect();
            assert_eq!(places, [crate::diag::At::Node(Route::of(&["0", field]), Part::Value)], "{step:?}");
            assert_eq!(after, before, "{step:?}");
        }
    }
}
