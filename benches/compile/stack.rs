//! Stacks of any size: N services alike enough to be generated, different enough to be real.

use std::collections::BTreeMap;
use std::fmt::Write;

use stackgen::document::{FileError, Files};

/// The environment that generated stacks have.
pub(crate) const ENVIRONMENT: &str = "prod";
/// Services in one file: a stack of thousands is not one file, and a file may have four MiB.
const A_FILE: usize = 500;

/// A stack in memory.
pub(crate) struct Stack {
    files: BTreeMap<String, String>,
}

/// What one service is given; the hand-written objects of the comparison start from the same.
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) uses: Vec<String>,
    pub(crate) secret: Option<String>,
}

/// The services of a stack of `count`: a service calls its neighbour and one far away, every third calls the first
/// (which so is used by a third of the stack), and every fourth has a secret of its own.
pub(crate) fn services(count: usize) -> Vec<Service> {
    let name = |index: usize| format!("svc-{index:05}");
    let one = |index: usize| {
        let mut uses: Vec<usize> = vec![(index + 1) % count, (index + count / 2) % count];
        if index.is_multiple_of(3) {
            uses.push(0);
        }
        let mut seen = vec![index];
        uses.retain(|it| {
            !seen.contains(it) && {
                seen.push(*it);
                true
            }
        });
        Service {
            name: name(index),
            uses: uses.into_iter().map(name).collect(),
            secret: (index.is_multiple_of(4)).then(|| format!("key-{index:05}")),
        }
    };
    (0..count).map(one).collect()
}

impl Stack {
    /// A stack of `count` services, about six objects each.
    pub(crate) fn generate(count: usize) -> Self {
        let services = services(count);
        let mut files = BTreeMap::new();
        for (index, part) in services.chunks(A_FILE).enumerate() {
            files.insert(format!("part-{index:02}.yaml"), section(part));
        }
        let include = files.keys().cloned().collect::<Vec<_>>().join(", ");
        files.insert("stack.yaml".to_owned(), format!("include: [{include}]\n{FRAME}"));
        Self { files }
    }

    /// With another memory limit of the middle one of `count` services.
    pub(crate) fn edited(mut self, count: usize) -> Self {
        let name = format!("  svc-{:05}:\n", count / 2);
        for text in self.files.values_mut() {
            *text =
                text.replacen(&name, &format!("{name}    resources: {{ limits: {{ memory: 256Mi }} }}\n"), 1);
        }
        self
    }

    /// Its files, by path.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

impl Files for Stack {
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.files.get(path).map(|it| it.clone().into_bytes()).ok_or(FileError::NotFound(None))
    }

    fn glob(&self, pattern: &str) -> Result<Vec<String>, FileError> {
        Ok(vec![pattern.to_owned()])
    }
}

fn section(services: &[Service]) -> String {
    let (mut out, mut secrets) = (String::from("services:\n"), String::new());
    for Service { name, uses, secret } in services {
        let (uses, first) = (uses.join(", "), &uses[0]);
        write!(
            out,
            "  {name}:
    profile: web
    uses: [{uses}]
    env:
      SHARD: \"{name}\"
      NEXT_URL: \"${{services.{first}.url}}/v1\"
"
        )
        .expect("writing to a string cannot fail");
        if let Some(secret) = secret {
            writeln!(out, "      API_KEY: {{ secret: {secret}, key: token }}")
                .expect("writing to a string cannot fail");
            writeln!(secrets, "  {secret}: {{ from: vault, path: apps/{name}, keys: [token] }}")
                .expect("writing to a string cannot fail");
        }
    }
    if !secrets.is_empty() {
        out.push_str("secrets:\n");
        out.push_str(&secrets);
    }
    out
}

const FRAME: &str = r#"stackgen: 1
stack: generated
cluster: { kubernetes: "1.36" }
parameters:
  tag: { type: string, default: "1.4.2", description: version of the images }
namespaces:
  apps: { name: apps, podSecurity: restricted }
affinity:
  stateless: { spread: [hostname, zone] }
network: { policies: from-uses }
stores:
  vault:
    vault-secrets-operator:
      address: https://vault.example.com:8200
      auth: { role: apps }
      mount: secret
      type: kv-v2
      refreshAfter: 1h
profiles:
  web:
    namespace: apps
    image: registry.example.com/apps/${name}:${parameters.tag}
    affinity: stateless
    scale: { hpa: { min: 3, max: 12, cpu: 60 } }
    rollout: { maxSurge: 1, maxUnavailable: 0 }
    ports: { http: 8080, grpc: 50050 }
    securityContext: { runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 }
    resources: { requests: { cpu: 100m, memory: 64Mi }, limits: { cpu: 500m, memory: 128Mi } }
    probes:
      liveness: { http: /health/live, port: http, periodSeconds: 10 }
      readiness: { http: /health/ready, port: http, periodSeconds: 5 }
    preStop: { sleep: 5s }
    env:
      LOG_LEVEL: info
      LOG_JSON: "true"
environments:
  prod: {}
"#;
