//! Patches and manifests beside each other: what several parts of the compiler say of them together.

use crate::support::memory::{compile, get, report, stack};

const WEB: &str = "
namespaces: { app: {} }
services: { web: { profile: web } }
environments: { prod: {} }
";

#[test]
fn a_leading_zero_is_octal_in_manifests_as_for_their_tools() {
    let objects = "\
apiVersion: v1
kind: Pod
metadata: { name: shell, namespace: app }
spec:
  containers: [{ name: shell, image: registry.example/shell:1.0.0 }]
  volumes:
    - { name: a, configMap: { name: a, defaultMode: 0644 } }
    - { name: b, configMap: { name: b, defaultMode: 0o600 } }
    - { name: c, configMap: { name: c, defaultMode: 420 } }
";
    let accepted = "accept: [{ rule: SG402, on: manifests, reason: a person starts it by hand }]\n";
    let files = stack(&format!("{WEB}manifests: objects.yaml\n{accepted}"), &[("objects.yaml", objects)]);
    let made = compile(&files, "prod", &[]).unwrap();
    let volumes = &get(&made, "Pod", "shell")["spec"]["volumes"];
    let modes: Vec<_> = (0..3).map(|it| volumes[it]["configMap"]["defaultMode"].as_i64().unwrap()).collect();
    assert_eq!(modes, [0o644, 0o600, 0o644]);
}

#[test]
fn a_leading_zero_in_a_patch_means_two_things() {
    let volume = |mode: &str| {
        let volume = format!(
            "{{ name: a, emptyDir: {{}} }}, {{ name: b, configMap: {{ name: b, optional: true, defaultMode: {mode} }} }}"
        );
        let patch = format!("merge: {{ spec: {{ template: {{ spec: {{ volumes: [{volume}] }} }} }} }}");
        stack(&format!("{WEB}patches: {{ mode: {{ target: {{ kind: Deployment }}, {patch} }} }}\n"), &[])
    };
    let (found, text) = report(&volume("0644"), "prod");
    let bad: Vec<_> = found.iter().filter(|it| it.0 == "SG111").collect();
    assert_eq!(bad, [&("SG111", "stack.yaml:13".to_owned())], "{text}");
    assert!(text.contains("`0644` is 644 here, and 420 to the tools of Kubernetes"), "{text}");
    let objects = compile(&volume("0o644"), "prod", &[]).unwrap();
    let volumes = &get(&objects, "Deployment", "web")["spec"]["template"]["spec"]["volumes"];
    let mode = volumes.as_sequence().unwrap().iter().find(|it| it["name"] == "b").unwrap();
    assert_eq!(mode["configMap"]["defaultMode"], 420);
}

#[test]
fn no_report_shows_what_a_secret_holds() {
    let secret = |data: &str| {
        format!("apiVersion: v1\nkind: Secret\nmetadata: {{ name: a, namespace: app }}\n{data}\n")
    };
    for data in ["stringData: { password: 31337 }", "stringData: s3cr3t", "data: [31337]"] {
        let files = stack(&format!("{WEB}manifests: objects.yaml\n"), &[("objects.yaml", &secret(data))]);
        let (found, text) = report(&files, "prod");
        assert!(found.contains(&("SG575", "objects.yaml:4".to_owned())), "{text}");
        assert!(!text.contains("31337") && !text.contains("s3cr3t"), "{text}");
    }
    for change in [
        "merge: { stringData: { password: s3cr3t } }",
        "merge: { stringData: s3cr3t }",
        "json: [{ op: add, path: /data, value: { password: 31337 } }, { op: test, path: /data/password, value: 1 }]",
    ] {
        let patch = format!("patches: {{ fill: {{ target: {{ kind: Secret }}, {change} }} }}\n");
        let extra = format!("{WEB}manifests: objects.yaml\n{patch}");
        let (found, text) = report(&stack(&extra, &[("objects.yaml", &secret("type: Opaque"))]), "prod");
        assert!(found.contains(&("SG575", "stack.yaml:14".to_owned())), "{text}");
        assert!(!text.contains("31337") && !text.contains("s3cr3t"), "{text}");
    }
}

#[test]
fn a_literal_that_a_patch_writes_into_a_manifest_is_found_once() {
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: app }\ndata: { b: c }\n";
    let patch = "patches: { fill: { target: { kind: ConfigMap, name: a }, merge: { data: { DB_PASSWORD: s3cr3t-and-long } } } }\n";
    let (found, text) =
        report(&stack(&format!("{WEB}manifests: objects.yaml\n{patch}"), &[("objects.yaml", map)]), "prod");
    let literals: Vec<_> = found.iter().filter(|it| it.0 == "SG403").collect();
    assert_eq!(literals, [&("SG403", "stack.yaml:14".to_owned())], "{text}");
}

#[test]
fn what_is_not_made_is_not_missed_where_something_could_not_be_made() {
    // The Service refers to a port that is not there, so nothing of it is made.
    let web = WEB.replace("{ profile: web }", "{ profile: web, env: { A: \"${services.web.port.nope}\" } }");
    let known = "acknowledge: { Deployment/web: { impact: downtime, reason: it moves } }\n";
    let (found, text) = report(&stack(&format!("{web}{known}"), &[]), "prod");
    assert!(!found.is_empty() && found.iter().all(|it| it.0 != "SG491"), "{text}");
    // A manifest that cannot be read may be the object.
    let known = "acknowledge: { ConfigMap/a: { impact: downtime, reason: it moves } }\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: app }\nimutable: true\n";
    let files = stack(&format!("{WEB}manifests: objects.yaml\n{known}"), &[("objects.yaml", map)]);
    let (found, text) = report(&files, "prod");
    assert_eq!(
        found
            .iter()
            .map(|it| it.0)
            .filter(|it| it.starts_with("SG4") || it.starts_with("SG57"))
            .collect::<Vec<_>>(),
        ["SG574"],
        "{text}"
    );
}

#[test]
fn a_secret_is_called_by_its_own_name_and_not_by_that_of_what_fetches_it() {
    let patched = |name: &str| {
        let patch = format!(
            "merge: {{ spec: {{ template: {{ spec: {{ imagePullSecrets: [{{ name: {name} }}] }} }} }} }}"
        );
        let extra = format!("
stores: {{ vault: {{ vault-secrets-operator: {{ address: \"https://vault.example:8200\", auth: {{ role: app }} }} }} }}
secrets: {{ pull: {{ from: vault, object: pull-of-the-team, path: a/b, keys: [.dockerconfigjson] }} }}
patches: {{ pull: {{ target: {{ kind: Deployment }}, {patch} }} }}
");
        report(&stack(&format!("{WEB}{extra}"), &[]), "prod")
    };
    let (found, text) = patched("pull");
    assert!(found.iter().all(|it| !matches!(it.0, "SG582" | "SG220")), "{text}");
    let (found, text) = patched("pull-of-the-team");
    assert!(found.iter().any(|it| it.0 == "SG582"), "{text}");
}

#[test]
fn a_compose_project_says_once_what_an_environment_removes() {
    let extra = "
services: { web: { profile: web }, api: { profile: web } }
compose: { publish: { web: { http: 8080 } } }
environments: { dev: { target: compose, services: { web: null } } }
";
    let (found, text) = report(&stack(extra, &[]), "dev");
    assert_eq!(found.iter().filter(|it| it.0 == "SG208").count(), 1, "{text}");
    // A port that could not be read is told where it stands.
    let extra = "
services: { api: { image: registry.example/api:1.2, ports: { http: many } } }
compose: { publish: { api: { http: 8080 } } }
environments: { dev: { target: compose } }
";
    let (found, text) = report(&stack(extra, &[]), "dev");
    assert!(found.iter().all(|it| !it.1.ends_with(":12")), "{text}");
    assert!(!found.is_empty(), "{text}");
}

/// A Service, an autoscaler and a policy of the stack's own, beside what is made here.
fn beside(service: &str, scaled: &str) -> String {
    format!(
        "\
apiVersion: v1
kind: Service
metadata: {{ name: old-web, namespace: app }}
spec:
  selector: {{ app.kubernetes.io/name: {service} }}
  ports: [{{ name: http, port: 80, targetPort: http }}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{ name: web, namespace: app }}
spec:
  maxReplicas: 3
  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: {scaled} }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{ name: web, namespace: app }}
spec: {{ defaultBackend: {{ service: {{ name: web, port: {{ number: 8080 }} }} }} }}
"
    )
}

#[test]
fn manifests_are_looked_at_among_what_is_made_here() {
    let of = |extra: &str, service: &str, scaled: &str| {
        let files = [("objects.yaml", &*beside(service, scaled))];
        report(&stack(&format!("{WEB}manifests: objects.yaml\n{extra}"), &files), "prod")
    };
    let dangling = |found: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
        found.iter().filter(|it| it.0.starts_with("SG37") || it.0 == "SG564").cloned().collect()
    };
    let (found, text) = of("", "web", "web");
    assert_eq!(dangling(&found), [], "{text}");
    let (found, text) = of("", "wob", "wob");
    let places = [("SG370", "objects.yaml:5".to_owned()), ("SG371", "objects.yaml:13".to_owned())];
    assert_eq!(dangling(&found), places, "{text}");
    // Those that are made here are looked at as what they are made of.
    assert!(found.iter().all(|it| it.1.starts_with("objects.yaml:") || it.0 != "SG415"), "{text}");
    let accept = "accept: [{ rule: SG370, on: manifests, reason: its pods come by hand }, { rule: SG371, on: manifests, reason: as above }]\n";
    let (_, text) = of(accept, "wob", "wob");
    assert!(text.contains("accepted[SG370]") && text.contains("accepted[SG371]"), "{text}");
    assert!(!text.contains("error["), "{text}");
    // What a patch mends is mended.
    let patch = "patches: { web: { target: { kind: Service, name: old-web }, merge: { spec: { selector: { app.kubernetes.io/name: web } } } } }\n";
    let (found, text) = of(patch, "wob", "web");
    assert_eq!(dangling(&found), [], "{text}");
}

/// Where something could not be made, nobody knows what is not there.
#[test]
fn what_could_not_be_made_is_not_missed() {
    let extra = WEB.replace("{ profile: web }", "{ profile: web, affinity: none }");
    let files = [("objects.yaml", &*beside("web", "web"))];
    let (found, text) = report(&stack(&format!("{extra}manifests: objects.yaml\n"), &files), "prod");
    assert!(text.contains("error["), "{text}");
    assert!(found.iter().all(|it| !it.0.starts_with("SG37")), "{text}");
}

#[test]
fn what_each_manifest_is_told_of_itself_is_told_once() {
    let pod = "\
apiVersion: v1
kind: Pod
metadata: { name: shell, namespace: app }
spec:
  hostNetwork: true
  containers:
    - name: shell
      image: registry.example/shell
      env: [{ name: DB_PASSWORD, value: hunter2 }]
";
    let named = WEB.replace("app: {}", "app: { podSecurity: restricted }");
    let (found, text) =
        report(&stack(&format!("{named}manifests: objects.yaml\n"), &[("objects.yaml", pod)]), "prod");
    let count = |code: &str| found.iter().filter(|it| it.0 == code).count();
    assert_eq!((count("SG403"), count("SG320")), (1, 1), "{text}");
    assert!(count("SG402") > 0 && count("SG440") == 0 && count("SG416") == 0, "{text}");
}

#[test]
fn whoever_knows_that_pods_need_not_meet_may_hide_them() {
    let of = |replicas: u32, accept: &str| {
        let text = format!(
            "
namespaces: {{ app: {{}} }}
stateful: {{ alone: {{ kind: custom, image: registry.example/alone:1.0.0, ports: {{ http: 8080 }}, replicas: {replicas} }} }}
patches: {{ hidden: {{ target: {{ kind: Service, name: alone-headless }}, merge: {{ spec: {{ publishNotReadyAddresses: false }} }} }} }}
environments: {{ prod: {{}} }}
{accept}"
        );
        let (found, text) = report(&stack(&text, &[]), "prod");
        (found.iter().any(|it| it.0 == "SG578"), text)
    };
    assert!(!of(1, "").0);
    let (found, text) = of(3, "");
    assert!(found && text.contains("error[SG578]"), "{text}");
    let accept = "accept: [{ rule: SG578, on: patches/hidden, reason: each is ready by itself }]\n";
    let (_, text) = of(3, accept);
    assert!(text.contains("accepted[SG578]") && !text.contains("error[SG578]"), "{text}");
}
