#!/usr/bin/env bash
# Live proof of the tiers of Vault and OpenBao: three real servers, run from the rendered files, each on an address of its
# own.
#
#   tests/engines/vault.sh TREE      (with a tier `vault`, of either, of three nodes and a Job that sets it up)
#
# Pods' names become addresses of loopback, folders are moved, and the look for a renewed certificate comes each second
# instead of each minute; ports, names in certificates, environment and scripts are the rendered ones. For a tier of Vault, where
# there is no `vault`, OpenBao's `bao` stands in for it: the same program up to Vault 1.14, which reads the same configuration. It
# wants one line more, because it lets nobody enable an audit log over its API otherwise.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the servers' logs.
set -Eeuo pipefail
set -m

readonly NODES="0 1 2" LIMIT=60 STOP=25
declare -A pid=()
work= api= token=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    tree=$(cd "$1" && pwd)
    if [ -f "$tree/vault/files/vault-config/openbao.hcl" ]; then
        program=bao prefix=BAO root_folder=openbao file=openbao.hcl
    else
        program=vault prefix=VAULT root_folder=vault file=vault.hcl
    fi
    for needed in "vault-config/$file" vault-config/start.sh vault-setup/setup.sh; do
        [ -f "$tree/vault/files/$needed" ] || { echo "no $tree/vault/files/$needed" >&2; exit 2; }
    done
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    work=$(mktemp -d)
    find_server
    lay_out

    nodes_start_and_nobody_is_ready
    first_node_is_initialised
    others_join_by_themselves
    job_sets_up_what_is_declared
    job_may_run_again
    policies_hold
    accounts_log_in_by_their_roles
    one_writes_another_reads
    requests_are_recorded
    standby_restarts
    renewed_certificate_is_served
    active_node_is_replaced
    all_restart_at_once
    all_stop_in_time
    say "all steps passed in $SECONDS s with $version"
}

# --- steps -----------------------------------------------------------------------------------------------------------

nodes_start_and_nobody_is_ready() {
    step "three nodes start at once; none is ready"
    for node in $NODES; do start "$node"; done
    for node in $NODES; do wait_until "$LIMIT" "node $node answers" answers "$node"; done
    for node in $NODES; do [ "$(health "$node")" = 501 ] || fail "node $node: $(health "$node"), not 501"; done
}

first_node_is_initialised() {
    step "one node is initialised; sealed, it is not ready, and unsealed it is"
    at 0 operator init -key-shares=1 -key-threshold=1 -format=json >"$work/init.json"
    key=$(field unseal_keys_b64) root=$(field root_token)
    [ -n "$key" ] && [ -n "$root" ] || fail "no key and token in the answer"
    printf %s "$root" >"$work/token"
    [ "$(health 0)" = 503 ] || fail "sealed: $(health 0), not 503"
    # As in the cluster, the Job is there before Vault is open.
    run_setup >"$work/setup.log" 2>&1 &
    setup=$!
    unseal 0
}

others_join_by_themselves() {
    step "the others find the first by retry_join and vote once they are unsealed"
    for node in 1 2; do
        wait_until "$LIMIT" "node $node has found the first" has_found "$node"
        ! ready "$node" || fail "node $node is ready before it is unsealed"
        unseal "$node"
    done
    wait_until "$LIMIT" "three nodes vote" voters 3
    peers=$(as_root 0 operator raft list-peers)
    for node in $NODES; do
        grep -q "^vault-$node  *${address[$node]}:8201 " <<<"$peers" || fail "no vault-$node among the peers: $peers"
    done
}

job_sets_up_what_is_declared() {
    step "the Job, which waited, sets up engines, policies, roles and the audit log"
    wait "$setup" || fail "the script failed: $(cat "$work/setup.log")"
    grep -q "setup: done" "$work/setup.log" || fail "the script did not finish: $(cat "$work/setup.log")"
    [ "$(as_root 0 read -field=type sys/mounts/encryption)" = transit ] || fail "no transit engine"
    role=$(as_root 2 read auth/kubernetes/role/app)
    for want in "bound_service_account_names  *\[app\]" "token_policies .*app-encrypt" "token_policies .*app-read" "token_ttl  *30m" "audience  *vault"; do
        grep -q "$want" <<<"$role" || fail "the role lacks $want: $role"
    done
}

job_may_run_again() {
    step "the script may run again, and refuses an engine of another version"
    run_setup >"$work/setup.log" 2>&1 || fail "the second run failed: $(cat "$work/setup.log")"
    as_root 0 secrets disable secret >/dev/null
    as_root 0 secrets enable -path=secret -version=1 kv >/dev/null
    if run_setup >"$work/setup.log" 2>&1; then fail "a kv of version 1 was taken for one of version 2"; fi
    grep -q "secret keeps version 1" "$work/setup.log" || fail "said otherwise: $(cat "$work/setup.log")"
    as_root 0 secrets disable secret >/dev/null
    run_setup >"$work/setup.log" 2>&1 || fail "the fourth run failed: $(cat "$work/setup.log")"
    printf wrong >"$work/token"
    if timeout 20 bash -c "$(declare -f run_setup); $(declare -p work tls_name tree address prefix); run_setup" >"$work/setup.log" 2>&1; then
        fail "a wrong token did the work"
    fi
    grep -q "may not read" "$work/setup.log" || fail "waits on with a wrong token: $(cat "$work/setup.log")"
    printf %s "$root" >"$work/token"
}

policies_hold() {
    step "a token with a policy may do what it says, and no more"
    as_root 0 kv put -mount=secret app/db password=v-first-7391 >/dev/null
    reader=$(as_root 0 token create -policy=app-read -field=token)
    [ "$(with "$reader" 1 kv get -mount=secret -field=password app/db)" = v-first-7391 ] || fail "the reader does not read"
    if with "$reader" 1 kv put -mount=secret app/db password=other >/dev/null 2>&1; then fail "the reader writes"; fi
    if with "$reader" 1 kv get -mount=secret other/db >/dev/null 2>&1; then fail "the reader reads elsewhere"; fi
}

accounts_log_in_by_their_roles() {
    step "a ServiceAccount logs in by its role and gets its policies; others are refused"
    session=$(log_in app app vault true) || fail "the account does not log in"
    [ "$(with "$session" 2 kv get -mount=secret -field=password app/db)" = v-first-7391 ] || fail "the session does not read"
    [ "$(with "$session" 0 token lookup -format=json | tr -d ' \n' | sed 's/.*"policies":\[\([^]]*\)\].*/\1/')" = \
        '"app-encrypt","app-read","default"' ] || fail "the session has other policies"
    log_in audit auditor anything true >/dev/null || fail "a role without an audience refuses one"
    if log_in app intruder vault true 2>/dev/null; then fail "another account logs in"; fi
    if log_in app app elsewhere true 2>/dev/null; then fail "a token for another audience logs in"; fi
    if log_in app app vault false 2>/dev/null; then fail "a token that Kubernetes does not know logs in"; fi
}

one_writes_another_reads() {
    step "a standby takes a write, another one reads it"
    as_root 1 kv put -mount=secret app/db password=v-second-7391 >/dev/null
    wait_until 10 "node 2 reads it" reads 2 v-second-7391
}

requests_are_recorded() {
    step "requests are in the server's output"
    active=$(active_node)
    grep -q '"path":"secret/data/app/db"' "$work/node$active/log" || fail "no request in the output of node $active"
    if grep -rq -- -7391 "$work"/node?/log; then fail "a value is in the output in clear"; fi
}

standby_restarts() {
    step "a standby stops in time, comes back sealed, and serves once it is unsealed"
    active=$(active_node)
    standby=$(( (active + 1) % 3 ))
    stop "$standby"
    as_root "$active" kv put -mount=secret app/db password=v-third-7391 >/dev/null
    start "$standby"
    wait_until "$LIMIT" "node $standby answers" answers "$standby"
    [ "$(health "$standby")" = 503 ] || fail "comes back as $(health "$standby"), not sealed"
    unseal "$standby"
    wait_until 20 "node $standby has what was written" reads "$standby" v-third-7391
    wait_until "$LIMIT" "three nodes vote" voters 3
}

renewed_certificate_is_served() {
    step "a renewed certificate is served without a restart"
    before=$(served "$standby") was=${pid[$standby]}
    certificate "$work/node$standby/tls"
    wait_until 20 "node $standby serves the new certificate" serves_another "$standby" "$before"
    [ "$was" = "${pid[$standby]}" ] && kill -0 "$was" || fail "the node was restarted"
    [ "$(health "$standby")" = 200 ] || fail "the node is not open any more"
}

active_node_is_replaced() {
    step "the active node stops: another takes over, and the old one comes back as a standby"
    active=$(active_node)
    stop "$active"
    survivor=$(( (active + 1) % 3 ))
    wait_until 30 "another node is active" has_active "$survivor"
    as_root "$survivor" kv put -mount=secret app/db password=v-fourth-7391 >/dev/null
    start "$active"
    wait_until "$LIMIT" "node $active answers" answers "$active"
    unseal "$active"
    wait_until 20 "node $active has what was written" reads "$active" v-fourth-7391
}

all_restart_at_once() {
    step "all restart at once and find each other again"
    for node in $NODES; do stop "$node"; done
    for node in $NODES; do start "$node"; done
    for node in $NODES; do wait_until "$LIMIT" "node $node answers" answers "$node"; done
    for node in $NODES; do at "$node" operator unseal "$key" >/dev/null; done
    for node in $NODES; do wait_until "$LIMIT" "node $node is ready" ready "$node"; done
    wait_until 20 "the value is there" reads 0 v-fourth-7391
}

all_stop_in_time() {
    step "all stop in time, open as they are"
    for node in $NODES; do stop "$node"; done
}

# --- servers ---------------------------------------------------------------------------------------------------------

find_server() {
    cache=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}/bin
    mkdir -p "$work/bin"
    stand_in=
    if [ $program = vault ] && server=$(command -v vault || { [ -x "$cache/vault" ] && echo "$cache/vault"; }); then :
    elif server=$(command -v bao || { [ -x "$cache/bao" ] && echo "$cache/bao"; }); then
        [ $program = bao ] || stand_in=yes
    else say "skipped: $program is not installed, nor what may stand in for it"; exit 0; fi
    for tool in openssl curl python3; do
        command -v $tool >/dev/null || { say "skipped: $tool is not installed"; exit 0; }
    done
    ln -s "$server" "$work/bin/$program"
    PATH=$work/bin:$PATH
    version=$($program version | cut -d' ' -f1,2)
}

declare -A address=([0]=127.0.0.110 [1]=127.0.0.111 [2]=127.0.0.112)

# The value of a variable of the rendered pod.
variable() {
    grep -A1 -- "- name: $1\$" "$tree/vault/statefulset.yaml" | sed -n 's/.*value: //p' | tr -d '"'
}

moved() {
    local node=$1 folder=$work/node$1 script=()
    for peer in $NODES; do script+=(-e "s/vault-$peer\.$domain/${address[$peer]}/g"); done
    sed "${script[@]}" -e "s/\[::\]/${address[$node]}/" -e "s#/$root_folder/\(config\|tls\|data\)#$folder/\1#g" -e 's/sleep 60/sleep 1/'
}

lay_out() {
    domain=$(variable "${prefix}_CLUSTER_ADDR" | sed 's#.*_RAFT_NODE_ID)\.\(.*\):8201$#\1#')
    tls_name=$(variable "${prefix}_TLS_SERVER_NAME")
    ready_path=$(sed -n 's/.*path: \(\/v1\/sys\/health.*\)/\1/p' "$tree/vault/statefulset.yaml")
    [ -n "$domain" ] && [ -n "$tls_name" ] && [ -n "$ready_path" ] || fail "the rendered pod lacks something"
    # The names of the rendered certificate, and no other.
    names=$(sed -n '/dnsNames:/,/^  [a-z]/s/^ *- "\{0,1\}\([^"]*\)"\{0,1\}$/DNS:\1/p' "$tree/secrets/certificate.yaml" | paste -sd,)
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
    mkdir "$work/tmp"
    for node in $NODES; do
        local folder=$work/node$node
        mkdir -p "$folder/config" "$folder/data" "$folder/tls"
        for it in "$file" start.sh; do moved "$node" <"$tree/vault/files/vault-config/$it" >"$folder/config/$it"; done
        [ -z "$stand_in" ] || echo 'unsafe_allow_api_audit_creation = true' >>"$folder/config/vault.hcl"
        certificate "$folder/tls"
    done
    certificate "$work/kubernetes" IP:127.0.0.1
    kubernetes_api &
    api=$!
    wait_until 10 "the stand-in of the Kubernetes API listens" test -s "$work/api"
    # The CA of the Kubernetes API and the reviewer's token stand in a pod's own folder.
    sed -e "s#/tmp/#$work/tmp/#g" \
        -e "s#kubernetes_host=.*#kubernetes_host=https://127.0.0.1:$(cat "$work/api") kubernetes_ca_cert=@$work/ca.crt disable_local_ca_jwt=true#" \
        "$tree/vault/files/vault-setup/setup.sh" >"$work/setup.sh"
}

# What of the Kubernetes API Vault asks: whose a token is. A token is good when its signature says `good`.
kubernetes_api() {
    exec python3 - "$work" <<'PYTHON'
import base64, http.server, json, ssl, sys

def part(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

class Api(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["spec"]
        _, claims, signature = asked["token"].split(".")
        claims, status = json.loads(part(claims)), {"authenticated": False}
        if self.path == "/apis/authentication.k8s.io/v1/tokenreviews" and part(signature) == b"good":
            user = {"username": claims["sub"], "uid": claims["kubernetes.io"]["serviceaccount"]["uid"], "groups": []}
            status = {"authenticated": True, "user": user, "audiences": asked.get("audiences") or claims["aud"]}
        answer = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Api)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1] + "/kubernetes/tls.crt", sys.argv[1] + "/kubernetes/tls.key")
server.socket = tls.wrap_socket(server.socket, server_side=True)
with open(sys.argv[1] + "/api", "w") as file:
    file.write(str(server.server_port))
server.serve_forever()
PYTHON
}

# log_in ROLE ACCOUNT AUDIENCE WHETHER_KUBERNETES_KNOWS_IT: the token of the session.
log_in() {
    local encoded claims signature=good now
    now=$(date +%s)
    [ "$4" = true ] || signature=bad
    encode() { printf %s "$1" | openssl base64 -A | tr '+/' '-_' | tr -d =; }
    claims="{\"iss\":\"kubernetes\",\"aud\":[\"$3\"],\"sub\":\"system:serviceaccount:vault:$2\",\"iat\":$((now - 60)),\"nbf\":$((now - 60)),\"exp\":$((now + 600)),\"kubernetes.io\":{\"namespace\":\"vault\",\"serviceaccount\":{\"name\":\"$2\",\"uid\":\"uid-$2\"}}}"
    encoded=$(encode '{"alg":"RS256","typ":"JWT"}').$(encode "$claims").$(encode $signature)
    at 0 write -field=token auth/kubernetes/login role="$1" jwt="$encoded"
}

# A certificate of the rendered names (or of the given ones), signed by the CA of all, exchanged as the kubelet does: as
# a whole.
certificate() {
    local new=$1.new names=${2:-$names}
    mkdir "$new"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=vault -keyout "$new/tls.key" -out "$new/csr" 2>/dev/null
    openssl x509 -req -in "$new/csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -days 1 -out "$new/tls.crt" \
        -extfile <(echo "subjectAltName=$names") 2>/dev/null
    cp "$work/ca.crt" "$new/ca.crt"
    rm -rf "$1"
    mv "$new" "$1"
}

start() {
    local node=$1 folder=$work/node$1
    own() { variable "${prefix}_$1" | sed "s/\$(${prefix}_RAFT_NODE_ID)/vault-$node/" | moved "$node"; }
    env -i PATH="$PATH" HOME="$work/tmp" "${prefix}_RAFT_NODE_ID=vault-$node" \
        "${prefix}_API_ADDR=$(own API_ADDR)" "${prefix}_CLUSTER_ADDR=$(own CLUSTER_ADDR)" \
        GOMEMLIMIT="$(variable GOMEMLIMIT)" GOMAXPROCS="$(variable GOMAXPROCS)" \
        sh "$folder/config/start.sh" >>"$folder/log" 2>&1 &
    pid[$node]=$!
}

# The server alone is told to stop, as in a container; what watches the certificate goes with its namespace there.
stop() {
    local node=$1
    kill -TERM "${pid[$node]}"
    wait_until "$STOP" "node $node stops" gone "${pid[$node]}"
    kill -KILL -- "-${pid[$node]}" 2>/dev/null || true
}

# at NODE ARG...: the program as a client of a node.
at() {
    local node=$1
    shift
    env "${prefix}_ADDR=https://${address[$node]}:8200" "${prefix}_CACERT=$work/ca.crt" \
        "${prefix}_TLS_SERVER_NAME=$tls_name" ${token:+"${prefix}_TOKEN=$token"} "$program" "$@"
}
with() { local token=$1; shift; at "$@"; }
as_root() { with "$root" "$@"; }

# The Job's script, with the Job's own variables. Against the first node, which is active: Vault's standbys hand everything
# on, OpenBao's do not hand on the making of an audit log.
run_setup() {
    env -i PATH="$PATH" HOME="$work/tmp" "${prefix}_ADDR=https://${address[0]}:8200" "${prefix}_CACERT=$work/ca.crt" \
        "${prefix}_TLS_SERVER_NAME=$tls_name" "${prefix}_TOKEN_FILE=$work/token" sh "$work/setup.sh"
}

field() { tr -d ' \n' <"$work/init.json" | sed -n "s/.*\"$1\":\[\{0,1\}\"\([^\"]*\)\".*/\1/p"; }
health() { curl -sk -o /dev/null -w '%{http_code}' --max-time 5 "https://${address[$1]}:8200$ready_path" || true; }
answers() { [ "$(health "$1")" != 000 ]; }
ready() { [ "$(health "$1")" = 200 ]; }
has_found() { grep -q "waiting for unseal keys" "$work/node$1/log"; }
unseal() {
    at "$1" operator unseal "$key" >/dev/null
    wait_until "$LIMIT" "node $1 is ready" ready "$1"
}
voters() { [ "$(as_root 0 operator raft list-peers 2>/dev/null | grep -c ' true *$')" = "$1" ]; }
reads() { [ "$(as_root "$1" kv get -mount=secret -field=password app/db 2>/dev/null)" = "$2" ]; }
active_node() {
    for node in $NODES; do
        if at "$node" status 2>/dev/null | grep "^HA Mode  *active" >/dev/null; then echo "$node"; return; fi
    done
    fail "no node is active"
}
has_active() { as_root "$1" read sys/mounts/sys >/dev/null 2>&1; }
served() {
    openssl s_client -connect "${address[$1]}:8200" -servername "$tls_name" </dev/null 2>/dev/null | openssl x509 -noout -serial
}
serves_another() { [ "$(served "$1")" != "$2" ]; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# --- the rest --------------------------------------------------------------------------------------------------------

step() { echo "[$SECONDS s] $*"; }
say() { echo "$*"; }
fail() {
    echo "failed: $*" >&2
    for node in $NODES; do
        [ -f "$work/node$node/log" ] || continue
        echo "--- node $node" >&2
        grep -v '^{"time"' "$work/node$node/log" | tail -n 8 | cut -c1-240 >&2
    done
    exit 1
}
# wait_until SECONDS WHAT COMMAND...
wait_until() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not in time: $what"
        sleep 0.3
    done
}
clean_up() {
    for it in "${pid[@]}" $api; do kill -KILL -- "-$it" 2>/dev/null || true; done
    wait 2>/dev/null
    [ -z "$work" ] || rm -rf "$work"
}

main "$@"
