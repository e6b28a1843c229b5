//! The workflow as GitHub Actions has it (docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax).

use serde_json::{Value, json};

use super::{Deploy, Job};
use crate::cli::args::{Cache, Ci};
use crate::emit::to_yaml;

/// Lists the services whose files changed since the commit that their image was built from, which is in the versions
/// file, or since what the branch was before; those for which neither commit is known are built. So nothing is lost
/// when a run fails or is overtaken by another.
const PLAN: &str = r#"echo "tag=sha-${GITHUB_SHA::7}" >> "$GITHUB_OUTPUT"
changed='[]'
while read -r service; do
  version=$(jq -r .version <<< "$service")
  since=$BEFORE
  if [ -n "$version" ]; then
    since=$(sed -nE "s/^[[:space:]]*(export[[:space:]]+)?${version}[[:space:]]*=[[:space:]]*sha-([0-9a-f]+).*/\2/p" "$VERSIONS")
  fi
  readarray -t paths < <(jq -r '.paths[] | ":(glob)" + .' <<< "$service")
  if ! git cat-file -e "${since:-none}^{commit}" 2>/dev/null ||
    ! git diff --quiet "$since" "$GITHUB_SHA" -- "${paths[@]}"; then
    changed=$(jq -c --argjson service "$service" '. + [$service]' <<< "$changed")
  fi
done < <(jq -c '.[]' <<< "$SERVICES")
echo "services=$changed" >> "$GITHUB_OUTPUT"
"#;

/// Writes the new tag to the versions file for each image that was built.
const TAG: &str = r#"while read -r name; do
  entry="^([[:space:]]*(export[[:space:]]+)?${name}[[:space:]]*=[[:space:]]*).*"
  grep -qE "$entry" "$VERSIONS" || { echo "$VERSIONS has no entry $name" >&2; exit 1; }
  sed -i -E "s|$entry|\1$TAG|" "$VERSIONS"
done < <(jq -r '.[].version | select(. != "")' <<< "$SERVICES")
"#;

/// Commits what changed, if anything did.
const COMMIT: &str = r#"git config user.name "github-actions[bot]"
git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
git add -A -- "${PATHS[@]}"
git diff --cached --quiet && exit 0
git commit -m "Deploy $TAG"
git pull --rebase origin "$GITHUB_REF_NAME"
git push origin "HEAD:$GITHUB_REF_NAME"
"#;

/// The whole workflow.
///
/// # Errors
/// Never: everything in it has a YAML form.
pub(super) fn workflow(jobs: &[Job], deploy: &Deploy<'_>, args: &Ci) -> anyhow::Result<String> {
    let workflow = json!({
        "name": "build and deploy",
        "on": { "push": { "branches": [args.branch] }, "workflow_dispatch": {} },
        "permissions": { "contents": "read" },
        "concurrency": { "group": "deploy-${{ github.ref }}", "cancel-in-progress": false },
        "jobs": { "plan": plan(jobs, deploy), "build": build(jobs, args), "deploy": deployment(deploy, args) },
    });
    let head = "# Written by `stackgen ci github`: change the stack and write it again.\n";
    Ok(head.to_owned() + &to_yaml(&workflow)?)
}

/// Which images are built.
fn plan(jobs: &[Job], deploy: &Deploy<'_>) -> Value {
    let services: Vec<Value> = jobs.iter().map(service).collect();
    json!({
        "runs-on": "ubuntu-latest",
        "outputs": {
            "services": "${{ steps.plan.outputs.services }}",
            "tag": "${{ steps.plan.outputs.tag }}",
        },
        "steps": [
            { "uses": "actions/checkout@v4", "with": { "fetch-depth": 0 } },
            {
                "id": "plan",
                "name": "Choose the images whose files changed",
                "env": {
                    "BEFORE": "${{ github.event.before }}",
                    "SERVICES": format!("{:#}\n", Value::Array(services)),
                    "VERSIONS": deploy.versions.as_deref().unwrap_or("/dev/null"),
                },
                "run": PLAN,
            },
        ],
    })
}

/// An entry of the matrix.
pub(super) fn service(job: &Job) -> Value {
    let Job { service, image, build } = job;
    let paths: Vec<&str> = build.paths.iter().map(crate::model::RepoPath::as_str).collect();
    let arguments: Vec<String> =
        build.args.iter().map(|(name, it)| format!("{}={it}", name.as_str())).collect();
    json!({
        "service": service,
        "image": image,
        "registry": registry(image),
        "dockerfile": build.dockerfile.as_str(),
        "context": build.context.as_str(),
        "target": build.target.as_ref().map(ToString::to_string).unwrap_or_default(),
        "args": arguments.join("\n"),
        "platforms": build.platforms.join(","),
        "version": build.version.as_deref().unwrap_or_default(),
        "paths": if paths.is_empty() { vec!["**"] } else { paths },
    })
}

/// The host of an image's registry, as `docker login` takes it.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        _ => "docker.io",
    }
}

/// One image.
fn build(jobs: &[Job], args: &Ci) -> Value {
    let (from, to) = match args.cache {
        Cache::Registry => (
            "type=registry,ref=${{ matrix.image }}:buildcache",
            "type=registry,ref=${{ matrix.image }}:buildcache,mode=max",
        ),
        Cache::Gha => {
            ("type=gha,scope=${{ matrix.service }}", "type=gha,scope=${{ matrix.service }},mode=max")
        }
    };
    let mut steps = vec![json!({ "uses": "actions/checkout@v4" })];
    // The runner emulates what it is not.
    if jobs.iter().any(|it| it.build.platforms.iter().any(|it| it != "linux/amd64")) {
        steps.push(json!({ "uses": "docker/setup-qemu-action@v3" }));
    }
    steps.extend([
        json!({ "uses": "docker/setup-buildx-action@v3" }),
        json!({
            "uses": "docker/login-action@v3",
            "with": {
                "registry": "${{ matrix.registry }}",
                "username": "${{ secrets.REGISTRY_USERNAME || github.actor }}",
                "password": "${{ secrets.REGISTRY_PASSWORD || secrets.GITHUB_TOKEN }}",
            },
        }),
        json!({
            "uses": "docker/build-push-action@v6",
            "with": {
                "context": "${{ matrix.context }}",
                "file": "${{ matrix.dockerfile }}",
                "target": "${{ matrix.target }}",
                "build-args": "${{ matrix.args }}",
                "platforms": "${{ matrix.platforms }}",
                "push": true,
                "tags": "${{ matrix.image }}:latest\n${{ matrix.image }}:${{ needs.plan.outputs.tag }}\n",
                "cache-from": from,
                "cache-to": to,
            },
        }),
    ]);
    json!({
        "needs": "plan",
        "if": "needs.plan.outputs.services != '[]'",
        "runs-on": "ubuntu-latest",
        "permissions": { "contents": "read", "packages": "write" },
        "strategy": {
            "fail-fast": false,
            "matrix": { "include": "${{ fromJSON(needs.plan.outputs.services) }}" },
        },
        "name": "build ${{ matrix.service }}",
        "steps": steps,
    })
}

/// Rendering and the commit.
fn deployment(deploy: &Deploy<'_>, args: &Ci) -> Value {
    let tree = args.tree.display().to_string();
    let mut steps = vec![
        json!({ "uses": "actions/checkout@v4", "with": { "ref": "${{ github.ref_name }}" } }),
        json!({ "name": "Install stackgen", "run": args.install }),
    ];
    if let Some(versions) = &deploy.versions {
        steps.push(json!({
            "name": "Take the new images",
            "env": {
                "SERVICES": "${{ needs.plan.outputs.services }}",
                "TAG": "${{ needs.plan.outputs.tag }}",
                "VERSIONS": versions,
            },
            "run": TAG,
        }));
    }
    let render = |environment: &String| {
        let words = ["stackgen", "render", environment, "-f", &deploy.file, "-o", &tree];
        words.map(quoted).join(" ") + "\n"
    };
    let commands: String = deploy.environments.iter().map(render).collect();
    steps.push(json!({ "name": "Render", "run": commands }));
    let paths: Vec<String> = deploy.versions.iter().chain([&tree]).map(|it| quoted(it)).collect();
    steps.push(json!({
        "name": "Commit",
        "env": { "TAG": "${{ needs.plan.outputs.tag }}" },
        "run": format!("PATHS=({})\n{COMMIT}", paths.join(" ")),
    }));
    json!({
        "needs": ["plan", "build"],
        // A change of the stack alone builds nothing, and is deployed all the same.
        "if": "!cancelled() && needs.plan.result == 'success' && contains(fromJSON('[\"success\", \"skipped\"]'), needs.build.result)",
        "runs-on": "ubuntu-latest",
        "permissions": { "contents": "write" },
        "steps": steps,
    })
}

/// A word of a shell's command.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '=' | ':');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_and_words() {
        assert_eq!(registry("ghcr.io/acme/shop"), "ghcr.io");
        assert_eq!(registry("localhost:5000/shop"), "localhost:5000");
        assert_eq!(registry("acme/shop"), "docker.io");
        assert_eq!(quoted("out/a-b"), "out/a-b");
        assert_eq!(quoted("my tree"), "'my tree'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
