use serde_json::json;

use super::*;
use crate::diff::compare::What;
use crate::diff::impact::Effect;
use crate::diff::report::{Entry, Finding, State};
use crate::diff::testing::item;

fn entry(kind: &str, impact: Impact, before: &str, after: &str) -> Entry {
    let effect = Effect { impact, reason: format!("why `{kind}` @team | <b>"), pods: None };
    let what = What::Changed(json!(before), json!(after));
    let finding = Finding {
        path: "data[a|b]".into(),
        pattern: "data[a|b]".into(),
        what,
        effect: effect.clone(),
        cause: None,
    };
    Entry { changes: vec![finding], ..Entry::new(&item(kind, json!({})), State::Changed, effect) }
}

fn written(objects: Vec<Entry>, budget: usize) -> String {
    let report = Report { objects, ..Report::default() };
    markdown(&[Section { stack: "shop", environment: "prod", against: "out/prod", report: &report }], budget)
}

#[test]
fn content_stays_content() {
    let text = written(vec![entry("ConfigMap", Impact::Hot, "a", "```\n</details>\n@team ````")], BUDGET);
    assert!(text.contains("`````diff\n- a\n+ ```\n+ </details>\n+ @team ````\n`````\n"), "{text}");
    assert!(text.contains("why `ConfigMap` @&#8203;team \\| \\<b\\>"), "{text}");
    assert!(text.contains("\n`data[a|b]`\n"), "{text}");
}

#[test]
fn the_least_dangerous_is_cut_first_and_said() {
    let long = |it: &str| it.repeat(400);
    let kinds = [("Role", Impact::None), ("StatefulSet", Impact::Data), ("Service", Impact::Hot)];
    let all =
        || kinds.iter().map(|(kind, impact)| entry(kind, *impact, &long("a"), &(long("b") + kind))).collect();
    let whole = written(all(), BUDGET);
    assert!(!whole.contains("Left out"));
    let at = |text: &str, kind: &str| text.find(&format!("<code>{kind} n/x</code>"));
    assert!(at(&whole, "StatefulSet") < at(&whole, "Service") && at(&whole, "Service") < at(&whole, "Role"));
    let text = written(all(), 2500);
    assert!(text.len() <= 2500, "{}", text.len());
    assert!(at(&text, "StatefulSet").is_some() && at(&text, "Role").is_none(), "{text}");
    assert!(text.contains("the least dangerous: the differences of 2 entries. `"), "{text}");
    assert_eq!(text.matches("| changed |").count(), 3);
}

#[test]
fn the_most_dangerous_is_shortened_before_it_is_left_out() {
    let mut long = entry("StatefulSet", Impact::Data, "a", "b");
    long.changes[0].what = What::Added(json!("a\n".repeat(9000)));
    let all = vec![
        long,
        entry("Deployment", Impact::Downtime, &"a".repeat(40_000), "b"),
        entry("Role", Impact::None, "a", "b"),
    ];
    let text = written(all, 8000);
    assert!(text.len() <= 8000, "{}", text.len());
    for kind in ["StatefulSet", "Deployment", "Role"] {
        assert!(text.contains(&format!("<code>{kind} n/x</code>")), "{kind} {text}");
    }
    assert!(text.contains("\n+ a\n  … 8625 more lines\n```\n"), "{text}");
    assert!(text.contains("aaaa…\n  … 2 more lines\n```\n"), "{text}");
    assert!(text.contains("the least dangerous: parts of 2 entries. `"), "{text}");
}

#[test]
fn rows_go_last_and_the_budget_is_kept() {
    let all = (0..2000).map(|_| entry("Role", Impact::None, "a", "b"));
    let all = all.chain([entry("StatefulSet", Impact::Data, "a", "b")]).collect();
    let text = written(all, BUDGET);
    assert!(text.len() <= BUDGET, "{}", text.len());
    assert!(text.find("StatefulSet") < text.find("Role n/x"), "the worst comes first");
    assert!(
        text.contains("_Left out to fit a comment, of the longest or the least dangerous: "),
        "what is cut is said"
    );
    for budget in [200, 700, 1500] {
        assert!(written(vec![entry("Role", Impact::None, "ä", "ö")], budget).len() <= budget);
    }
}
