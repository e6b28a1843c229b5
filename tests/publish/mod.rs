//! Publishing, with real repositories: what is committed, what is refused, and what becomes of two who publish at once.

mod world;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Stdio;
use std::time::{Duration, Instant};

use self::world::World;

#[test]
fn a_commit_holds_what_changed_and_nothing_else() {
    let world = World::new();
    world.write("deploy/mine.txt", "mine\n");
    world.write("deploy/README.md", "being edited\n");
    world.write("deploy/staged.txt", "staged\n");
    world.git("deploy", &["add", "staged.txt"]);
    let run = world.publish(&["--repo", "../deploy", "--path", "clusters"]);
    let commit = run.done();
    assert_eq!(world.git("deploy", &["rev-parse", "main"]), commit);
    let files = world.git("deploy", &["show", "--name-only", "--format=", "HEAD"]);
    assert!(files.lines().all(|it| it.starts_with("clusters/prod/")), "{files}");
    assert!(
        files.contains("clusters/prod/.stackgen.json") && files.contains("web/deployment.yaml"),
        "{files}"
    );
    // The working tree has them, and what was there is as it was.
    assert!(world.path("deploy/clusters/prod/kustomization.yaml").is_file());
    let status = world.git("deploy", &["status", "--porcelain"]);
    assert_eq!(status, " M README.md\nA  staged.txt\n?? mine.txt");
    assert_eq!(world.read("deploy/README.md"), "being edited\n");
    // It is what `render` writes.
    world.stackgen("shop", &["render", "prod", "-o", "../rendered", "-q"]).done();
    let same = world.command("diff", ".").args(["-r", "rendered/prod", "deploy/clusters/prod"]).status();
    assert!(same.unwrap().success());
    assert!(run.err.contains("main in ") && run.err.contains("Render prod of shop"), "{}", run.err);
    assert_eq!(world.git("deploy", &["worktree", "list"]).lines().count(), 1);

    // Again: nothing.
    let again = world.publish(&["--repo", "../deploy", "--path", "clusters"]);
    assert_eq!((again.done(), world.git("deploy", &["rev-parse", "main"])), ("", commit.to_owned()));
    assert!(again.err.contains("nothing to commit"), "{}", again.err);
}

#[test]
fn the_message_says_what_applying_it_does_and_where_it_is_from() {
    let world = World::new();
    world.publish(&["--repo", "../deploy"]).done();
    let trailers = |world: &World| {
        let body = world.git("deploy", &["show", "-s", "--format=%B"]);
        world.write("message", &body);
        (world.git(".", &["interpret-trailers", "--parse", "message"]), body)
    };
    let revision = world.git("shop", &["rev-parse", "HEAD"]);
    let (parsed, _) = trailers(&world);
    assert_eq!(
        parsed,
        format!(
            "Impact: scale\nSource-Repository: https://git.example.org/acme/shop.git\nSource-Revision: {revision}"
        )
    );

    // An image changes, and what is not committed is said.
    world.edit("image: ghcr.io/acme/web:1.0.0", "image: ghcr.io/acme/web:1.0.1");
    world.write("shop/notes.txt", "not committed\n");
    let shown = world.publish(&["--repo", "../deploy", "--dry-run"]);
    let before = world.git("deploy", &["rev-parse", "main"]);
    world.publish(&["--repo", "../deploy"]).done();
    let (parsed, body) = trailers(&world);
    assert_eq!(world.git("deploy", &["rev-parse", "main^"]), before);
    assert_eq!(shown.done().trim_end(), body.trim_end());
    assert!(parsed.ends_with("\nSource-Dirty: true"), "{parsed}");
    assert!(parsed.starts_with("Impact: "), "{parsed}");
    assert!(
        body.contains("0 new, 1 changed, 0 gone") && body.contains("Files: 0 created, 1 changed, 0 removed"),
        "{body}"
    );

    // What is gone leaves the repository, too, and is named.
    world.edit(
        "  web:\n    namespace: app\n    image: ghcr.io/acme/web:1.0.1\n    ports: { http: 8080 }\n",
        "  api: { namespace: app, image: ghcr.io/acme/api:1.0.0, ports: { http: 8080 } }\n",
    );
    world.publish(&["--repo", "../deploy"]).done();
    let (parsed, body) = trailers(&world);
    assert!(parsed.starts_with("Impact: downtime\n"), "{parsed}");
    assert!(body.contains("- Deployment app/web: downtime"), "{body}");
    let gone = world.git("deploy", &["ls-files", "prod/web"]);
    assert_eq!(gone, "");

    // Who reads it sees what is open from now on.
    world.edit("api: { namespace: app,", "api: { namespace: app, automountServiceAccountToken: true,");
    world.publish(&["--repo", "../deploy"]).done();
    let (_, body) = trailers(&world);
    let opens =
        "\n- opens (token) Deployment app/api holds the token of ServiceAccount app/api for the API server\n";
    assert!(body.contains("\nExposure: 1 opened, 0 closed\n") && body.contains(opens), "{body}");
}

#[test]
fn a_message_has_an_end_and_nobody_else_writes_trailers() {
    let world = World::new();
    let many: String = (0..30)
        .map(|it| {
            format!("  s{it}: {{ namespace: app, image: ghcr.io/acme/web:1.0.0, ports: {{ http: 8080 }} }}\n")
        })
        .collect::<Vec<_>>()
        .concat();
    world.edit("  web:\n", &format!("{many}  web:\n"));
    world.publish(&["--repo", "../deploy"]).done();
    // What is there says more than it should, and says that stackgen wrote it.
    let file = "deploy/prod/s0/deployment.yaml";
    let text = world.read(file).replace("name: s0\n", "name: \"s0\\n\\nSource-Revision: forged\"\n");
    world.write(file, &text);
    let sum = world.command("sha256sum", ".").arg(file).output().unwrap();
    let sum = String::from_utf8(sum.stdout).unwrap();
    let record: serde_json::Value = serde_json::from_str(&world.read("deploy/prod/.stackgen.json")).unwrap();
    let files = record["files"].as_array().unwrap();
    let old = files.iter().find(|it| it["path"] == "s0/deployment.yaml").unwrap()["sha256"].as_str().unwrap();
    let record = world.read("deploy/prod/.stackgen.json").replace(old, &sum[..64]);
    world.write("deploy/prod/.stackgen.json", &record);
    world.commit_all("deploy", "forged");
    world.edit(&many, "");
    world.publish(&["--repo", "../deploy"]).done();
    let body = world.git("deploy", &["show", "-s", "--format=%B"]);
    assert!(body.contains("Source-Revision: forged: downtime"), "{body}");
    assert!(
        body.contains("\n- and ") && body.lines().filter(|it| it.starts_with("- ")).count() == 21,
        "{body}"
    );
    world.write("message", &body);
    let trailers = world.git(".", &["interpret-trailers", "--parse", "message"]);
    assert!(trailers.lines().count() == 3 && !trailers.contains("forged"), "{trailers}");
}

#[test]
fn a_branch_moves_without_the_checkout() {
    let world = World::new();
    world.write("shop/stack.yaml", &(world.read("shop/stack.yaml") + "# not committed\n"));
    let (before, files) =
        (world.git("shop", &["status", "--porcelain", "--branch"]), world.git("shop", &["ls-files"]));
    let first = world.publish(&["--branch", "rendered"]).done().to_owned();
    // The first commit of the branch has no parent, and holds the tree alone.
    assert_eq!(world.git("shop", &["log", "--format=%H", "rendered"]), first);
    let held = world.git("shop", &["ls-tree", "-r", "--name-only", "rendered"]);
    assert!(
        held.lines().all(|it| it.starts_with("prod/")) && held.contains("prod/kustomization.yaml"),
        "{held}"
    );
    world.publish(&["--branch", "rendered", "--path", "again"]).done();
    assert_eq!(world.git("shop", &["rev-parse", "rendered^"]), first);
    assert_eq!(world.git("shop", &["status", "--porcelain", "--branch"]), before);
    assert_eq!(world.git("shop", &["ls-files"]), files);
    assert_eq!(world.git("shop", &["worktree", "list"]).lines().count(), 1);

    // What is checked out moves with its files, so it is named by its folder.
    world.publish(&["--branch", "main"]).refused(&["`main` is checked out here", "--repo "]);
    world.git("shop", &["worktree", "add", "-q", "../linked", "rendered"]);
    world.publish(&["--branch", "rendered"]).refused(&["`rendered` is checked out in ", "linked"]);
    world.publish(&["--branch", "a..b"]).refused(&["cannot be the name of a branch"]);
    // A name may start with `@`; what stands for the name of another branch is none.
    world.publish(&["--branch", "@scope/y"]).done();
    world.git("shop", &["checkout", "-q", "-b", "@scope/z"]);
    world.git("shop", &["checkout", "-q", "main"]);
    world.publish(&["--branch", "@{-1}"]).refused(&["cannot be the name of a branch"]);
    let moved = world.publish(&["--repo", "../linked", "--path", "third"]).done().to_owned();
    assert_eq!(world.git("shop", &["rev-parse", "rendered"]), moved);
    assert!(world.path("linked/third/prod/kustomization.yaml").is_file());
}

#[test]
fn a_repository_without_a_commit_gets_its_first() {
    let world = World::new();
    world.git(".", &["init", "-q", "fresh"]);
    world.write("fresh/mine.txt", "mine\n");
    let commit = world.publish(&["--repo", "../fresh"]).done().to_owned();
    assert_eq!(world.git("fresh", &["log", "--format=%H", "main"]), commit);
    assert_eq!(world.git("fresh", &["status", "--porcelain"]), "?? mine.txt");
    assert!(world.path("fresh/prod/kustomization.yaml").is_file());
}

#[test]
fn what_would_lose_work_is_refused_and_changes_nothing() {
    let world = World::new();
    world.publish(&["--repo", "../deploy", "--path", "clusters"]).done();
    world.git("deploy", &["push", "-q"]);
    world.edit("web:1.0.0", "web:1.1.0");
    let file = "deploy/clusters/prod/web/deployment.yaml";
    let clean = world.read(file);
    let args = ["--repo", "../deploy", "--path", "clusters"];
    let refuses = |parts: &[&str]| {
        let before = world.state("deploy");
        world.publish(&args).refused(parts);
        assert_eq!(world.state("deploy"), before);
    };

    // Not committed: changed, staged, deleted.
    world.write(file, &(clean.clone() + "# by hand\n"));
    refuses(&["changes of these files that are not committed", "clusters/prod/web/deployment.yaml"]);
    world.git("deploy", &["add", "."]);
    refuses(&["not committed"]);
    world.git("deploy", &["reset", "-q", "--hard"]);
    fs::remove_file(world.path(file)).unwrap();
    refuses(&["not committed"]);

    // Committed by hand.
    world.write(file, &(clean.clone() + "# by hand\n"));
    world.commit_all("deploy", "hand");
    refuses(&["changed by hand", "web/deployment.yaml"]);
    world.git("deploy", &["reset", "-q", "--hard", "HEAD^"]);

    // In the way: only in the working tree, ignored there, and committed.
    world.edit("  web:\n", "  api: { namespace: app, image: ghcr.io/acme/api:1.0.0 }\n  web:\n");
    let foreign = "deploy/clusters/prod/api/deployment.yaml";
    world.write(foreign, "mine: 1\n");
    refuses(&["cannot take the commit", "clusters/prod/api/deployment.yaml"]);
    world.write("deploy/.git/info/exclude", "api/\n");
    refuses(&["cannot take the commit"]);
    world.write("deploy/.git/info/exclude", "");
    world.commit_all("deploy", "foreign");
    refuses(&["stackgen did not write them", "api/deployment.yaml"]);
    world.git("deploy", &["reset", "-q", "--hard", "HEAD^"]);

    // Half done by people.
    world.git("deploy", &["checkout", "-q", "--detach"]);
    refuses(&["is at no branch", "--branch"]);
    world.git("deploy", &["checkout", "-q", "main"]);
    world.git("deploy", &["checkout", "-q", "-b", "other"]);
    world.write("deploy/README.md", "theirs\n");
    world.commit_all("deploy", "theirs");
    world.git("deploy", &["checkout", "-q", "main"]);
    world.write("deploy/README.md", "ours\n");
    world.commit_all("deploy", "ours");
    let merge = world.command("git", "deploy").args(["merge", "other"]).output().unwrap();
    assert!(!merge.status.success());
    refuses(&["a merge is not finished", "git merge --abort"]);
    world.git("deploy", &["merge", "--abort"]);
    world.git("deploy", &["reset", "-q", "--hard", "HEAD^"]);

    // Behind, and diverged, as last fetched.
    world.clone("theirs");
    world.write("theirs/README.md", "theirs\n");
    world.commit_all("theirs", "theirs");
    world.git("theirs", &["push", "-q"]);
    world.git("deploy", &["fetch", "-q"]);
    refuses(&["is behind what was fetched from `origin`", "git pull --ff-only"]);
    world.git("deploy", &["commit", "-q", "--allow-empty", "-m", "ours"]);
    refuses(&["has commits that `origin` lacks"]);
    let before = world.state("deploy");
    world.publish(&[&args[..], &["--push"]].concat()).refused(&["has commits that `origin` lacks"]);
    assert_eq!(world.state("deploy"), before);
}

#[test]
fn no_path_leads_out_of_the_repository() {
    let world = World::new();
    for path in ["..", "/tmp", "a/../../x", ".git", "a/.Git"] {
        world.publish(&["--repo", "../deploy", "--path", path]).refused(&["is no folder of the repository"]);
    }
    world.write("outside/keep", "");
    symlink("../outside", world.path("deploy/link")).unwrap();
    world.commit_all("deploy", "link");
    for path in ["link", "link/deeper"] {
        world.publish(&["--repo", "../deploy", "--path", path]).refused(&["link is a symbolic link"]);
    }
    symlink("../outside", world.path("deploy/prod")).unwrap();
    world.commit_all("deploy", "another");
    world.publish(&["--repo", "../deploy"]).refused(&["prod is a symbolic link"]);
    assert_eq!(fs::read_dir(world.path("outside")).unwrap().count(), 1);
    world.publish(&["--repo", "../deploy/.git"]).refused(&["is in no repository that has a working tree"]);
    world.publish(&["--repo", "../outside"]).refused(&["is in no repository"]);
    fs::create_dir(world.path("deploy/inner")).unwrap();
    world.publish(&["--repo", "../deploy/inner"]).refused(&["is a folder of the repository", "--path"]);
    let run = world.publish(&["--path", "x"]);
    assert!(run.code == Some(2) && run.err.contains("--repo <DIR>"), "{}", run.err);
}

#[test]
fn hooks_decide_and_a_failure_leaves_nothing() {
    let world = World::new();
    let hook = |name: &str, text: &str| {
        world.write(&format!("deploy/.git/hooks/{name}"), text);
        let path = world.path(&format!("deploy/.git/hooks/{name}"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    let before = world.state("deploy");
    hook("pre-commit", "#!/bin/sh\necho 'not on Fridays' >&2\nexit 1\n");
    world.publish(&["--repo", "../deploy"]).refused(&["not on Fridays"]);
    assert_eq!(world.state("deploy"), before);
    assert!(!world.path("deploy/.git/stackgen-publish").exists());
    assert!(!world.path("deploy/.git/stackgen-publish.lock").exists());

    hook("pre-commit", "#!/bin/sh\nexit 0\n");
    hook("commit-msg", "#!/bin/sh\necho 'Reviewed-by: hook' >>\"$1\"\n");
    world.publish(&["--repo", "../deploy"]).done();
    assert!(world.git("deploy", &["show", "-s", "--format=%B"]).ends_with("\nReviewed-by: hook"));

    // A signature that is asked for and cannot be made.
    world.edit("web:1.0.0", "web:1.1.0");
    world.git("deploy", &["config", "commit.gpgSign", "true"]);
    world.git("deploy", &["config", "gpg.program", "false"]);
    let before = world.state("deploy");
    world.publish(&["--repo", "../deploy"]).refused(&["sign"]);
    assert_eq!(world.state("deploy"), before);
}

#[test]
fn a_push_goes_to_the_newest_commit_there() {
    let world = World::new();
    world.clone("theirs");
    world.write("theirs/more.txt", "theirs\n");
    world.commit_all("theirs", "theirs");
    world.git("theirs", &["push", "-q"]);
    world.write("deploy/mine.txt", "mine\n");
    let commit = world.publish(&["--repo", "../deploy", "--push"]).done().to_owned();
    assert_eq!(world.git("remote.git", &["rev-parse", "main"]), commit);
    assert_eq!(world.git("deploy", &["rev-parse", "main", "origin/main"]), format!("{commit}\n{commit}"));
    assert_eq!(world.git("deploy", &["status", "--porcelain"]), "?? mine.txt");
    assert_eq!(world.git("deploy", &["log", "-1", "--format=%s", "main^"]), "theirs");
    assert!(world.path("deploy/more.txt").is_file());

    // A commit that was not pushed goes with the next push, even where nothing is new.
    world.edit("web:1.0.0", "web:1.1.0");
    let kept = world.publish(&["--repo", "../deploy"]).done().to_owned();
    assert_eq!(world.git("remote.git", &["rev-parse", "main"]), commit);
    let run = world.publish(&["--repo", "../deploy", "--push"]);
    assert_eq!(run.done(), "");
    assert!(run.err.contains("nothing to commit") && run.err.contains("pushed"), "{}", run.err);
    assert_eq!(world.git("remote.git", &["rev-parse", "main"]), kept);

    // Nor does `--fail-on` let one through.
    world.edit("web:1.1.0", "web:1.2.0");
    let run = world.publish(&["--repo", "../deploy", "--push", "--fail-on", "hot"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{}", run.err);
    assert!(run.err.contains("nothing is published"), "{}", run.err);
    assert_eq!(world.git("remote.git", &["rev-parse", "main"]), kept);
}

#[test]
fn what_is_pushed_and_cannot_be_followed_is_said_and_caught_up() {
    let world = World::new();
    // Something appears in the working tree after it was looked at.
    let file = world.path("deploy/prod/kustomization.yaml");
    let hook = world.path("deploy/.git/hooks/pre-push");
    let text = format!(
        "#!/bin/sh\nmkdir -p '{}'\necho mine >'{}'\n",
        file.parent().unwrap().display(),
        file.display()
    );
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let before = world.git("deploy", &["rev-parse", "main"]);
    world.publish(&["--repo", "../deploy", "--push"]).refused(&["the commit is pushed, but not here"]);
    assert_eq!(world.git("deploy", &["rev-parse", "main"]), before);
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine\n");
    let pushed = world.git("remote.git", &["rev-parse", "main"]);
    assert_ne!(pushed, before);

    world
        .publish(&["--repo", "../deploy", "--push"])
        .refused(&["cannot take the commit", "prod/kustomization.yaml"]);
    fs::remove_file(&file).unwrap();
    fs::remove_file(&hook).unwrap();
    assert_eq!(world.publish(&["--repo", "../deploy", "--push"]).done(), "");
    assert_eq!(world.git("deploy", &["rev-parse", "main"]), pushed);
    assert!(world.read("deploy/prod/kustomization.yaml").contains("resources:"));
}

#[test]
fn a_branch_of_its_own_repository_is_pushed_too() {
    let world = World::new();
    world.git("shop", &["remote", "set-url", "origin", "../remote.git"]);
    let first = world.publish(&["--branch", "rendered", "--push"]).done().to_owned();
    assert_eq!(world.git("remote.git", &["rev-parse", "rendered"]), first);
    // Another clone knows of the branch only by what it fetches.
    world.git(".", &["clone", "-q", "shop", "second"]);
    world.git("second", &["remote", "set-url", "origin", "../remote.git"]);
    let args = ["publish", "staging", "--branch", "rendered", "--push"];
    let next = world.stackgen("second", &args).done().to_owned();
    assert_eq!(world.git("remote.git", &["log", "--format=%H", "rendered"]), format!("{next}\n{first}"));
    assert_eq!(world.git("second", &["rev-parse", "rendered"]), next);
}

#[test]
fn a_remote_that_lets_nobody_in_is_asked_once() {
    let world = World::new();
    let before = world.state("deploy");
    let hook = world.path("remote.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let count = world.path("count");
    fs::write(
        &hook,
        format!("#!/bin/sh\necho x >>'{}'\nprintf 'no, \\033[2Jthanks\\n' >&2\nexit 1\n", count.display()),
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    world.publish(&["--repo", "../deploy", "--push"]).refused(&["no, ␛[2Jthanks"]);
    assert_eq!(world.read("count"), "x\n");
    assert_eq!(world.state("deploy"), before);
    fs::remove_file(&hook).unwrap();

    // Nor is a server that knows nobody of that name asked again.
    let log = world.path("asked");
    world.git("deploy", &["config", "ssh.variant", "ssh"]);
    world.git("deploy", &["remote", "set-url", "origin", "ssh://nobody@host.invalid/x.git"]);
    world.git(
        "deploy",
        &[
            "config",
            "core.sshCommand",
            &format!("sh -c 'echo x >>{}; echo Permission denied >&2; exit 255'", log.display()),
        ],
    );
    world.publish(&["--repo", "../deploy", "--push"]).refused(&["Permission denied"]);
    assert_eq!(world.read("asked"), "x\n");
    assert_eq!(
        world.git("deploy", &["rev-parse", "main"]),
        world.git("deploy", &["rev-parse", "origin/main"])
    );

    // A URL in the place of a remote's name may hold a token, and nothing is known of what is there.
    world.git("deploy", &["config", "branch.main.remote", "https://robin:word@git.example.invalid/x.git"]);
    let run = world.publish(&["--repo", "../deploy", "--push"]);
    run.refused(&[
        "goes to no remote repository that has a name",
        "`branch.main.remote`",
        "--set-upstream-to",
    ]);
    assert!(!run.err.contains("word"), "{}", run.err);
    world.git("deploy", &["config", "--unset", "branch.main.remote"]);

    world.git("deploy", &["remote", "remove", "origin"]);
    world
        .publish(&["--repo", "../deploy", "--push"])
        .refused(&["goes to no remote repository", "git remote add"]);
}

#[test]
fn publishers_at_once_both_arrive() {
    const CLONES: usize = 3;
    let world = World::new();
    for clone in 0..CLONES {
        world.clone(&format!("clone{clone}"));
    }
    // The remote is slow, so that every push finds the others on their way.
    let hook = world.path("remote.git/hooks/pre-receive");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    fs::write(&hook, "#!/bin/sh\nsleep 0.5\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let mut running = Vec::new();
    for clone in 0..CLONES {
        // Two in each clone, one tree each.
        for environment in ["prod", "staging"] {
            let mut command = world.command(env!("CARGO_BIN_EXE_stackgen"), "shop");
            command.args(["publish", environment, "--repo", &format!("../clone{clone}"), "--push", "-v"]);
            command.args(["--path", &format!("from{clone}")]);
            running.push(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        }
    }
    let mut raced = 0;
    for child in running {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        raced += said.matches("trying again").count();
    }
    assert!(raced > 0, "nobody was slower");
    let log = world.git("remote.git", &["log", "--format=%s", "main"]);
    assert_eq!(log.lines().count(), 2 * CLONES + 1, "{log}");
    for clone in 0..CLONES {
        for environment in ["prod", "staging"] {
            let path = format!("from{clone}/{environment}/kustomization.yaml");
            world.git("remote.git", &["cat-file", "-e", &format!("main:{path}")]);
        }
        // Both trees of the clone are in its own working tree, and nothing else differs.
        assert_eq!(world.git(&format!("clone{clone}"), &["status", "--porcelain"]), "");
        assert!(world.path(&format!("clone{clone}/from{clone}/staging/kustomization.yaml")).is_file());
        assert_eq!(world.git(&format!("clone{clone}"), &["worktree", "list"]).lines().count(), 1);
    }

    // The same tree twice: one commit.
    let twice: Vec<_> = (0..2)
        .map(|clone| {
            let mut command = world.command(env!("CARGO_BIN_EXE_stackgen"), "shop");
            command.args([
                "publish",
                "prod",
                "--repo",
                &format!("../clone{clone}"),
                "--push",
                "--path",
                "same",
            ]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut commits = 0;
    for child in twice {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        commits += usize::from(!output.stdout.is_empty());
    }
    assert_eq!(commits, 1);
    assert_eq!(world.git("remote.git", &["rev-list", "--count", "main"]), (2 * CLONES + 2).to_string());
}

#[test]
fn one_who_is_always_slower_gives_up_and_changes_nothing() {
    let world = World::new();
    world.clone("theirs");
    // Whenever somebody pushes from `deploy`, another commit gets there first.
    world.write(
        "deploy/.git/hooks/pre-push",
        "#!/bin/sh\nunset $(git rev-parse --local-env-vars)\ncd ../../../theirs && git commit -q --allow-empty -m first && git push -q\n",
    );
    let hook = world.path("deploy/.git/hooks/pre-push");
    let theirs = world.path("theirs");
    let text = fs::read_to_string(&hook).unwrap().replace("../../../theirs", theirs.to_str().unwrap());
    fs::write(&hook, text).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let before = world.git("deploy", &["rev-parse", "main"]);
    world.publish(&["--repo", "../deploy", "--push"]).refused(&[
        "others pushed to main",
        "5 times",
        "run it again",
    ]);
    assert_eq!(world.git("deploy", &["rev-parse", "main"]), before);
    assert_eq!(world.git("deploy", &["status", "--porcelain"]), "");
    assert_eq!(world.git("remote.git", &["rev-list", "--count", "main"]), "6");
    fs::remove_file(&hook).unwrap();
    world.publish(&["--repo", "../deploy", "--push"]).done();
    assert_eq!(world.git("remote.git", &["rev-list", "--count", "main"]), "7");
}

#[test]
fn a_killed_run_is_in_nobodys_way() {
    let world = World::new();
    let hook = world.path("deploy/.git/hooks/pre-commit");
    let marker = world.path("reached");
    fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\nsleep 60\n", marker.display())).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let before = world.git("deploy", &["rev-parse", "main"]);
    let mut command = world.command(env!("CARGO_BIN_EXE_stackgen"), "shop");
    command.args(["publish", "prod", "--repo", "../deploy"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let start = Instant::now();
    while !marker.exists() {
        assert!(start.elapsed() < Duration::from_secs(20), "the hook is never reached");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(world.path("deploy/.git/stackgen-publish").exists());
    assert_eq!(world.git("deploy", &["rev-parse", "main"]), before);
    assert_eq!(world.git("deploy", &["status", "--porcelain"]), "");
    fs::remove_file(&hook).unwrap();
    world.publish(&["--repo", "../deploy"]).done();
    assert_eq!(world.git("deploy", &["worktree", "list"]).lines().count(), 1);
    assert!(!world.path("deploy/.git/stackgen-publish").exists());
}

#[test]
fn what_the_repository_ignores_or_leaves_out_is_committed_all_the_same() {
    let world = World::new();
    world.write("deploy/.gitignore", "*.yaml\n");
    world.write("deploy/big/file", "x\n");
    world.commit_all("deploy", "ignore");
    world.git("deploy", &["sparse-checkout", "set", "elsewhere"]);
    world.publish(&["--repo", "../deploy"]).done();
    let held = world.git("deploy", &["ls-tree", "-r", "--name-only", "HEAD"]);
    assert!(held.contains("prod/kustomization.yaml") && held.contains("big/file"), "{held}");
    world.edit("  web:\n", "  api: { namespace: app, image: ghcr.io/acme/api:1.0.0 }\n  web:\n");
    world.publish(&["--repo", "../deploy"]).done();
    let changed = world.git("deploy", &["show", "--name-status", "--format=", "HEAD"]);
    assert!(changed.contains("A\tprod/api/deployment.yaml") && !changed.contains("D\t"), "{changed}");
    assert!(!world.path("deploy/big").exists());
}
