use super::super::tests::{findings, findings_in, lower_with, tier};
use super::*;
use crate::k8s::Object;
use crate::stateful::PodTraits;
use crate::workload::{Budget, Endpoints};

const ONE: &str = "
kind: rabbitmq
backend: operator
storage: 10Gi
user: shop
password: { secret: mq, key: pw }
";

const THREE: &str = "
kind: rabbitmq
backend: operator
version: 4.2.6
replicas: 3
storage: 10Gi
storageClass: fast
vhost: shop
password: { secret: mq, key: pw }
plugins: [rabbitmq_management, rabbitmq_mqtt]
config: { heartbeat: 30 }
terminationGracePeriodSeconds: 900
";

fn lower(yaml: &str) -> (RabbitmqClusterSpec, Plan) {
    let pods = PodTraits {
        labels: labels("mq").into_iter().chain([("team".to_owned(), "shop".to_owned())]).collect(),
        annotations: [("a".to_owned(), "b".to_owned())].into(),
        ..PodTraits::default()
    };
    let plan = lower_with(yaml, &labels("mq"), &pods);
    assert!(plan.parts.is_empty() && plan.files.is_empty(), "the operator makes all pods");
    let [Object::RabbitmqCluster(cluster)] = plan.objects.as_slice() else { panic!("{:?}", plan.objects) };
    (cluster.spec.clone(), plan)
}

#[test]
fn a_single_node() {
    let (spec, plan) = lower(ONE);
    assert_eq!((spec.replicas, spec.image.as_str(), plan.budget), (1, "rabbitmq:4.3.6", Budget::None));
    assert_eq!(spec.termination_grace_period_seconds, None, "the operator's own");
    assert_eq!(spec.secret_backend.external_secret.name, "mq");
    assert!(spec.rabbitmq.additional_plugins.is_empty());
    let conf = spec.rabbitmq.additional_config;
    assert!(
        conf.ends_with("default_vhost = /\nmanagement_agent.disable_metrics_collector = true\n"),
        "{conf}"
    );
    assert!(tier(ONE).0.endpoints("mq", &Cluster::standard()).peers.is_empty());
}

#[test]
fn a_cluster_with_what_the_stack_says() {
    let (spec, plan) = lower(THREE);
    assert_eq!((spec.replicas, plan.budget), (3, Budget::Majority(3)));
    assert_eq!(spec.termination_grace_period_seconds, Some(900));
    assert_eq!(spec.persistence.storage_class_name.as_deref(), Some("fast"));
    assert_eq!(spec.rabbitmq.additional_plugins, ["rabbitmq_mqtt"], "the other is on with the operator");
    let conf = spec.rabbitmq.additional_config;
    for line in [
        "default_queue_type = quorum",
        "heartbeat = 30",
        "default_vhost = shop",
        "management_agent.disable_metrics_collector = false",
    ] {
        assert!(conf.lines().any(|it| it == line), "{line} in {conf}");
    }
    assert!(!conf.contains("default_user") && !conf.contains("default_pass"), "{conf}");
}

#[test]
fn pods_have_the_labels_that_policies_go_by_and_an_identity_of_the_stack() {
    let template = lower(THREE).0.patches.stateful_set.spec.template;
    let metadata = template.metadata.unwrap();
    // The operator's own come from it: a patch of `part-of` would hide the pods from it.
    assert_eq!(metadata.labels.unwrap(), [("team".to_owned(), "shop".to_owned())].into());
    assert_eq!(metadata.annotations.unwrap()["a"], "b");
    let pod = template.spec.unwrap();
    assert_eq!(
        (pod.service_account_name.as_deref(), pod.automount_service_account_token),
        (Some("mq"), Some(false))
    );
    assert!(!tier(THREE).0.calls_api());
    assert_eq!(tier(THREE).0.operator_labels("mq"), Some(labels("mq")));
    assert_eq!(pod.security_context.unwrap().run_as_non_root, Some(true));
    let names = |it: &[core::Container]| it.iter().map(|it| it.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&pod.containers), ["rabbitmq"]);
    assert_eq!(names(&pod.init_containers.unwrap()), ["setup-container"]);
}

#[test]
fn clients_meet_it_where_they_met_the_plain_tier() {
    let cluster = Cluster::standard();
    let cookie = "erlangCookie: { secret: mq, key: cookie }";
    let plain = THREE.replace("backend: operator", cookie);
    let [plain, operated] = [&plain, THREE].map(|it| tier(it).0.endpoints("mq", &cluster));
    let seen = |it: &Endpoints| {
        let ports: Vec<_> = it.ports.iter().map(|it| (it.name.to_string(), it.service)).collect();
        (
            ports,
            it.scheme,
            it.path.clone(),
            it.properties.clone(),
            it.login.as_ref().map(|it| it.user.clone()),
        )
    };
    assert_eq!(seen(&plain), seen(&operated));
    assert_eq!(operated.peers, [4369, 25672]);
    let callers: Vec<_> = operated.callers.iter().map(|it| (it.namespace.as_str(), &*it.ports)).collect();
    assert_eq!(callers, [("rabbitmq-system", [15672].as_slice())]);
    let made = tier(THREE).0.operator_objects("mq");
    assert!(made.contains(&("Service", "mq".to_owned())), "{made:?}");
}

#[test]
fn the_secret_has_the_operators_form() {
    let forms = tier(ONE).0.secret_forms();
    assert_eq!(
        (forms.len(), forms[0].keys, forms[0].secret.as_str()),
        (1, ["default_user.conf"].as_slice(), "mq")
    );
    assert!(tier(&ONE.replace("backend: operator\n", "")).0.secret_forms().is_empty());
}

#[test]
fn what_the_operator_cannot_run() {
    assert_eq!((findings(ONE), findings(THREE)), (String::new(), String::new()));
    assert_eq!(findings(&THREE.replace("4.2.6", "4.0")), "SG111 version");
    assert_eq!(findings(&THREE.replace("4.2.6", "4.2.6-alpine")), "SG111 version");
    let cookie = format!("{THREE}erlangCookie: {{ secret: mq, key: cookie }}\n");
    assert_eq!(findings(&cookie), "SG111 erlangCookie (key)");
    let kept = format!("{ONE}volume: {{ nfs: {{ server: nas.lan, path: /srv/mq }} }}\n");
    assert_eq!(findings(&kept), "SG111 volume (key)");
    assert_eq!(findings(&THREE.replace("replicas: 3", "replicas: 2")), "SG302 replicas");
    assert_eq!(findings(&THREE.replace("900", "60")), "SG314 terminationGracePeriodSeconds");
    assert_eq!(
        findings(&THREE.replace("heartbeat: 30", "a: \"x;y\", b: \"'q'\", c: 'd\\'")),
        "SG111 config/a\nSG111 config/b\nSG111 config/c"
    );
    let old = Cluster { rabbitmq_operator: Version::new(2, 13), ..Cluster::standard() };
    assert_eq!(findings_in(ONE, &old), "SG303 backend");
}

#[test]
fn names_that_grow_too_long() {
    let of = |length: usize| {
        let mut sink = Sink::default();
        let at = Route::of(&["stateful", &"m".repeat(length)]);
        tier(ONE).0.check(&at, &Cluster::standard(), &mut sink);
        sink.findings().len()
    };
    assert_eq!([of(45), of(46)], [0, 1]);
}

#[test]
fn metrics_are_collected_where_they_are_shown() {
    let monitor = "monitor: { by: prometheus }\n";
    let operated = tier(&format!("{ONE}{monitor}"));
    let found = &operated.0.targets("mq")[0];
    assert_eq!((&*found.port.0, found.port.1, &found.pods), ("prometheus", 15692, &None));
    let plain = format!("{}{monitor}", ONE.replace("backend: operator", ""));
    assert_eq!(findings(&plain), "SG111 monitor (key)");
    assert_eq!(findings(&format!("{plain}plugins: [rabbitmq_prometheus]\n")), "");
}
