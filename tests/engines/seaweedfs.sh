#!/usr/bin/env bash
# Live proof of the distributed SeaweedFS tier: every rendered pod as a real process on loopback.
#
#   tests/engines/seaweedfs.sh TREE      (with a tier `files` in `mode: distributed`, replication 001)
#
# The command line is that of the rendered pod. Only host names become loopback addresses, one a pod, and the folders
# move; ports stay. GOMEMLIMIT is set as rendered.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the logs.
set -Eeuo pipefail

declare -A pid=() address=()
work=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    tree=$1/files
    find_server
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    lay_out

    step "three masters, three volume servers and the filer start at once"
    for pod in "${pods[@]}"; do start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 40 "$pod is ready" ready "$pod"; done
    wait_until 20 "all masters agree on one leader" one_leader
    wait_until 20 "three volume servers are known" volume_servers 3

    step "S3 asks for a key; a file is written and read"
    [ "$(code "http://${address[files-filer-0]}:8333/")" = 403 ] || fail "S3 answers without a key"
    s3 make bucket
    s3 put bucket first "one"
    [ "$(s3 get bucket first)" = one ] || fail "the file is not what was written"

    step "each file lies on two volume servers"
    wait_until 10 "two copies are known" two_copies bucket

    step "a volume server and the leading master go; what was written is read, and more is written"
    stop files-volume-2
    leader=$(leader_pod)
    stop "$leader"
    wait_until 40 "the masters have another leader" another_leader "$leader"
    [ "$(s3 get bucket first)" = one ] || fail "the file cannot be read"
    wait_until 30 "a write is confirmed" s3 put bucket second "two"

    step "both return and are part of it again"
    start files-volume-2
    start "$leader"
    wait_until 40 "$leader is ready" ready "$leader"
    wait_until 20 "all masters agree on one leader" one_leader
    wait_until 20 "three volume servers are known" volume_servers 3

    step "the filer restarts and has its names"
    stop files-filer-0
    start files-filer-0
    wait_until 40 "the filer is ready" ready files-filer-0
    [ "$(s3 get bucket first) $(s3 get bucket second)" = "one two" ] || fail "a file is missing"

    step "everything is told to stop at once, and comes back with everything"
    for pod in "${pods[@]}"; do tell_to_stop "$pod"; done
    # Without masters a filer may wait until its grace period is over, and is killed then.
    for pod in "${pods[@]}"; do await_stop "$pod" "$([ "$pod" != files-filer-0 ] || echo kill)"; done
    for pod in "${pods[@]}"; do start "$pod"; done
    for pod in "${pods[@]}"; do wait_until 60 "$pod is ready" ready "$pod"; done
    wait_until 20 "three volume servers are known" volume_servers 3
    wait_until 20 "the first file is read" is_one
    wait_until 30 "a write is confirmed" s3 put bucket third "three"
    say "all steps passed in $SECONDS s with $("$weed" version | cut -d' ' -f3) of weed"
}

# --- questions -------------------------------------------------------------------------------------------------------

code() { curl -s -o /dev/null -m 5 -w '%{http_code}' "$1" || :; }
ready() { [ "$(code "http://${address[$1]}:$(cat "$work/$1/ready")")" = 200 ]; }
status() { curl -s -m 5 "http://${address[$1]}:9333/cluster/status"; }
leader_of() { status "$1" | sed -n 's/.*"Leader":"\([0-9.]*\):.*/\1/p'; }

running_masters() {
    local pod
    for pod in files-master-0 files-master-1 files-master-2; do [ -z "${pid[$pod]:-}" ] || echo "$pod"; done
}

one_leader() {
    local pod seen=()
    for pod in $(running_masters); do seen+=("$(leader_of "$pod")"); done
    [ -n "${seen[0]}" ] && [ "$(printf '%s\n' "${seen[@]}" | sort -u | wc -l)" = 1 ]
}

leader_pod() {
    local pod at
    at=$(leader_of files-master-0)
    for pod in files-master-0 files-master-1 files-master-2; do
        [ "${address[$pod]}" != "$at" ] || echo "$pod"
    done
}

another_leader() {
    one_leader && [ "$(leader_of "$(running_masters | head -n 1)")" != "${address[$1]}" ]
}

volume_servers() {
    local master
    master=$(running_masters | head -n 1)
    [ "$(curl -sL -m 5 "http://${address[$master]}:9333/dir/status" | grep -o '"PublicUrl"' | wc -l)" = "$1" ]
}

two_copies() {
    curl -sL -m 5 "http://${address[files-master-0]}:9333/vol/status" | python3 -c '
import json, sys
collection, places = sys.argv[1], {}
for centre in json.load(sys.stdin)["Volumes"]["DataCenters"].values():
    for rack in centre.values():
        for server, volumes in rack.items():
            for volume in volumes or []:
                if volume["Collection"] == collection:
                    places.setdefault(volume["Id"], set()).add(server)
sys.exit(not places or any(len(it) != 2 for it in places.values()))' "$1"
}

is_one() { [ "$(s3 get bucket first)" = one ]; }

# Signed as S3 wants it (AWS signature, version 4), with the standard library alone.
s3() { python3 "$work/s3.py" "${address[files-filer-0]}:8333" "$@" 2>>"$work/s3.log"; }

# --- processes -------------------------------------------------------------------------------------------------------

start() {
    local pod=$1
    (cd "$work/$pod" && exec bash ./run) >>"$work/$pod/log" 2>&1 &
    pid[$pod]=$!
}

tell_to_stop() { kill -TERM "${pid[$1]}"; }

# With `kill`, a process that outlives its grace period is killed, as a kubelet does.
await_stop() {
    local code=0
    if [ "${2:-}" = kill ]; then
        (sleep "$(cat "$work/$1/grace")" && kill -KILL "${pid[$1]}" 2>/dev/null) &
        wait "${pid[$1]}" || :
        kill "$!" 2>/dev/null || :
        unset "pid[$1]"
        return
    fi
    wait_until "$(cat "$work/$1/grace")" "$1 stops" gone "${pid[$1]}"
    wait "${pid[$1]}" || code=$?
    case $code in 0 | 143) ;; *) fail "$1 stopped with exit code $code" ;; esac
    unset "pid[$1]"
}

stop() {
    tell_to_stop "$1"
    await_stop "$1"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

clean_up() {
    local it
    for it in "${pid[@]}"; do kill -KILL "$it" 2>/dev/null || :; done
    wait 2>/dev/null || :
    [ -z "$work" ] || rm -rf "$work"
}

# --- layout ----------------------------------------------------------------------------------------------------------

find_server() {
    weed=$(command -v weed || ls "${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin/weed" 2>/dev/null || :)
    [ -n "$weed" ] || { echo "skipped: there is no weed (tests/engines/install.sh)"; exit 0; }
    python3 -c 'import yaml' 2>/dev/null || { echo "skipped: python3 has no yaml"; exit 0; }
}

lay_out() {
    work=$(mktemp -d)
    cp "$tree/files/filer.toml" "$work/filer.toml"
    python3 - "$tree" "$work" "$weed" <<'PY'
import json, pathlib, shlex, sys
import yaml

tree, work, weed = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
sets = [yaml.safe_load(it.read_text()) for it in sorted(tree.glob("*statefulset*.yaml"))]
hosts = {}
for network, it in enumerate(sets, start=1):
    name, spec = it["metadata"]["name"], it["spec"]
    for ordinal in range(spec["replicas"]):
        pod = f"{name}-{ordinal}"
        host = f"{pod}.{spec['serviceName']}.{it['metadata']['namespace']}.svc.cluster.local"
        hosts[host] = (pod, f"127.0.{10 + network}.{10 + ordinal}")
identities = {"identities": [{"name": "test", "credentials": [{"accessKey": "key", "secretKey": "it's secret"}],
                              "actions": ["Admin", "Read", "Write", "List"]}]}
for it in sets:
    pod_spec = it["spec"]["template"]["spec"]
    [container] = pod_spec["containers"]
    for ordinal in range(it["spec"]["replicas"]):
        pod = f"{it['metadata']['name']}-{ordinal}"
        folder = work / pod
        (folder / "data").mkdir(parents=True)
        own = next(address for name, address in hosts.values() if name == pod)
        words = []
        for word in container["command"]:
            word = word.replace("$(POD_NAME)", pod)
            for host, (_, address) in hosts.items():
                word = word.replace(host, address)
            word = word.replace("=/data", f"={folder}/data").replace("/etc/seaweedfs/secrets", str(folder))
            words.append(word.replace("ip.bind=0.0.0.0", f"ip.bind={own}"))
        assert words[0] == "weed" and not any("svc.cluster.local" in word for word in words), words
        env = [f"{it['name']}={it['value']}" for it in container["env"] if "value" in it]
        line = ["exec", "env", f"HOME={folder}", *env, weed, *words[1:]]
        (folder / "run").write_text(" ".join(map(shlex.quote, line)) + "\n")
        (folder / "s3.json").write_text(json.dumps(identities))
        toml = (work / "filer.toml").read_text()
        assert '"/data/filerldb2"' in toml
        (folder / "filer.toml").write_text(toml.replace("/data/", f"{folder}/data/"))
        get = container["readinessProbe"]["httpGet"]
        port = next(p["containerPort"] for p in container["ports"] if p["name"] == get["port"])
        (folder / "ready").write_text(f"{port}{get['path']}")
        (folder / "grace").write_text(str(pod_spec["terminationGracePeriodSeconds"]))
(work / "pods").write_text("".join(f"{pod} {address}\n" for pod, address in hosts.values()))
PY
    pods=()
    while read -r pod at; do
        pods+=("$pod")
        address[$pod]=$at
    done <"$work/pods"
    [ "${#pods[@]}" = 7 ] || { echo "seven pods are expected, not: ${pods[*]}" >&2; exit 2; }
    cat >"$work/s3.py" <<'PY'
import datetime, hashlib, hmac, http.client, sys

host, action, bucket, *rest = sys.argv[1:]
method, path = ("GET" if action == "get" else "PUT"), "/" + "/".join([bucket, *rest[:1]])
body = rest[1].encode() if action == "put" else b""
now = datetime.datetime.now(datetime.timezone.utc)
stamp, day, digest = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d"), hashlib.sha256(body).hexdigest()
headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": stamp}
names = ";".join(headers)
request = "\n".join([method, path, "", *(f"{k}:{v}" for k, v in headers.items()), "", names, digest])
scope = f"{day}/us-east-1/s3/aws4_request"
text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
key = b"AWS4it's secret"
for part in (day, "us-east-1", "s3", "aws4_request"):
    key = hmac.new(key, part.encode(), hashlib.sha256).digest()
signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=key/{scope}, SignedHeaders={names}, Signature={signature}"
connection = http.client.HTTPConnection(host, timeout=15)
connection.request(method, path, body, headers)
answer = connection.getresponse()
text = answer.read()
print(method, path, answer.status, text[:300], file=sys.stderr)
if answer.status != 200:
    sys.exit(1)
sys.stdout.buffer.write(text if action == "get" else b"")
PY
}

# --- words -----------------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
step() { say "-- $*"; }

wait_until() {
    local limit=$1 what=$2 end
    shift 2
    end=$((SECONDS + limit))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not within $limit s: $what"
        sleep 0.3
    done
}

fail() {
    say "FAILED: $*"
    for log in "$work"/*/log "$work/s3.log"; do
        [ ! -f "$log" ] || { echo "== $log" && tail -n 15 "$log"; } >&2
    done
    exit 1
}

main "$@"
