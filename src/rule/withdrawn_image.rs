//! Images that their makers no longer publish.

use super::{Check, Facts, Rule};
use crate::diag::{Code, Diagnostic, Route, Severity::Warning, Sink};
use crate::model::Image;
use crate::resolve::Component;
use crate::stateful;

/// What is known of a repository that is no longer kept.
struct Withdrawn {
    /// The repository on Docker Hub or elsewhere; with a final `/`, all below it.
    repository: &'static str,
    /// What became of it.
    fate: &'static str,
    /// What to use.
    instead: &'static str,
}

const OWN: &str = "use the image that the project itself publishes, or a mirror of your own";
const MINIO: &str = "build it from source, or use an S3 server that is published, such as SeaweedFS";

static WITHDRAWN: [Withdrawn; 7] = [
    Withdrawn {
        repository: "bitnami/",
        fate: "Bitnami withdrew its free images in 2025; only some `latest` tags are left",
        instead: OWN,
    },
    Withdrawn {
        repository: "bitnamilegacy/",
        fate: "it is a copy of August 2025 that gets no fixes",
        instead: OWN,
    },
    Withdrawn { repository: "minio/minio", fate: MINIO_FATE, instead: MINIO },
    Withdrawn { repository: "minio/mc", fate: MINIO_FATE, instead: MINIO },
    Withdrawn { repository: "quay.io/minio/minio", fate: MINIO_COPY, instead: MINIO },
    Withdrawn { repository: "quay.io/minio/mc", fate: MINIO_COPY, instead: MINIO },
    Withdrawn {
        repository: "k8s.gcr.io/",
        fate: "the registry is frozen since April 2023",
        instead: "write `registry.k8s.io` for `k8s.gcr.io`",
    },
];
const MINIO_FATE: &str = "MinIO publishes no images since October 2025, and took these from Docker Hub";
const MINIO_COPY: &str = "MinIO publishes no images since October 2025; this one lacks the fixes since";

pub(super) static RULE: Rule = Rule { code: &CODE, check: Check::Component(check) };

static CODE: Code = Code {
    id: "SG329",
    name: "withdrawn-image",
    severity: Warning,
    docs: "\
## What it finds
An image from a registry or repository that its maker has withdrawn or frozen, also where it is an engine's own:
- `bitnami/*`, withdrawn in August and September 2025 but for a few `latest` tags, and `bitnamilegacy/*`, the copy without fixes (<https://github.com/bitnami/containers/issues/83267>)
- `minio/minio` and `minio/mc`, not published since October 2025 and gone from Docker Hub; the copies on quay.io are older than the last fixes (<https://github.com/minio/minio/issues/21647>)
- `k8s.gcr.io/*`, frozen in April 2023 (<https://kubernetes.io/blog/2023/02/06/k8s-gcr-io-freeze-announcement/>)

## Why it matters
A node that does not have the image yet cannot pull it, which shows at the next drain; what can still be pulled gets no security fixes.

## Example
```yaml
stateful: { db: { kind: custom, image: bitnami/postgresql:16.4.0 } }
```

## What to do
Take the image that the project itself publishes, or a mirror of your own that you keep current.
",
};

fn check(facts: &Facts<'_>, component: &Component, sink: &mut Sink) {
    for one in facts.resolved.containers(component) {
        let image = &one.container.image;
        judge(&|| one.at().join("image"), image.repository(), image.as_str(), sink);
    }
    if facts.resolved.container(component).is_some() {
        return;
    }
    // Read from the document, where tiers with an image of their own have it too.
    let written = |key: &str| {
        let at = component.route().join(key);
        let text = facts.document.find(&at).and_then(|it| it.as_scalar())?.text.to_string();
        Some((at, text))
    };
    let found = match written("image") {
        Some((at, text)) => Image::parse(&text).ok().map(|it| (at, it.repository().to_owned(), text)),
        // The engine's own image.
        None => written("kind").and_then(|(at, kind)| {
            let (_, table) = stateful::tables().find(|(it, _)| *it == kind)?;
            table.map(|it| (at, it.image.to_owned(), it.image.to_owned()))
        }),
    };
    if let Some((at, repository, image)) = found {
        judge(&|| at.clone(), &repository, &image, sink);
    }
}

fn judge(at: &dyn Fn() -> Route, repository: &str, image: &str, sink: &mut Sink) {
    let Some(withdrawn) = find(repository) else { return };
    sink.push(
        Diagnostic::at_value(&CODE, &at(), format!("the image `{image}` is no longer kept by its maker"))
            .note(withdrawn.fate)
            .help(withdrawn.instead),
    );
}

fn find(repository: &str) -> Option<&'static Withdrawn> {
    let hub = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"];
    let short = hub.iter().find_map(|it| repository.strip_prefix(it)).unwrap_or(repository);
    // Bitnami's own statement: the controller of Sealed Secrets stays where it is.
    if short == "bitnami/sealed-secrets-controller" {
        return None;
    }
    WITHDRAWN.iter().find(|it| {
        if it.repository.ends_with('/') { short.starts_with(it.repository) } else { short == it.repository }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_ways_to_write_docker_hub() {
        for bad in
            ["bitnami/redis", "docker.io/bitnami/redis", "minio/minio", "k8s.gcr.io/a/b", "quay.io/minio/mc"]
        {
            assert!(find(bad).is_some(), "{bad}");
        }
        for good in [
            "bitnami/sealed-secrets-controller",
            "registry.example.com/bitnami/redis",
            "minio/minio-operator",
            "registry.k8s.io/pause",
            "bitnami",
        ] {
            assert!(find(good).is_none(), "{good}");
        }
    }
}
