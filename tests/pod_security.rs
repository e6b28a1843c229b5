//! Kubernetes' own pods for PodSecurity admission: `LEVEL/VERSION/{pass,fail}/CONTROL<n>.yaml`. The verdict on each must
//! be the same, and a pod that fails must fail by the control that it is named after.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use k8s_openapi::api::core::v1::PodTemplateSpec;
use stackgen::k8s::pod_security::{Level, Violation, evaluate};

#[test]
fn every_verdict_is_that_of_the_official_fixtures() {
    let Some(folder) = crate::support::shared("suites/pod-security") else { return };
    let out = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "gz") {
            unpack(&path, out.path());
        }
    }
    let (mut counts, mut wrong) = (BTreeMap::<(String, String), usize>::new(), Vec::new());
    let mut versions = BTreeSet::new();
    for (path, text) in crate::support::files(out.path()) {
        // Beside the pods there are a licence and a page.
        let Some(stem) = path.strip_suffix(".yaml") else { continue };
        let steps: Vec<&str> = stem.split('/').collect();
        let [level, version, verdict, stem] = steps[..] else {
            panic!("{path} is no LEVEL/VERSION/VERDICT/NAME")
        };
        let minor: u16 = version.strip_prefix("v1.").unwrap().parse().unwrap();
        versions.insert(minor);
        let level_of = |it| match it {
            "baseline" => Level::Baseline,
            "restricted" => Level::Restricted,
            other => panic!("{other} is no level"),
        };
        let pods: PodTemplateSpec = serde_yaml::from_str(&text).unwrap();
        let found = evaluate(&pods, level_of(level), minor);
        let right = match verdict {
            "pass" => found.is_empty(),
            "fail" => found.iter().any(|it| is_named_by(it, stem)),
            other => panic!("{other} is no verdict"),
        };
        if !right {
            let found: Vec<_> = found.iter().map(|it| it.control.id).collect();
            wrong.push(format!("{path}: {found:?}"));
        }
        *counts.entry((level.to_owned(), verdict.to_owned())).or_default() += 1;
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    for ((level, verdict), count) in &counts {
        println!("{level} {verdict}: {count}");
    }
    println!("{} pods, {} versions", counts.values().sum::<usize>(), versions.len());
    assert_eq!(counts.len(), 4, "both levels have both verdicts");
    assert_eq!(versions, (0..=37).collect(), "each version has pods");
}

/// Whether a violation is of the control that a fixture is named after, or of what stands for it at the level.
fn is_named_by(violation: &Violation, stem: &str) -> bool {
    let named = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let stands_for = match named {
        "capabilities_baseline" => "capabilities_restricted",
        "hostpathvolumes" => "restrictedvolumes",
        "procmount" => "procmount_restricted",
        "seccompprofile_baseline" => "seccompprofile_restricted",
        other => other,
    };
    let id = violation.control.id.to_ascii_lowercase();
    id == named || id == stands_for
}

fn unpack(archive: &Path, out: &Path) {
    let status = Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(out).status().unwrap();
    assert!(status.success(), "tar could not unpack {}", archive.display());
}
