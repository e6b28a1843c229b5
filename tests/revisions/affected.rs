//! `stackgen affected`.

use std::fs;

use super::repository::Repo;

/// What is affected since `HEAD`, as text.
#[track_caller]
fn affected(repo: &Repo, more: &[&str]) -> Vec<String> {
    let (out, _) = repo.said("", &[&["affected", "--base", "HEAD"], more].concat(), 0);
    out.lines().map(str::to_owned).collect()
}

fn stacks() -> Repo {
    let repo = Repo::new();
    repo.put_shop("stacks/a", "one");
    repo.put_shop("stacks/b", "two");
    repo.commit();
    repo
}

const NOTHING: [&str; 0] = [];

#[test]
fn exactly_what_renders_to_other_bytes() {
    let repo = stacks();
    let (out, said) = repo.said("", &["affected", "--base", "HEAD"], 0);
    assert!(out.is_empty() && said.starts_with("no output differs from that of HEAD ("), "{out}{said}");
    // A comment, a file that nobody reads, and one that is not committed.
    repo.edit("stacks/a/stack.yaml", "stack: one", "stack: one # the first");
    repo.put("stacks/a/README.md", "more");
    repo.put("stacks/b/parts/new.yaml", "configs: {}\n");
    assert_eq!(affected(&repo, &[]), NOTHING);
    // What one environment overrides does not change the other.
    repo.edit("stacks/a/parts/cart.yaml", "scale: ${parameters.size}", "scale: 3");
    repo.edit("stacks/a/stack.yaml", "parameters: { size: { type: integer, default: 2 } }\n", "");
    assert_eq!(affected(&repo, &[]), ["one prod changed"]);
    repo.edit("stacks/b/files/cart.conf", "slow", "fast");
    assert_eq!(affected(&repo, &[]), ["one prod changed", "two prod changed", "two dev changed"]);
    assert_eq!(affected(&repo, &["--stack", "one"]), ["one prod changed"]);
    repo.commit();
    assert_eq!(affected(&repo, &[]), NOTHING);
}

#[test]
fn what_is_new_gone_or_moved() {
    let repo = stacks();
    fs::rename(repo.at("stacks/b"), repo.at("stacks/c")).unwrap();
    assert_eq!(affected(&repo, &[]), NOTHING, "its output is where it was");
    repo.edit("stacks/c/stack.yaml", "stack: two", "stack: three");
    repo.edit("stacks/a/stack.yaml", "  prod: {}", "  test: {}");
    assert_eq!(
        affected(&repo, &[]),
        ["one test new", "one prod gone", "three prod new", "three dev new", "two prod gone", "two dev gone"]
    );
    // Before there was any.
    let repo = Repo::new();
    repo.commit();
    repo.put_shop("", "shop");
    assert_eq!(affected(&repo, &[]), ["shop prod new", "shop dev new"]);
}

#[test]
fn a_stack_that_is_no_more() {
    let repo = stacks();
    fs::remove_dir_all(repo.at("stacks/b")).unwrap();
    assert_eq!(affected(&repo, &[]), ["two prod gone", "two dev gone"]);
    assert_eq!(affected(&repo, &["--stack", "two"]), ["two prod gone", "two dev gone"]);
    assert_eq!(affected(&repo, &["--stack", "one"]), NOTHING);
    assert_eq!(affected(&repo, &["-f", "stacks/b/stack.yaml"]), ["two prod gone", "two dev gone"]);
    let (_, said) = repo.said("", &["affected", "--base", "HEAD", "--stack", "tow"], 2);
    assert!(said.contains("there is no stack `tow`; the nearest is `two`"), "{said}");
    // The last one too, from a folder of the repository and from its root.
    fs::remove_dir_all(repo.at("stacks")).unwrap();
    fs::create_dir(repo.at("docs")).unwrap();
    let all = ["one prod gone", "one dev gone", "two prod gone", "two dev gone"];
    assert_eq!(affected(&repo, &[]), all);
    assert_eq!(affected(&repo, &["--stack", "one"]), all[..2]);
    let (out, _) = repo.said("docs", &["affected", "--base", "HEAD", "--format", "github"], 0);
    let pair = |stack: &str, environment: &str| serde_json::json!({ "stack": stack, "environment": environment, "state": "gone" });
    let matrix: serde_json::Value =
        serde_json::from_str(out.strip_prefix("matrix=").unwrap_or_default()).unwrap();
    let pairs = [pair("one", "prod"), pair("one", "dev"), pair("two", "prod"), pair("two", "dev")];
    assert_eq!(matrix, serde_json::json!({ "include": pairs }));
    // Where there was only one.
    let repo = Repo::shop("");
    fs::remove_file(repo.at("stack.yaml")).unwrap();
    assert_eq!(affected(&repo, &[]), ["shop prod gone", "shop dev gone"]);
    assert_eq!(affected(&repo, &["-f", "stack.yaml"]), ["shop prod gone", "shop dev gone"]);
    // Neither now nor before.
    repo.commit();
    let (_, said) = repo.said("", &["affected", "--base", "HEAD"], 2);
    assert!(said.contains("there is no `stack.yaml` here"), "{said}");
    // What could not be read has no environments that anybody knows.
    repo.put("stack.yaml", "a: [\n");
    repo.commit();
    fs::remove_file(repo.at("stack.yaml")).unwrap();
    let (out, said) = repo.said("", &["affected", "--base", "HEAD"], 0);
    assert!(out.is_empty() && said.contains("nobody knows which environments are gone"), "{out}{said}");
}

#[test]
fn no_name_is_more_than_a_name() {
    let repo = Repo::shop("");
    repo.edit("stack.yaml", "stack: shop", r#"stack: "::error::y\nx\e[2J""#);
    repo.commit();
    fs::remove_file(repo.at("stack.yaml")).unwrap();
    assert_eq!(
        affected(&repo, &[]),
        ["stackgen: ::error::y x␛[2J prod gone", "stackgen: ::error::y x␛[2J dev gone"]
    );
}

#[test]
fn what_stands_beside_the_tree_counts() {
    let repo = Repo::shop("");
    let gitops = "gitops: { argocd: { repo: https://git.example/deploy, path: \"out/${env}\" } }\n";
    repo.edit("stack.yaml", "namespaces:", &format!("{gitops}namespaces:"));
    repo.commit();
    assert_eq!(affected(&repo, &[]), NOTHING);
    repo.edit("stack.yaml", "git.example/deploy", "git.example/other");
    assert_eq!(affected(&repo, &[]), ["shop prod changed", "shop dev changed"]);
}

#[test]
fn what_does_not_compile() {
    let repo = stacks();
    let good = fs::read_to_string(repo.at("stacks/a/versions.env")).unwrap();
    repo.put("stacks/a/versions.env", "KART=1.0.0\n");
    repo.edit("stacks/b/versions.env", "1.0.0", "1.1.0");
    let (out, said) = repo.said("", &["affected", "--base", "HEAD"], 1);
    assert_eq!(out, "two prod changed\ntwo dev changed\n");
    assert!(said.contains("stacks/a/parts/cart.yaml:3:"), "{said}");
    // One that did not compile at the base is affected, also where it could not be read.
    repo.commit();
    repo.put("stacks/a/versions.env", &good);
    assert_eq!(affected(&repo, &[]), ["one prod changed", "one dev changed"]);
    repo.put("stacks/a/stack.yaml", "a: [\n");
    repo.commit();
    repo.put_shop("stacks/a", "one");
    let found = affected(&repo, &[]);
    assert_eq!(found.iter().filter(|it| it.starts_with("one ")).count(), 2, "{found:?}");
}

#[test]
fn an_environment_of_many_instances_is_compared_where_it_can_be() {
    let repo = Repo::shop("");
    let preview = "  preview: { extends: prod, instance: { name: \"pr-${parameters.pr}\", ttl: 24h }, namespaces: { app: { name: \"app-${parameters.pr}\" } }, parameters: { pr: { type: integer } } }\n";
    repo.edit("stack.yaml", "  prod: {}\n", &format!("  prod: {{}}\n{preview}"));
    repo.commit();
    repo.edit("versions.env", "1.0.0", "1.1.0");
    let (out, said) = repo.said("", &["affected", "--base", "HEAD"], 0);
    assert_eq!(out, "shop prod changed\nshop dev changed\n");
    assert_eq!(said, "shop preview is not compared: it needs --set pr=VALUE\n");
    assert_eq!(
        affected(&repo, &["--set", "pr=7"]),
        ["shop prod changed", "shop preview changed", "shop dev changed"]
    );
}

#[test]
fn formats() {
    let repo = stacks();
    let said = |format: &str| repo.said("", &["affected", "--base", "HEAD", "--format", format], 0).0;
    assert_eq!(said("github"), "matrix={\"include\":[]}\n");
    assert_eq!(said("json"), "[]\n");
    repo.edit("stacks/a/stack.yaml", "scale: 1", "scale: 3");
    assert_eq!(
        said("github"),
        "matrix={\"include\":[{\"stack\":\"one\",\"environment\":\"dev\",\"state\":\"changed\"}]}\n"
    );
    let json: serde_json::Value = serde_json::from_str(&said("json")).unwrap();
    assert_eq!(json, serde_json::json!([{ "stack": "one", "environment": "dev", "state": "changed" }]));
}
