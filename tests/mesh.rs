//! What a mesh is told of callers, and what it needs of the network.

use crate::support::memory::{compile, get, stack};
use serde_yaml::Value;

const LINKERD: &str = "
cluster: { linkerd: \"2.18\" }
namespaces: { app: { mesh: true }, out: {}, half: { mesh: { mtls: PERMISSIVE } } }
mesh: { linkerd: {} }
clients: { guest: { pods: { namespace: elsewhere, mesh: true } } }
services:
  one: { profile: web, namespace: app, uses: [ two:http ] }
  two: { profile: web, namespace: half, ports: { http: 8080, admin: 9090, bytes: { port: 7000, appProtocol: tcp } } }
  three: { profile: web, namespace: out, uses: [ two:bytes ] }
  dns: { profile: web, namespace: half, ports: { dns: { port: 5353, protocol: UDP }, http: 8080 }, uses: [ two:http ] }
  user: { profile: web, namespace: app, uses: [ dns:dns ] }
  four: { profile: web, namespace: out, ports: { bytes: { port: 7100, appProtocol: tcp } } }
  seven: { profile: web, namespace: out, ports: { bytes: { port: 7100, appProtocol: tcp } }, usedBy: [ guest ] }
  six: { profile: web, namespace: app, uses: [ four ] }
  five: { profile: web, namespace: out, ports: { bytes: { port: 7100, appProtocol: tcp } } }
environments:
  prod: {}
  old: { cluster: { linkerd: \"2.15\" } }
  none: { mesh: { linkerd: { authorization: none } } }
  later: { cluster: { linkerd: \"2.19\" } }
";

fn policies(objects: &[Value], name: &str) -> Vec<String> {
    let of = |it: &&Value| it["apiVersion"].as_str().unwrap().starts_with("policy.linkerd.io/");
    let one = |it: &Value| it["metadata"]["name"].as_str().unwrap().to_owned();
    objects.iter().filter(of).filter(|it| it["kind"] == name).map(one).collect()
}

#[test]
fn linkerd_lets_in_exactly_who_uses_a_port() {
    let objects = compile(&stack(LINKERD, &[]), "prod", &[]).unwrap();
    // Neither `admin`, which nobody uses, nor UDP, which no proxy sees.
    assert_eq!(policies(&objects, "Server"), ["two-http", "two-bytes"]);
    assert_eq!(policies(&objects, "AuthorizationPolicy"), ["two-http", "two-bytes-network"]);
    let server = get(&objects, "Server", "two-http");
    assert_eq!(server["apiVersion"], "policy.linkerd.io/v1beta3");
    assert_eq!(server["spec"]["port"], 8080);
    assert_eq!(server["spec"]["proxyProtocol"], Value::Null);
    assert_eq!(get(&objects, "Server", "two-bytes")["spec"]["proxyProtocol"], "opaque");
    let refs = &get(&objects, "MeshTLSAuthentication", "two-http")["spec"]["identityRefs"];
    let refs: Vec<_> = refs.as_sequence().unwrap().iter().map(|it| (&it["name"], &it["namespace"])).collect();
    let expected = [("one", "app"), ("dns", "half")].map(|(name, it)| (Value::from(name), Value::from(it)));
    assert_eq!(refs, expected.iter().map(|(name, it)| (name, it)).collect::<Vec<_>>());
    // Who is outside the mesh has no identity.
    let anybody = get(&objects, "NetworkAuthentication", "two-bytes-network");
    assert_eq!(anybody["spec"]["networks"][0]["cidr"], "0.0.0.0/0");
    let old = compile(&stack(LINKERD, &[]), "old", &[]).unwrap();
    assert_eq!(get(&old, "Server", "two-http")["apiVersion"], "policy.linkerd.io/v1beta1");
}

#[test]
fn linkerd_is_joined_by_annotations() {
    let objects = compile(&stack(LINKERD, &[]), "later", &[]).unwrap();
    let annotations = |kind: &str, name: &str| get(&objects, kind, name)["metadata"]["annotations"].clone();
    assert_eq!(annotations("Namespace", "app")["linkerd.io/inject"], "enabled");
    assert_eq!(annotations("Namespace", "app")["config.linkerd.io/default-inbound-policy"], "deny");
    assert_eq!(annotations("Namespace", "out"), Value::Null);
    assert_eq!(annotations("Service", "two")["config.linkerd.io/opaque-ports"], "7000");
    // The caller's proxy waits as well, whether there is one at the other end or not.
    assert_eq!(annotations("Service", "four")["config.linkerd.io/opaque-ports"], "7100");
    assert_eq!(annotations("Service", "seven")["config.linkerd.io/opaque-ports"], "7100");
    assert_eq!(annotations("Service", "five"), Value::Null, "nobody of the mesh calls it");
    let pod =
        |name: &str| get(&objects, "Deployment", name)["spec"]["template"]["metadata"]["annotations"].clone();
    assert_eq!(pod("four"), Value::Null);
    assert_eq!(pod("two")["config.linkerd.io/opaque-ports"], "7000");
    assert_eq!(annotations("Namespace", "app")["config.beta.linkerd.io/proxy-enable-native-sidecar"], "true");
    assert_eq!(pod("one"), Value::Null);
    let open = compile(&stack(LINKERD, &[]), "none", &[]).unwrap();
    assert!(policies(&open, "Server").is_empty());
    let default = |name: &str| {
        let namespace = get(&open, "Namespace", name);
        namespace["metadata"]["annotations"]["config.linkerd.io/default-inbound-policy"].clone()
    };
    assert_eq!(default("app"), "all-authenticated");
    assert_eq!(default("half"), "all-unauthenticated");
}

#[test]
fn linkerds_proxies_have_their_paths() {
    let objects = compile(&stack(LINKERD, &[]), "prod", &[]).unwrap();
    let ports = |rule: &Value| {
        let ports = rule["ports"].as_sequence().unwrap().iter();
        ports.map(|it| it["port"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let of = |name: &str, way: &str| {
        let rules = get(&objects, "NetworkPolicy", name)["spec"][way].clone();
        rules.as_sequence().into_iter().flatten().map(ports).collect::<Vec<_>>()
    };
    assert_eq!(of("one", "egress"), [[8080, 4143]]);
    // In the order of the callers: one, three from outside, dns.
    assert_eq!(of("two", "ingress"), [vec![8080, 4143], vec![7000], vec![8080, 4143]]);
    assert_eq!(of("user", "egress"), [[5353]]);
    assert_eq!(of("allow-mesh", "egress"), [vec![8080], vec![8086, 8090]]);
}

const CERTIFICATES: &str = "
namespaces: { app: { name: shop, mesh: true }, out: {} }
mesh:
  certificates:
    issuer: { name: internal, kind: Issuer }
    path: /run/tls/
    env: { TLS_CERT: certificate, TLS_CA: ca }
services:
  one: { profile: web, namespace: app, uses: [ two ], env: { TLS_CA: /own/ca.crt } }
  three: { profile: web, namespace: out }
stateful:
  two: { kind: custom, profile: web, namespace: app, volumes: { /data: { claim: 1Gi } } }
environments:
  prod: {}
  some: { mesh: { certificates: { for: one } } }
  none: { mesh: null }
  taken: { services: { one: { volumes: { /run/tls: { emptyDir: 1Mi } } } } }
";

#[test]
fn certificates_are_mounted_where_they_are_wanted() {
    let of = |environment: &str| compile(&stack(CERTIFICATES, &[]), environment, &[]).unwrap();
    let names = |objects: &[Value]| {
        let found = objects.iter().filter(|it| it["kind"] == "Certificate");
        found.map(|it| it["metadata"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let objects = of("prod");
    assert_eq!(names(&objects), ["one-mesh-tls", "two-mesh-tls"]);
    let spec = &get(&objects, "Certificate", "two-mesh-tls")["spec"];
    assert_eq!(spec["issuerRef"]["kind"], "Issuer");
    let hosts: Vec<&str> = spec["dnsNames"].as_sequence().unwrap().iter().filter_map(Value::as_str).collect();
    let expected = ["two.shop.svc.cluster.local", "two", "two.shop", "two.shop.svc"];
    assert_eq!(hosts[..4], expected);
    assert_eq!(hosts[4..], ["*.two-headless.shop.svc.cluster.local"]);
    let pod = &get(&objects, "Deployment", "one")["spec"]["template"]["spec"];
    let (container, volume) = (&pod["containers"][0], &pod["volumes"][0]);
    assert_eq!(volume["secret"]["secretName"], spec["secretName"].as_str().unwrap().replace("two", "one"));
    assert_eq!(container["volumeMounts"][0]["name"], volume["name"]);
    assert_eq!(container["volumeMounts"][0]["mountPath"], "/run/tls/");
    let env = |name: &str| {
        let found = container["env"].as_sequence().unwrap().iter().find(|it| it["name"] == name);
        found.unwrap()["value"].clone()
    };
    assert_eq!((env("TLS_CERT"), env("TLS_CA")), ("/run/tls/tls.crt".into(), "/own/ca.crt".into()));
    let set = &get(&objects, "StatefulSet", "two")["spec"]["template"]["spec"];
    assert_eq!(set["containers"][0]["env"].as_sequence().unwrap().len(), 2);
    assert_eq!(get(&objects, "Deployment", "three")["spec"]["template"]["spec"]["volumes"], Value::Null);
    assert_eq!(names(&of("some")), ["one-mesh-tls"]);
    assert!(names(&of("none")).is_empty());
    let errors = compile(&stack(CERTIFICATES, &[]), "taken", &[]).unwrap_err();
    assert_eq!(errors, ["SG510 two things are mounted at `/run/tls`"]);
}
