//! What we say about Kustomize, asked of `kubectl kustomize` where it is installed.
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use k8s_openapi::ByteString;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Deserialize as _;
use serde_json::{Value, json};
use stackgen::k8s::hash::config_map_suffix;
use stackgen::k8s::kustomization::{
    ConfigMapGenerator, FileSource, GeneratorOptions, Kustomization, Literal, SortOptions, SortOrder,
};

/// The objects that Kustomize prints, in their order; none where there is no `kubectl`, after saying so.
fn build(folder: &Path) -> Option<Result<Vec<Value>, String>> {
    let output = match Command::new("kubectl").arg("kustomize").arg(folder).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            println!("skipped: kubectl is not installed");
            return None;
        }
        Err(error) => panic!("kubectl: {error}"),
    };
    if !output.status.success() {
        return Some(Err(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = serde_yaml::Deserializer::from_str(&text);
    Some(Ok(documents.map(|document| Value::deserialize(document).unwrap()).collect()))
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// JSON is YAML.
fn write(root: &Path, path: &str, content: &impl serde::Serialize) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, serde_json::to_vec(content).unwrap()).unwrap();
}

fn listing<const N: usize>(resources: [&str; N]) -> Kustomization {
    Kustomization { resources: resources.map(str::to_owned).to_vec(), ..Kustomization::default() }
}

fn generator(name: &str, namespace: Option<&str>) -> ConfigMapGenerator {
    ConfigMapGenerator {
        literals: vec![Literal { key: "a".into(), value: "b".into() }],
        name: name.into(),
        namespace: namespace.map(str::to_owned),
        ..ConfigMapGenerator::default()
    }
}

const HOSTILE: &[&str] = &[
    "",
    "\n",
    " ",
    " \n",
    "x",
    "x\n",
    "x\n\n\n",
    "\n\nx",
    "\n\tx\ny",
    "a\n\tb\n",
    "   indented\nx\n",
    "trailing  \nx\t\n",
    "a\r\nb\r\n",
    "a\rb",
    "a\r\nb\nc\r",
    "\tone line",
    "<script>&amp;\"'</script>\n",
    "back\\slash\\n\\u003c\\",
    "\"quoted\"",
    "'quoted'",
    "é ü 漢字 \u{e000} 🎉\n",
    "a\u{2028}b\u{2029}c\n",
    "\u{feff}bom\n",
    "nel\u{85}nel\n",
    "\u{a0}\n",
    "\u{fffd}",
    "\0\u{1}\u{7}\u{8}\u{b}\u{c}\u{1b}[0m",
    "yes",
    "1_000",
    "null",
    "~",
    "{}",
    "# comment\nkey: value\n",
    "---\nkey: value\n...\n",
    "%YAML 1.1\n",
    "key: |-\n  text\n",
];

/// Contents of one to six pieces, each of them hard in some encoding. None begins with a tab (see below).
fn random_contents(count: usize) -> Vec<String> {
    let pieces = prop::sample::select(vec![
        "\t", "\n", "\r", " ", "  ", "\"", "'", "\\", "<", ">", "&", ":", "- ", "# ", "%", "é", "漢", "😀",
        "\u{85}", "\u{2028}", "\u{2029}", "\u{a0}", "\u{0}", "\u{1f}", "\u{8}", "\u{c}", "text", "0x1F",
        "on",
    ]);
    let content = prop::collection::vec(pieces, 1..7).prop_map(|pieces| pieces.concat());
    let content = content.prop_filter("begins with a tab", |text| !text.starts_with('\t'));
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| content.new_tree(&mut runner).unwrap().current()).collect()
}

#[test]
fn suffixes_are_those_of_kustomize() {
    let mut contents: Vec<BTreeMap<String, Vec<u8>>> = Vec::new();
    let random = random_contents(300);
    for text in HOSTILE.iter().copied().chain(random.iter().map(String::as_str)) {
        contents.push([("key".to_owned(), text.as_bytes().to_vec())].into());
    }
    // Several keys, whose order counts, then files that are no text, around the length where base64 is wrapped.
    for chunk in random.chunks(4).take(20) {
        let keys = ["b", "A", "a.b", "_-"].map(str::to_owned);
        contents.push(keys.into_iter().zip(chunk.iter().map(|text| text.as_bytes().to_vec())).collect());
    }
    for length in [1, 50, 51, 52, 53, 104, 105, 106, 700] {
        contents.push([("key".to_owned(), vec![0xff; length])].into());
    }
    contents.push([("bin".to_owned(), vec![0xff, 0, 0x80]), ("text".to_owned(), b"<x>\n".to_vec())].into());

    let root = folder();
    let mut kustomization = Kustomization::default();
    let mut expected = BTreeSet::new();
    for (index, files) in contents.iter().enumerate() {
        let name = format!("cm{index}.x");
        let mut generator = ConfigMapGenerator { name: name.clone(), ..ConfigMapGenerator::default() };
        let (mut data, mut binary) = (BTreeMap::new(), BTreeMap::new());
        for (number, (key, content)) in files.iter().enumerate() {
            let path = format!("f{index}-{number}");
            std::fs::write(root.path().join(&path), content).unwrap();
            generator.files.push(FileSource { key: key.clone(), path });
            match String::from_utf8(content.clone()) {
                Ok(text) => drop(data.insert(key.clone(), text)),
                Err(error) => drop(binary.insert(key.clone(), ByteString(error.into_bytes()))),
            }
        }
        // Neither of these counts.
        if index % 2 == 0 {
            generator.namespace = Some("shop".into());
            generator.options = Some(GeneratorOptions {
                annotations: [("a".into(), "b".into())].into(),
                immutable: true,
                labels: [("c".into(), "d".into())].into(),
                ..GeneratorOptions::default()
            });
        }
        kustomization.config_map_generator.push(generator);
        expected.insert(format!("{name}-{}", config_map_suffix(&data, &binary)));
    }
    kustomization
        .config_map_generator
        .push(ConfigMapGenerator { name: "nothing".into(), ..ConfigMapGenerator::default() });
    expected.insert(format!("nothing-{}", config_map_suffix(&BTreeMap::new(), &BTreeMap::new())));
    write(root.path(), "kustomization.yaml", &kustomization);

    let Some(built) = build(root.path()) else { return };
    let names: BTreeSet<_> =
        built.unwrap().iter().map(|object| object["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    let missing: Vec<_> = expected.difference(&names).collect();
    let surplus: Vec<_> = names.difference(&expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "we say {missing:?}, Kustomize says {surplus:?}");
    assert_eq!(names.len(), contents.len() + 1);
}

#[test]
fn literals_arrive_as_they_are() {
    let values: Vec<&str> = HOSTILE.iter().copied().filter(|value| !value.contains('\u{85}')).collect();
    let key = |index: usize| format!("k{index}");
    let literals =
        values.iter().enumerate().map(|(index, &value)| Literal { key: key(index), value: value.into() });
    let generator = ConfigMapGenerator {
        literals: literals.collect(),
        name: "literals".into(),
        ..ConfigMapGenerator::default()
    };
    let root = folder();
    let kustomization = Kustomization { config_map_generator: vec![generator], ..Kustomization::default() };
    write(root.path(), "kustomization.yaml", &kustomization);

    let Some(built) = build(root.path()) else { return };
    let objects = built.unwrap();
    for (index, value) in values.iter().enumerate() {
        assert_eq!(objects[0]["data"][key(index)], *value);
    }
}

#[test]
fn some_contents_are_refused() {
    let refused = ["\ta\nb", "\ta\n", "a\u{7f}", "a\u{80}", "a\u{9f}", "a\u{fffe}", "a\u{ffff}"];
    for content in refused {
        let root = folder();
        std::fs::write(root.path().join("f"), content).unwrap();
        let generator = ConfigMapGenerator {
            files: vec![FileSource { key: "k".into(), path: "f".into() }],
            name: "x".into(),
            ..ConfigMapGenerator::default()
        };
        let kustomization =
            Kustomization { config_map_generator: vec![generator], ..Kustomization::default() };
        write(root.path(), "kustomization.yaml", &kustomization);
        let Some(built) = build(root.path()) else { return };
        assert!(built.is_err(), "{content:?}");
    }
}

fn object(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Value {
    let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = namespace.into();
    }
    object
}

fn ids(objects: &[Value]) -> Vec<String> {
    let text =
        |object: &Value, pointer| object.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
    objects
        .iter()
        .map(|object| {
            let [kind, namespace, name] =
                ["/kind", "/metadata/namespace", "/metadata/name"].map(|p| text(object, p));
            format!("{kind} {namespace} {name}")
        })
        .collect()
}

#[test]
fn order_of_the_output() {
    let legacy = [
        "Namespace - shop",
        "StorageClass - fast",
        "ServiceAccount a x",
        "ConfigMap a-b x",
        "ConfigMap aa x",
        "ConfigMap a gen-4h2mbtbbt6",
        "ConfigMap a x",
        "ConfigMap a x-y",
        "Service a x",
        "Deployment a x",
        "StatefulSet a x",
        "PodDisruptionBudget a x",
        "DaemonSet a x",
        "HorizontalPodAutoscaler a x",
        "Job a x",
        "DestinationRule a x",
        "NetworkPolicy a x",
        "VaultStaticSecret a x",
        "PeerAuthentication a x",
        "Pod a x",
    ];
    let listed = [
        object("v1", "Pod", Some("a"), "x"),
        object("v1", "ConfigMap", Some("a"), "x-y"),
        object("security.istio.io/v1", "PeerAuthentication", Some("a"), "x"),
        object("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", Some("a"), "x"),
        object("networking.k8s.io/v1", "NetworkPolicy", Some("a"), "x"),
        object("networking.istio.io/v1", "DestinationRule", Some("a"), "x"),
        object("batch/v1", "Job", Some("a"), "x"),
        object("autoscaling/v2", "HorizontalPodAutoscaler", Some("a"), "x"),
        object("policy/v1", "PodDisruptionBudget", Some("a"), "x"),
        object("apps/v1", "StatefulSet", Some("a"), "x"),
        object("apps/v1", "Deployment", Some("a"), "x"),
        object("apps/v1", "DaemonSet", Some("a"), "x"),
        object("v1", "Service", Some("a"), "x"),
        object("v1", "ConfigMap", Some("a"), "x"),
        object("v1", "ConfigMap", Some("aa"), "x"),
        object("v1", "ConfigMap", Some("a-b"), "x"),
        object("v1", "ServiceAccount", Some("a"), "x"),
        object("storage.k8s.io/v1", "StorageClass", None, "fast"),
        object("v1", "Namespace", None, "shop"),
    ];
    let root = folder();
    let paths: Vec<String> = (0..listed.len()).map(|index| format!("{index}.yaml")).collect();
    for (path, object) in paths.iter().zip(&listed) {
        write(root.path(), &format!("child/{path}"), object);
    }
    let child = |order: Option<SortOrder>| Kustomization {
        config_map_generator: vec![generator("gen", Some("a"))],
        resources: paths.clone(),
        sort_options: order.map(|order| SortOptions { order }),
        ..Kustomization::default()
    };

    for order in [None, Some(SortOrder::Legacy)] {
        write(root.path(), "child/kustomization.yaml", &child(order));
        let Some(built) = build(&root.path().join("child")) else { return };
        assert_eq!(ids(&built.unwrap()), legacy, "{order:?}");
    }

    let mut fifo = ids(&listed);
    fifo.push("ConfigMap a gen-4h2mbtbbt6".into());
    write(root.path(), "child/kustomization.yaml", &child(Some(SortOrder::Fifo)));
    let built = build(&root.path().join("child")).unwrap();
    assert_eq!(ids(&built.unwrap()), fifo);

    // The child's wish does not count, the parent's does; what is generated stays behind the child's own.
    write(root.path(), "last.yaml", &object("v1", "Namespace", None, "last"));
    write(root.path(), "kustomization.yaml", &listing(["child"]));
    assert_eq!(ids(&build(root.path()).unwrap().unwrap()), legacy);
    let options = Some(SortOptions { order: SortOrder::Fifo });
    write(
        root.path(),
        "kustomization.yaml",
        &Kustomization { sort_options: options, ..listing(["child", "last.yaml"]) },
    );
    fifo.push("Namespace - last".into());
    assert_eq!(ids(&build(root.path()).unwrap().unwrap()), fifo);
}

const WORKLOADS: [(&str, &str, &str); 5] = [
    ("apps/v1", "Deployment", "/spec/template"),
    ("apps/v1", "StatefulSet", "/spec/template"),
    ("apps/v1", "DaemonSet", "/spec/template"),
    ("batch/v1", "Job", "/spec/template"),
    ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
];

/// A workload that refers to the `ConfigMap` `cfg` in every way.
fn workload(api_version: &str, kind: &str, namespace: Option<&str>) -> Value {
    let container = json!({
        "name": "c",
        "image": "i",
        "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "cfg", "key": "a"}}}],
        "envFrom": [{"configMapRef": {"name": "cfg"}}],
    });
    let template = json!({"spec": {
        "containers": [container],
        "initContainers": [container],
        "volumes": [
            {"name": "v", "configMap": {"name": "cfg"}},
            {"name": "p", "projected": {"sources": [{"configMap": {"name": "cfg"}}]}},
        ],
    }});
    let mut workload = object(api_version, kind, namespace, "w");
    workload["spec"] = if kind == "CronJob" {
        json!({"schedule": "* * * * *", "jobTemplate": {"spec": {"template": template}}})
    } else {
        json!({ "template": template })
    };
    workload
}

/// All six names that a built workload refers to.
fn references<'a>(workload: &'a Value, template: &str) -> Vec<&'a str> {
    [
        "containers/0/env/0/valueFrom/configMapKeyRef",
        "containers/0/envFrom/0/configMapRef",
        "initContainers/0/env/0/valueFrom/configMapKeyRef",
        "initContainers/0/envFrom/0/configMapRef",
        "volumes/0/configMap",
        "volumes/1/projected/sources/0/configMap",
    ]
    .map(|path| workload.pointer(&format!("{template}/spec/{path}/name")).unwrap().as_str().unwrap())
    .to_vec()
}

#[test]
fn references_follow_the_suffix_in_one_namespace() {
    let (a, b) = (Some("a"), Some("b"));
    for (of_generator, of_workload, follows) in
        [(a, a, true), (None, None, true), (a, None, false), (None, a, false), (a, b, false)]
    {
        let root = folder();
        let mut kustomization = Kustomization {
            config_map_generator: vec![generator("cfg", of_generator)],
            ..Kustomization::default()
        };
        for (api_version, kind, _) in WORKLOADS {
            let path = format!("{kind}.yaml");
            write(root.path(), &path, &workload(api_version, kind, of_workload));
            kustomization.resources.push(path);
        }
        write(root.path(), "kustomization.yaml", &kustomization);

        let Some(built) = build(root.path()) else { return };
        let built = built.unwrap();
        for (_, kind, template) in WORKLOADS {
            let workload = built.iter().find(|object| object["kind"] == kind).unwrap();
            let name = if follows { "cfg-4h2mbtbbt6" } else { "cfg" };
            assert_eq!(references(workload, template), [name; 6], "{kind} {of_generator:?} {of_workload:?}");
        }
    }
}

#[test]
fn references_follow_across_folders_built_together() {
    let root = folder();
    let with_generator =
        Kustomization { config_map_generator: vec![generator("cfg", Some("a"))], ..Kustomization::default() };
    let deployment = workload("apps/v1", "Deployment", Some("a"));
    write(root.path(), "user/deployment.yaml", &deployment);
    write(root.path(), "user/kustomization.yaml", &listing(["deployment.yaml"]));
    write(root.path(), "maker/kustomization.yaml", &with_generator);
    let used = |folder: &str| {
        let built = build(&root.path().join(folder))?.unwrap();
        let deployment = built.iter().find(|object| object["kind"] == "Deployment").unwrap();
        Some(references(deployment, "/spec/template")[0].to_owned())
    };

    let Some(alone) = used("user") else { return };
    assert_eq!(alone, "cfg", "built alone");

    for folders in [["maker", "user"], ["user", "maker"]] {
        write(root.path(), "kustomization.yaml", &listing(folders));
        assert_eq!(used("").unwrap(), "cfg-4h2mbtbbt6", "{folders:?}");
    }
    let above = Kustomization { resources: vec!["user".into()], ..with_generator };
    write(root.path(), "kustomization.yaml", &above);
    assert_eq!(used("").unwrap(), "cfg-4h2mbtbbt6", "generator above");
    write(root.path(), "deployment.yaml", &deployment);
    write(root.path(), "kustomization.yaml", &listing(["maker", "deployment.yaml"]));
    assert_eq!(used("").unwrap(), "cfg-4h2mbtbbt6", "generator below");
}

#[test]
fn names_meet_their_like() {
    let root = folder();
    // A Role's names of Secrets follow the ConfigMap of that name.
    let mut role = object("rbac.authorization.k8s.io/v1", "Role", Some("a"), "r");
    role["rules"] =
        json!([{"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["cfg"], "verbs": ["get"]}]);
    write(root.path(), "role/role.yaml", &role);
    // A custom resource does not.
    let mut custom = object("example.com/v1", "Example", Some("a"), "e");
    custom["spec"] = json!({"template": {"spec": {"volumes": [{"configMap": {"name": "cfg"}}]}}});
    write(root.path(), "role/custom.yaml", &custom);
    // The request for a suffix on a listed ConfigMap is not heard.
    let mut listed = object("v1", "ConfigMap", Some("a"), "listed");
    listed["metadata"]["annotations"] = json!({"kustomize.config.k8s.io/needs-hash": "true"});
    write(root.path(), "role/listed.yaml", &listed);
    let with_generator = |namespace| Kustomization {
        config_map_generator: vec![generator("cfg", Some(namespace))],
        ..Kustomization::default()
    };
    let resources = listing(["role.yaml", "custom.yaml", "listed.yaml"]).resources;
    write(root.path(), "role/kustomization.yaml", &Kustomization { resources, ..with_generator("a") });
    write(root.path(), "same/kustomization.yaml", &with_generator("a"));
    write(root.path(), "other/kustomization.yaml", &with_generator("b"));

    write(root.path(), "kustomization.yaml", &listing(["role", "other"]));
    let Some(built) = build(root.path()) else { return };
    let built = built.unwrap();
    let of_kind = |kind: &str| built.iter().find(|object| object["kind"] == kind).unwrap();
    assert_eq!(of_kind("Role")["rules"][0]["resourceNames"][0], "cfg-4h2mbtbbt6");
    assert_eq!(of_kind("Example")["spec"], custom["spec"]);
    let config_maps: Vec<_> = ids(&built).into_iter().filter(|id| id.starts_with("ConfigMap")).collect();
    assert_eq!(
        config_maps,
        ["ConfigMap a cfg-4h2mbtbbt6", "ConfigMap a listed", "ConfigMap b cfg-4h2mbtbbt6"]
    );

    write(root.path(), "kustomization.yaml", &listing(["role", "same"]));
    let error = build(root.path()).unwrap().unwrap_err();
    assert!(error.contains("already registered id"), "{error}");
}
