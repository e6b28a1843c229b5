//! `stackgen diff --base`.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use super::repository::{Repo, program};

const DIFF: [&str; 4] = ["diff", "prod", "--format", "json"];

/// What differs from a revision: the object, its impact, and where each change comes from.
#[track_caller]
fn differences(repo: &Repo, folder: &str, more: &[&str]) -> Vec<String> {
    let (out, _) = repo.said(folder, &[&DIFF, more].concat(), 0);
    let reports: Value = serde_json::from_str(&out).unwrap();
    let mut found = Vec::new();
    for object in reports[0]["objects"].as_array().unwrap() {
        let places = object["changes"].as_array().unwrap().iter().map(|it| &it["at"]);
        let places = places.filter(|it| !it.is_null()).map(|it| format!(" {}:{}", it["file"], it["line"]));
        found.push(format!("{} {}{}", object["object"], object["impact"], places.collect::<String>()));
    }
    found.iter().map(|it| it.replace('"', "")).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn every_kind_of_file_is_read_as_it_was_and_nothing_is_touched() {
    let repo = Repo::shop("");
    assert_eq!(differences(&repo, "", &["--base", "HEAD"]), NOTHING);
    repo.put("versions.env", "CART=1.1.0\n");
    repo.edit("files/cart.conf", "slow", "fast");
    repo.edit("stack.yaml", "default: 2", "default: 3");
    repo.put("parts/extra.yaml", "configs: {}\n");
    let before = repo.git(&["status", "--porcelain"]);
    let expected = [
        "Deployment app/cart rolling parts/cart.yaml:4 parts/cart.yaml:3 parts/cart.yaml:8",
        "ConfigMap app/cart-cart hot parts/cart.yaml:8",
    ];
    assert_eq!(differences(&repo, "", &["--base", "HEAD"]), expected);
    assert_eq!(repo.git(&["status", "--porcelain"]), before);
    repo.commit();
    assert_eq!(differences(&repo, "", &["--base", "HEAD"]), NOTHING);
    // As somebody names revisions.
    let id = repo.git(&["rev-parse", "HEAD~1"]);
    repo.git(&["tag", "v1", "HEAD~1"]);
    for name in ["HEAD~1", "main^", "v1", &id[..9], id.trim()] {
        assert_eq!(differences(&repo, "", &["--base", name]), expected, "{name}");
    }
}

#[test]
fn both_sides_are_given_the_same_parameters() {
    let repo = Repo::shop("");
    repo.edit("stack.yaml", "default: 2", "default: 3");
    assert_eq!(differences(&repo, "", &["--base", "HEAD"]), ["Deployment app/cart scale parts/cart.yaml:4"]);
    assert_eq!(differences(&repo, "", &["--base", "HEAD", "--set", "size=5"]), NOTHING);
    // One that the base did not have is for today alone.
    repo.edit("stack.yaml", "size: {", "tag: { type: string, default: a }, size: {");
    repo.edit("parts/cart.yaml", "    ports", "    env: { TAG: \"${parameters.tag}\" }\n    ports");
    let found = differences(&repo, "", &["--base", "HEAD", "--set", "tag=b", "--set", "size=2"]);
    assert_eq!(found, ["Deployment app/cart rolling parts/cart.yaml:2"]);
}

#[test]
fn the_folder_of_the_command_does_not_matter() {
    let repo = Repo::shop("apps/stacks/shop");
    repo.put("apps/stacks/shop/versions.env", "CART=1.1.0\n");
    let base = ["--base", "HEAD"];
    let expected = |prefix: &str| [format!("Deployment app/cart rolling {prefix}parts/cart.yaml:3")];
    assert_eq!(differences(&repo, "apps", &base), expected("stacks/shop/"));
    assert_eq!(differences(&repo, "apps/stacks/shop/parts", &base), expected("../"));
    let elsewhere = tempfile::tempdir().unwrap();
    let file = repo.at("apps/stacks/shop/stack.yaml");
    let args = [&DIFF[..2], &base, &["--stat", "-f", file.to_str().unwrap()]].concat();
    let output = program().current_dir(elsewhere.path()).args(args).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("~ Deployment app/cart  rolling restart"), "{said}");
    // Git tells its hooks of a repository, which need not be this one.
    let args = [&DIFF[..], &base].concat();
    let output =
        program().current_dir(repo.at("apps")).env("GIT_DIR", elsewhere.path()).args(args).output().unwrap();
    assert!(output.status.success());
}

#[test]
fn a_repository_of_long_ids_is_read() {
    let repo = Repo::new();
    fs::remove_dir_all(repo.at(".git")).unwrap();
    repo.git(&["init", "-q", "-b", "main", "--object-format=sha256"]);
    repo.put_shop("", "shop");
    repo.commit();
    repo.put("versions.env", "CART=1.1.0\n");
    assert_eq!(
        differences(&repo, "", &["--base", "HEAD"]),
        ["Deployment app/cart rolling parts/cart.yaml:3"]
    );
}

#[test]
fn where_the_base_lacks_it_everything_is_new() {
    let repo = Repo::new();
    repo.commit();
    repo.put_shop("", "shop");
    let (out, said) = repo.said("", &["diff", "prod", "--stat", "--base", "HEAD"], 0);
    assert!(out.contains("9 new, 0 changed, 0 gone"), "{out}");
    let id = repo.git(&["rev-parse", "HEAD"]);
    assert_eq!(said, format!("shop is not there at HEAD ({}): all of it is new\n", &id[..12]));
    repo.commit();
    repo.edit("stack.yaml", "  prod: {}", "  prod: {}\n  test: {}");
    let (out, said) = repo.said("", &["diff", "test", "--stat", "--base", "HEAD"], 0);
    assert!(out.contains("9 new, 0 changed, 0 gone"), "{out}");
    assert!(said.starts_with("the environment `test` of shop is not there at HEAD ("), "{said}");
}

#[test]
fn a_base_that_does_not_compile_says_whose_findings_they_are() {
    let repo = Repo::shop("");
    repo.put("versions.env", "KART=1.0.0\n");
    repo.commit();
    repo.put("versions.env", "CART=1.0.0\n");
    let (out, said) = repo.said("", &["diff", "prod", "--base", "main"], 2);
    assert_eq!(out, "");
    assert!(said.contains(" --> main:./parts/cart.yaml:3:"), "{said}");
    let last = said.lines().last().unwrap();
    assert!(last.starts_with("error: shop does not compile as it is at main ("), "{said}");
    assert!(last.contains("what is reported is of main, not of today"), "{said}");
    // Nor one whose files cannot be read.
    repo.edit("stack.yaml", "versions.env", "other.env");
    repo.commit();
    repo.edit("stack.yaml", "other.env", "versions.env");
    let (_, said) = repo.said("", &["diff", "prod", "--base", "main"], 2);
    assert!(
        said.contains(" --> main:./stack.yaml:4:") && said.contains("there is no file `other.env`"),
        "{said}"
    );
    // What is wrong today is today's.
    repo.put("stack.yaml", "stackgen: 1\nstak: shop\nenvironments: { prod: {} }\n");
    let (_, said) = repo.said("", &["diff", "prod", "--base", "main"], 1);
    assert!(said.contains(" --> stack.yaml:2:1") && !said.contains("main:"), "{said}");
}

#[test]
fn what_is_no_revision_is_answered() {
    let repo = Repo::shop("");
    repo.git(&["branch", "release-2"]);
    let said = |base: &str| repo.said("", &["diff", "prod", "--base", base], 2).1;
    let none = |name: &str| format!("error: there is no revision `{name}`");
    assert_eq!(said("nothing-alike"), none("nothing-alike") + "\n");
    assert_eq!(said("HEAD~7"), none("HEAD~7") + "\n");
    assert_eq!(said("release-3"), none("release-3") + "; the nearest name is `release-2`\n");
    assert_eq!(said("origin/main"), none("origin/main") + "; the nearest name is `main`\n");
    assert!(said("main..HEAD").contains("a range is none: `$(git merge-base A B)`"));
    assert!(said("HEAD:stack.yaml").starts_with(&none("HEAD:stack.yaml")));
    assert!(said("").starts_with(&none("")));
    let odd = repo.said("", &["diff", "prod", "--base=--all\nmain"], 2).1;
    assert!(odd.starts_with("error: there is no revision"), "{odd}");

    for more in [&["--against", "out"][..], &["dev"]] {
        let args = [&["diff", "prod"], more, &["--base", "main"]].concat();
        let said = repo.said("", &args, 2).1;
        assert!(said.contains("cannot be used with"), "{said}");
    }
}

#[test]
fn a_clone_says_what_it_lacks() {
    let repo = Repo::shop("");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.put("versions.env", "CART=1.1.0\n");
    repo.commit();
    let shallow = Repo::cloned(repo.path(), &["--depth=1"]);
    assert_eq!(differences(&shallow, "", &["--base", "origin/main"]), NOTHING);
    let said = shallow.said("", &["diff", "prod", "--base", "HEAD~1"], 2).1;
    for part in [
        "there is no revision `HEAD~1`",
        "git fetch --deepen=",
        "--depth=1",
        "`fetch-depth: 0` of actions/checkout",
    ] {
        assert!(said.contains(part), "{said}");
    }
    shallow.git(&["fetch", "-q", "--deepen=1"]);
    assert_eq!(differences(&shallow, "", &["--base", "HEAD~1"]).len(), 1);

    // Nothing is fetched: neither files nor folders.
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let partial = Repo::cloned(repo.path(), &[filter]);
        assert_eq!(differences(&partial, "", &["--base", "HEAD"]), NOTHING);
        let said = partial.said("", &["diff", "prod", "--base", "HEAD~1"], 2).1;
        assert!(said.contains("this clone is partial and lacks some of HEAD~1"), "{said}");
        partial.git(&["archive", "-o", "/dev/null", "HEAD~1"]);
        assert_eq!(differences(&partial, "", &["--base", "HEAD~1"]).len(), 1, "{filter}");
    }
}

#[test]
fn without_git_or_a_repository_there_are_no_revisions() {
    let repo = Repo::shop("");
    let mut command = program();
    let output =
        command.current_dir(repo.path()).args(["diff", "prod", "--base", "HEAD"]).env("PATH", "").output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said.contains("cannot read the revision `HEAD`") && said.contains("there is no `git` program"),
        "{said}"
    );
    fs::remove_dir_all(repo.at(".git")).unwrap();
    let said = repo.said("", &["diff", "prod", "--base", "HEAD"], 2).1;
    assert!(said.contains(". is in no git repository; `--against DIR` compares with a tree"), "{said}");
}

#[test]
fn what_a_revision_does_not_hold_is_refused() {
    let repo = Repo::shop("");
    let other = Repo::shop("");
    let url = other.path().to_str().unwrap();
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, "parts/sub"]);
    repo.edit("stack.yaml", "parts/*.yaml", "parts/*/parts/*.yaml");
    repo.commit();
    let said = repo.said("", &["diff", "prod", "--base", "HEAD"], 2).1;
    assert!(said.contains("`sub` is a submodule, whose files are not in this repository"), "{said}");

    let repo = Repo::shop("");
    repo.put("versions.env", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 11\n");
    repo.commit();
    repo.put("versions.env", "CART=1.0.0\n");
    let said = repo.said("", &["diff", "prod", "--base", "HEAD"], 2).1;
    assert!(said.contains("its content is in Git LFS"), "{said}");

    let repo = Repo::shop("stack");
    repo.put("secret.env", "CART=1.0.0\n");
    fs::remove_file(repo.at("stack/versions.env")).unwrap();
    symlink("../secret.env", repo.at("stack/versions.env")).unwrap();
    repo.commit();
    fs::remove_file(repo.at("stack/versions.env")).unwrap();
    repo.put("stack/versions.env", "CART=1.0.0\n");
    let said = repo.said("stack", &["diff", "prod", "--base", "HEAD"], 2).1;
    assert!(said.contains("`versions.env` leaves the stack's folder"), "{said}");
}

#[test]
fn every_stack_is_compared_with_itself() {
    let repo = Repo::new();
    repo.put_shop("stacks/a", "one");
    repo.commit();
    repo.put_shop("stacks/b", "two");
    repo.edit("stacks/a/versions.env", "1.0.0", "1.1.0");
    let (out, said) = repo.said("", &["diff", "prod", "--stat", "--base", "HEAD"], 0);
    assert!(
        out.starts_with("one prod, compared with HEAD (") && out.contains("\ntwo prod, compared with HEAD ("),
        "{out}"
    );
    assert!(out.contains("0 new, 1 changed, 0 gone") && out.contains("9 new, 0 changed, 0 gone"), "{out}");
    assert!(said.starts_with("two is not there at HEAD"), "{said}");
}
