//! Each row of edits, checked: what becomes of its object, the line, and the recipe.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use stackgen::diff::{Cache, Impact, Question, diff};

use super::rows::{Edit, Row};
use super::{Tree, engines, files, platform_kernel, rows};
use crate::support::memory::Memory;

/// What is wrong with a row; nothing where it is right. The stack is edited by `base` on both sides.
fn wrong(name: &str, environment: &str, base: &[Edit], before: &Tree, row: &Row) -> Option<String> {
    let Row { edits, object, impact, line, objects: number, recipe, together, compiled, steps, never } = row;
    let files = files(name, &[base, edits].concat());
    let after = match Tree::of(&files, environment) {
        Ok(after) => after,
        Err(why) => return Some(format!("{edits:?}\n  {why}\n")),
    };
    let mut cache = Cache::default();
    let old = stackgen::diff::tree("before", &before.files, &mut cache).unwrap();
    let new = stackgen::diff::tree("after", &after.files, &mut cache).unwrap();
    let report = diff(Question {
        before: old,
        live: None,
        was: compiled.then(|| before.side()),
        after: new,
        is: after.side(),
        sources: &after.sources,
    });
    let text = stackgen::diff::json(name, environment, "before", &report);
    let all = text["objects"].as_array().unwrap();
    let seen: Vec<String> = all.iter().map(|it| format!("{} {}", it["object"], it["impact"])).collect();
    let found = all.iter().find(|it| it["object"] == *object);
    let said = found.map(|it| (it["impact"].as_str().unwrap(), places(&files, it), first(it)));
    let right = said.as_ref().is_some_and(|(is, at, doing)| {
        is == impact
            && (at.iter().any(|it| !line.is_empty() && it.starts_with(line))
                || line.is_empty() && at.is_empty())
            && if recipe.is_empty() { doing.is_empty() } else { doing.starts_with(recipe) }
    });
    let advice: Vec<String> = found
        .into_iter()
        .flat_map(|it| it["recipe"].as_array().unwrap())
        .map(|it| format!("{} # {}", it["do"].as_str().unwrap(), it["why"].as_str().unwrap()))
        .collect();
    let mut rest = advice.iter();
    let missing = steps.iter().find(|step| !rest.any(|it| it.starts_with(**step)));
    let forbidden = advice.iter().find(|it| !never.is_empty() && it.contains(never));
    if missing.is_some() || forbidden.is_some() {
        return Some(format!("{edits:?}\n  {object} lacks {missing:?}, has {forbidden:?}\n  {advice:#?}\n"));
    }
    let recipes = text["together"].as_str().map_or(0, |it| it.split(' ').next().unwrap().parse().unwrap());
    (!right || all.len() != *number || recipes != *together).then(|| {
        format!(
            "{edits:?}\n  expected {object} {impact} {line:?} {recipe:?} among {number}, {together} together\n  \
             found {said:?} among {}, {recipes} together: {seen:?}\n",
            all.len()
        )
    })
}

/// The first step of a recipe that is not the tool's pause.
fn first(object: &Value) -> String {
    let steps = object["recipe"].as_array().unwrap().iter().map(|it| it["do"].as_str().unwrap());
    steps
        .filter(|it| !it.starts_with("kubectl patch application") && *it != "commit the tree and push it")
        .map(str::to_owned)
        .next()
        .unwrap_or_default()
}

/// The lines that a report names for an object, each with its text.
fn places(files: &Memory, object: &Value) -> Vec<String> {
    let own =
        [&object["at"]].into_iter().chain(object["changes"].as_array().unwrap().iter().map(|it| &it["at"]));
    let line = |it: &Value| {
        let file = it["file"].as_str().unwrap();
        let number = usize::try_from(it["line"].as_u64().unwrap()).unwrap();
        format!("{file}: {}", files.0[file].lines().nth(number - 1).unwrap().trim())
    };
    own.filter(|it| !it.is_null()).map(line).collect()
}

/// Checks rows of a stack that is edited first.
fn check_from(name: &str, environment: &str, base: &[Edit], rows: &[Row]) {
    let before = Tree::of(&files(name, base), environment).unwrap();
    let (before, next) = (&before, AtomicUsize::new(0));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = || {
            let mut found = Vec::new();
            while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                found.extend(wrong(name, environment, base, before, row));
            }
            found
        };
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// Checks rows, several at a time.
fn check(name: &str, environment: &str, rows: &[Row]) {
    check_from(name, environment, &[], rows);
}

#[test]
fn edits_of_engines() {
    for (kind, environment, base, rows) in engines::ALL {
        check_from(&format!("../tests/engines/stacks/{kind}"), environment, base, rows);
    }
}

#[test]
fn there_are_rows_of_every_impact() {
    let all: Vec<&Row> =
        [rows::ORBIT, platform_kernel::ROWS, rows::CYODA, rows::BITVAULT].into_iter().flatten().collect();
    assert!(all.len() >= 60, "{}", all.len());
    for impact in Impact::ALL {
        assert!(all.iter().any(|it| it.impact == impact.name()), "{impact:?}");
    }
}

#[test]
fn edits_of_orbit() {
    check("orbit", "prod", rows::ORBIT);
}

#[test]
fn edits_of_platform_kernel() {
    check("platform-kernel", "prod", platform_kernel::ROWS);
}

#[test]
fn edits_of_cyoda_and_bitvault() {
    check("cyoda", "prod", rows::CYODA);
    check("bitvault", "prod", rows::BITVAULT);
}
