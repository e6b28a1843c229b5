#!/usr/bin/env bash
# Live proof of the plain Kafka tier: three real combined nodes on 127.0.0.1 to 127.0.0.3, run from the rendered files.
#
#   tests/engines/kafka.sh TREE      (with a tier `events` of three combined brokers, with or without a certificate,
#                                     logins and access lists)
#
# The host names are the rendered ones: Java reads them from a file. Moved are paths, and the address that a node
# listens on, because all of them are on one machine. The shell scripts of Kafka's distribution, which is not in Maven
# Central, are replaced by the stand-ins below; the jars are its own (tests/engines/install.sh).
# Certificates and passwords are made here, as cert-manager and a store would.
# Exit 0: all steps passed, or `skipped: …`. Exit 1: the step that failed, with the ends of the servers' logs.
set -Eeuo pipefail
# each node is its own process group
set -m

readonly NODES=(0 1 2) LIMIT=90 GRACE=60 DOMAIN=data.svc.cluster.local
declare -A pid=()
work=

main() {
    [ $# -eq 1 ] || { echo "usage: $0 TREE" >&2; exit 2; }
    tree=$(cd "$1/events" && pwd)
    secured=
    [ ! -e "$tree/files/events-config/admin.properties" ] || secured=yes
    find_server
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    lay_out

    a_node_alone_waits
    the_cluster_forms
    the_topics_are_made
    the_job_may_run_again
    if [ -n "$secured" ]; then logins; else plain; fi
    say "all steps passed in $SECONDS s (Kafka $version)"
}

plain() {
    what_one_takes_another_gives
    a_node_restarts_under_load
    a_killed_node_recovers
    a_changed_topic_is_followed_or_reported
    another_clusters_disk_is_refused
    all_stop_at_once_and_come_back
}

logins() {
    only_who_may_is_let_in
    a_node_restarts_under_a_user
    a_right_is_taken_back
    a_password_is_changed
    the_nodes_password_is_changed
}

# --- steps -----------------------------------------------------------------------------------------------------------

a_node_alone_waits() {
    step "a node alone answers its liveness probe, not its readiness probe; the Job waits"
    start 0
    run_job >"$work/job.log" 2>&1 &
    job=$!
    wait_until $LIMIT "the controller's port opens" open 0 9093
    sleep 5
    ! open 0 9092 || fail "clients are let in without a majority"
    alive 0
}

the_cluster_forms() {
    step "three nodes form a cluster, lost+found or not"
    start 1
    start 2
    local node
    for node in "${NODES[@]}"; do
        wait_until $LIMIT "node $node is ready" open "$node" 9092
    done
    admin MetadataQuorum describe --status >"$work/quorum"
    grep -E 'CurrentVoters: .*\[?"?\{?.*0.*1.*2' "$work/quorum" >/dev/null || fail "not three voters: $(cat "$work/quorum")"
    wait_until $LIMIT "three brokers are there" brokers 3
}

the_topics_are_made() {
    step "the Job that began before the cluster made the topics as declared"
    wait_until $LIMIT "the Job ends" gone "$job"
    wait "$job" || { cat "$work/job.log" >&2; fail "the Job failed"; }
    describe orders
    is "$(field PartitionCount)" 6
    is "$(field ReplicationFactor)" 3
    grep -q 'retention.ms=604800000' "$work/topic" || fail "its setting is missing: $(cat "$work/topic")"
    describe order_states
    grep -qE 'cleanup.policy=(compact,delete)' "$work/topic" || fail "its setting is missing: $(cat "$work/topic")"
    describe cache
    is "$(field ReplicationFactor)" 1
}

the_job_may_run_again() {
    step "the Job run again changes nothing"
    run_job >"$work/job.log" 2>&1 || { cat "$work/job.log" >&2; fail "the Job failed"; }
    grep -q "topics are as declared" "$work/job.log" || fail "it did not say so"
    ! grep -- '--add\|--remove' "$work/job.log" || fail "it changed what users may do"
    describe orders
    is "$(field PartitionCount)" 6
}

what_one_takes_another_gives() {
    step "what is written to one broker is read from another; offsets are kept with three copies"
    produce 0 first 100
    is "$(consume 2 100 | grep -c first)" 100
    describe __consumer_offsets
    is "$(field ReplicationFactor)" 3
    admin Config --describe --all --entity-type topics --entity-name orders \
        >"$work/settings"
    grep -q 'min.insync.replicas=2' "$work/settings" || fail "one copy is enough"
}

a_node_restarts_under_load() {
    step "a node stops within $GRACE s and comes back, while a producer that waits for the copies goes on"
    produce 0 during 3000 100 >>"$work/producer.log" &
    local producer=$!
    stop 1
    start 1
    wait_until $LIMIT "node 1 is ready" open 1 9092
    wait_until $LIMIT "the producer ends" gone "$producer"
    wait "$producer" || { cat "$work/producer.log" >&2; fail "the producer failed"; }
    ! grep -q ERROR "$work/producer.log" || fail "records were lost: $(grep -m1 ERROR "$work/producer.log")"
    wait_until $LIMIT "all copies are in step" in_step
    is "$(consume 1 3100 | grep -c during)" 3000
}

a_killed_node_recovers() {
    step "a node that was killed recovers its logs and catches up"
    kill -KILL -- "-${pid[2]}"
    wait "${pid[2]}" 2>/dev/null || :
    produce 0 killed 100
    start 2
    wait_until $LIMIT "node 2 is ready" open 2 9092
    wait_until $LIMIT "all copies are in step" in_step
    is "$(consume 2 3200 | grep -c killed)" 100
}

a_changed_topic_is_followed_or_reported() {
    step "more partitions are made, fewer are reported, another number of copies too"
    sed -i "s/topic 'orders' 6 3/topic 'orders' 8 3/" "$work/setup.sh"
    run_job >"$work/job.log" 2>&1 || { cat "$work/job.log" >&2; fail "the Job failed"; }
    describe orders
    is "$(field PartitionCount)" 8
    sed -i "s/topic 'orders' 8 3/topic 'orders' 4 2/" "$work/setup.sh"
    ! run_job >"$work/job.log" 2>&1 || fail "the Job did not fail"
    grep -q "orders has 8 partitions, not 4" "$work/job.log" || fail "$(cat "$work/job.log")"
    grep -q "orders has 3 copies, not 2" "$work/job.log" || fail "$(cat "$work/job.log")"
}

another_clusters_disk_is_refused() {
    step "a disk of another cluster is refused, and left as it is"
    local before code=0
    stop 2
    before=$(cat "$work/2/data/log/meta.properties")
    sed "s/^cluster_id=.*/cluster_id='AAAAAAAAAAAAAAAAAAAAxA'/" "$work/2/etc/start.sh" >"$work/other.sh"
    POD_NAME=events-2 timeout 20 bash "$work/other.sh" >"$work/other.log" 2>&1 || code=$?
    is "$code" 1
    grep -q "refused: the disk belongs to the cluster" "$work/other.log" || fail "$(cat "$work/other.log")"
    is "$(cat "$work/2/data/log/meta.properties")" "$before"
    start 2
    wait_until $LIMIT "node 2 is ready" open 2 9092
    wait_until $LIMIT "all copies are in step" in_step
}

all_stop_at_once_and_come_back() {
    step "after a stop of all at once, the data is there"
    local node
    for node in "${NODES[@]}"; do kill -TERM "${pid[$node]}"; done
    local from=$SECONDS
    for node in "${NODES[@]}"; do
        wait_until 20 "node $node stops" gone "${pid[$node]}" || :
    done
    say "all stopped after $((SECONDS - from)) s"
    for node in "${NODES[@]}"; do start "$node"; done
    for node in "${NODES[@]}"; do
        wait_until $LIMIT "node $node is ready" open "$node" 9092
    done
    wait_until $LIMIT "all copies are in step" in_step
    is "$(consume 1 3200 | grep -c .)" 3200
}

only_who_may_is_let_in() {
    step "a user does what it may, and nothing else; others are not let in"
    login_as app "$(<"$work/secrets/users/app")"
    login_as audit "$(<"$work/secrets/users/audit")"
    produce_as app first 100 || fail "the producer failed: $(tail -n 3 "$work/producer.log")"
    is "$(consume_as app app-1 2 100 | grep -c first)" 100
    # prefixes: `order*` of topics, and a group of that name alone
    is "$(consume_as audit audit 1 100 | grep -c first)" 100
    refused "TopicAuthorization|ClusterAuthorization" produce_as audit not-mine 1
    refused GroupAuthorizationException consume_as audit another 1 100
    refused TopicAuthorizationException consume_as app app-1 1 100 order_states
    login_as app wrong app-wrong
    refused SaslAuthenticationException produce_as app-wrong not-mine 1
    login_as kafka "$(<"$work/secrets/nodes/password")" nodes
    refused SaslAuthenticationException produce_as nodes not-mine 1
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/other.key" -out "$work/other.crt" -days 2 -subj /CN=other 2>/dev/null
    sed "s#^ssl.truststore.location=.*#ssl.truststore.location=$work/other.crt#" "$work/app.client" >"$work/stranger.client"
    refused SslAuthenticationException produce_as stranger not-mine 1
    printf '%s\n' security.protocol=PLAINTEXT max.block.ms=5000 >"$work/nobody.client"
    refused 'disconnected|TimeoutException' produce_as nobody not-mine 1
    # nor between the nodes
    ! "$work/opt/bin/kafka-topics.sh" --bootstrap-server "$(host 0):9094" --command-config "$work/app.client" --list \
        >"$work/refused" 2>&1 || fail "a user is let in among the nodes"
    grep -q "not enabled" "$work/refused" || fail "$(tail -n 3 "$work/refused")"
    is "$(consume_as app app-2 0 100 | grep -c not-mine)" 0
}

a_node_restarts_under_a_user() {
    step "a node stops within $GRACE s and comes back, while a user's producer goes on"
    produce_as app during 2000 100 &
    local producer=$!
    stop 1
    start 1
    wait_until $LIMIT "node 1 is ready" open 1 9092
    wait_until $LIMIT "the producer ends" gone "$producer"
    wait "$producer" || fail "the producer failed: $(tail -n 3 "$work/producer.log")"
    wait_until $LIMIT "all copies are in step" in_step
    is "$(consume_as app app-3 1 2100 | grep -c during)" 2000
}

a_right_is_taken_back() {
    step "a right that is not declared any more is taken back, a denial by hand stays, and a user by hand is named"
    admin kafka-acls.sh --add --force --deny-principal User:audit --operation Read --topic cache >/dev/null
    printf 'SCRAM-SHA-512=iterations=8192,password=x\n' >"$work/by-hand"
    admin kafka-configs.sh --alter --entity-type users --entity-name by-hand --add-config-file "$work/by-hand" >/dev/null
    sed -i '/^TOPIC PREFIXED READ order$/d' "$work/setup.sh"
    run_job >"$work/job.log" 2>&1 || { cat "$work/job.log" >&2; fail "the Job failed"; }
    grep -q -- "--remove audit: READ TOPIC PREFIXED order" "$work/job.log" || fail "$(cat "$work/job.log")"
    is "$(grep -c -- '--add\|--remove' "$work/job.log")" 1
    grep -q "left alone: the user by-hand" "$work/job.log" || fail "$(cat "$work/job.log")"
    refused TopicAuthorizationException consume_as audit audit 1 100
    admin kafka-acls.sh --list --principal User:audit >"$work/acls.now"
    grep -q 'operation=READ, permissionType=DENY' "$work/acls.now" || fail "$(cat "$work/acls.now")"
}

a_password_is_changed() {
    step "a changed password holds once the Job has run, without a restart; one that cannot stand in a file is refused"
    printf 'another one' >"$work/secrets/users/app"
    run_job >"$work/job.log" 2>&1 || { cat "$work/job.log" >&2; fail "the Job failed"; }
    refused SaslAuthenticationException produce_as app not-mine 1
    login_as app 'another one'
    produce_as app second 10 || fail "the producer failed: $(tail -n 3 "$work/producer.log")"
    printf 'with a line end\n' >"$work/secrets/users/app"
    ! run_job >"$work/job.log" 2>&1 || fail "the Job did not fail"
    grep -q "the password of app must be" "$work/job.log" || fail "$(cat "$work/job.log")"
    printf 'another one' >"$work/secrets/users/app"
}

the_nodes_password_is_changed() {
    step "the nodes' password is changed while all are down; a renewed certificate is served after that, too"
    local node
    for node in "${NODES[@]}"; do kill -TERM "${pid[$node]}"; done
    for node in "${NODES[@]}"; do
        wait_until 20 "node $node stops" gone "${pid[$node]}" || :
    done
    printf 'not "allowed"' >"$work/secrets/nodes/password"
    ! POD_NAME=events-0 timeout 20 bash "$work/0/etc/start.sh" >"$work/other.log" 2>&1 || fail "it started"
    grep -q "refused: the nodes' password" "$work/other.log" || fail "$(cat "$work/other.log")"
    printf 'the next one' >"$work/secrets/nodes/password"
    certificate
    for node in "${NODES[@]}"; do start "$node"; done
    for node in "${NODES[@]}"; do
        wait_until $LIMIT "node $node is ready" open "$node" 9092
    done
    wait_until $LIMIT "all copies are in step" in_step
    is "$(consume_as app app-4 1 2110 | grep -c second)" 10
    ! grep -ls "password=" "$work"/[0-2]/log || fail "a password may be in a log"
    ! grep -Fl "the next one" "$work"/[0-2]/log || fail "the nodes' password is in a log"
}

# --- Kafka's scripts, as stand-ins -----------------------------------------------------------------------------------

# STAND-INS, written for this test: what the distribution's scripts of these names do, which start Java with a class.
write_stand_ins() {
    local class configs=kafka.admin.ConfigCommand
    declare -A classes=(
        [kafka-server-start.sh]=kafka.Kafka
        [kafka-storage.sh]=kafka.tools.StorageTool
        [kafka-configs.sh]=$configs
        [kafka-topics.sh]=org.apache.kafka.tools.TopicCommand
        [MetadataQuorum]=org.apache.kafka.tools.MetadataQuorumCommand
        [Config]=$configs
        [kafka-acls.sh]=org.apache.kafka.tools.AclCommand
        [Consumer]=org.apache.kafka.tools.consumer.ConsoleConsumer
    )
    case $version in
        3.*) classes+=([kafka-acls.sh]=kafka.admin.AclCommand [Producer]=kafka.tools.ConsoleProducer [Versions]=kafka.admin.BrokerApiVersionsCommand) ;;
        *)
            class=org.apache.kafka.tools
            classes+=([Producer]=$class.ConsoleProducer [Versions]=$class.BrokerApiVersionsCommand)
            ;;
    esac
    mkdir -p "$work/opt/bin"
    local name options
    for name in "${!classes[@]}"; do
        # What the distribution gives every program; a tool that lives for a second starts faster without.
        options="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
        [ "$name" != kafka-server-start.sh ] || options="-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20
            -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent"
        cat >"$work/opt/bin/$name" <<STAND_IN
#!/usr/bin/env bash
# stand-in for a script of Kafka's distribution
exec java \${KAFKA_HEAP_OPTS:--Xmx128m} ${options//$'\n'/ } -Djava.awt.headless=true \\
    -Djdk.net.hosts.file=$work/hosts \${KAFKA_LOG4J_OPTS:-$quiet} -cp "$libs/*" ${classes[$name]} "\$@"
STAND_IN
    done
    chmod 755 "$work"/opt/bin/*
}

# --- nodes -----------------------------------------------------------------------------------------------------------

find_server() {
    local cache=${STACKGEN_ENGINES_CACHE:-$HOME/.cache/stackgen-engines}
    version=$(sed -n 's/^ *image: apache\/kafka:\(.*\)$/\1/p' "$tree/statefulset.yaml" | head -1)
    libs=$cache/kafka-$version
    command -v java >/dev/null || { echo "skipped: no java"; exit 0; }
    [ -d "$libs" ] || { echo "skipped: no jars of Kafka $version in $cache"; exit 0; }
}

host() { echo "events-$1.events-headless.$DOMAIN"; }
address() { echo "127.0.0.$(($1 + 1))"; }

lay_out() {
    work=$(mktemp -d)
    local node file
    for node in "${NODES[@]}"; do
        # as on a fresh file system of ext4
        mkdir -p "$work/$node"/{etc,run,data/lost+found}
        for file in "$tree"/files/events-config/*; do
            moved "$node" <"$file" >"$work/$node/etc/${file##*/}"
        done
        sed -i "s#://:#://$(address "$node"):#g" "$work/$node/etc/server.properties"
        echo "$(address "$node") $(host "$node")" >>"$work/hosts"
        echo "$(address "$node") events.$DOMAIN" >>"$work/hosts"
    done
    mkdir -p "$work/job"
    [ -z "$secured" ] || make_secrets
    sed "s#^work=/tmp\$#work=$work/job#" "$tree/files/events-setup/setup.sh" | moved 0 >"$work/setup.sh"
    quiet="-Dlog4j2.configurationFile=$work/quiet.yaml -Dlog4j.configuration=file:$work/quiet.properties"
    sed 's/INFO/ERROR/' "$work/0/etc/log4j2.yaml" >"$work/quiet.yaml" 2>/dev/null || :
    sed 's/INFO/ERROR/' "$work/0/etc/log4j.properties" >"$work/quiet.properties" 2>/dev/null || :
    write_stand_ins
}

# The files of a node, with its own paths.
moved() {
    sed -e "s#/etc/kafka-tier#$work/$1/etc#g" -e "s#/run/kafka#$work/$1/run#g" -e "s#/opt/kafka#$work/opt#g" \
        -e "s#/var/lib/kafka/data#$work/$1/data#g" -e "s#/etc/kafka-secrets#$work/secrets#g"
}

# Passwords with all that may stand in one, and a certificate for the declared names.
make_secrets() {
    mkdir -p "$work"/secrets/{tls,nodes,users}
    printf 'n %s ${x:y}=,]#' "$(openssl rand -base64 24)" >"$work/secrets/nodes/password"
    printf ' a %s ${x:y}=,]#' "$(openssl rand -base64 24)" >"$work/secrets/users/app"
    printf '%s' "$(openssl rand -base64 24)" >"$work/secrets/users/audit"
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/ca.key" -out "$work/secrets/tls/ca.crt" -days 2 \
        -subj /CN=tests 2>/dev/null
    certificate
}

# A certificate as cert-manager makes it: with names, without a subject, the key as PKCS#8.
certificate() {
    local names tls=$work/secrets/tls
    names=$(sed -n '/dnsNames:/,/duration:/s/^ *- "\{0,1\}\([^"]*\)"\{0,1\}$/DNS:\1/p' "$tree/../secrets/certificate.yaml" | paste -sd,)
    openssl req -newkey rsa:2048 -nodes -keyout "$tls/tls.key" -out "$work/request" -subj / 2>/dev/null
    openssl x509 -req -in "$work/request" -CA "$tls/ca.crt" -CAkey "$work/ca.key" -days 2 -out "$tls/tls.crt" \
        -extfile <(echo "subjectAltName=critical,$names") 2>/dev/null
}

# login_as USER PASSWORD [FILE]: the properties of a client
login_as() {
    cat >"$work/${3:-$1}.client" <<CLIENT
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
ssl.truststore.type=PEM
ssl.truststore.location=$work/secrets/tls/ca.crt
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="$1" password="$2";
delivery.timeout.ms=30000
request.timeout.ms=10000
max.block.ms=20000
CLIENT
}

start() {
    (cd "$work/$1" && POD_NAME=events-$1 exec bash "$work/$1/etc/start.sh") >>"$work/$1/log" 2>&1 &
    pid[$1]=$!
}

stop() {
    kill -TERM "${pid[$1]}"
    wait_until $GRACE "node $1 stops" gone "${pid[$1]}"
    wait "${pid[$1]}" || [ $? -eq 143 ] || fail "node $1 stopped with an error"
}

run_job() { bash "$work/setup.sh"; }

tool() { "$work/opt/bin/$1" "${@:2}" 2>>"$work/tools.log"; }

# produce NODE WORD COUNT [RECORDS A SECOND]: waits for all copies, as the tool does by itself
produce() {
    numbered "$2" "$3" "${4:-}" | "$work/opt/bin/Producer" --bootstrap-server "$(host "$1"):9092,$(host 2):9092" --topic orders 2>>"$work/producer.log"
}

# consume NODE COUNT
consume() {
    tool Consumer --bootstrap-server "$(host "$1"):9092" --topic orders --from-beginning --max-messages "$2" \
        --timeout-ms 30000
}

# admin TOOL …: as the setup connects
admin() {
    local name=$1 at
    shift
    if [ -n "$secured" ]; then
        at=("$(host 0):9094,$(host 1):9094" --command-config "$work/0/etc/admin.properties")
    else
        at=("$(host 0):9092,$(host 1):9092")
    fi
    tool "$name" --bootstrap-server "${at[@]}" "$@"
}

# produce_as CLIENT WORD COUNT [RECORDS A SECOND]: by the Service's name
produce_as() {
    numbered "$2" "$3" "${4:-}" | "$work/opt/bin/Producer" --bootstrap-server "events.$DOMAIN:9092" --topic orders \
        --producer.config "$work/$1.client" >"$work/said" 2>&1 || { cat "$work/said" >>"$work/producer.log"; return 1; }
    cat "$work/said" >>"$work/producer.log"
    ! grep -q 'ERROR\|Exception' "$work/said"
}

# consume_as CLIENT GROUP NODE COUNT [TOPIC]
consume_as() {
    "$work/opt/bin/Consumer" --bootstrap-server "$(host "$3"):9092" --topic "${5:-orders}" --group "$2" --max-messages "$4" \
        --from-beginning --timeout-ms 30000 --consumer.config "$work/$1.client" 2>"$work/said"
}

# refused WHY COMMAND …: it gets no record, and says why; the consumer's exit code is always 0
refused() {
    local why=$1
    shift
    "$@" >"$work/got" || :
    ! grep -E '^[a-z]+-[0-9]+$' "$work/got" >&2 || fail "not refused: $*"
    grep -qE "$why" "$work/said" "$work/got" || fail "$* said: $(tail -n 5 "$work/said" "$work/got")"
}

# numbered WORD COUNT [A SECOND]
numbered() {
    local n
    for ((n = 1; n <= $2; n++)); do
        echo "$1-$n"
        [ -z "$3" ] || [ $((n % $3)) -ne 0 ] || sleep 1
    done
}

describe() { admin kafka-topics.sh --describe --topic "$1" >"$work/topic"; }
field() { sed -n "s/.*$1: *\([0-9]*\).*/\1/p" "$work/topic" | head -1; }
brokers() { [ "$(admin Versions | grep -c '(id: ')" = "$1" ]; }
in_step() { [ -z "$(admin kafka-topics.sh --describe --under-replicated-partitions)" ]; }
open() { (: >"/dev/tcp/$(address "$1")/$2") 2>/dev/null; }
gone() { ! kill -0 "$1" 2>/dev/null; }
alive() { kill -0 "${pid[$1]}" 2>/dev/null || fail "node $1 is gone"; }

# --- reporting -------------------------------------------------------------------------------------------------------

wait_until() {
    local limit=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || fail "not within $limit s: $what"
        sleep 0.5
    done
}

is() { [ "$1" = "$2" ] || fail "expected \`$2\`, found \`$1\`"; }
say() { echo "kafka.sh: $*"; }
step() { now=$1; say "[$SECONDS s] $1"; }

fail() {
    echo "FAILED: $now: $1" >&2
    local node
    for node in "${NODES[@]}"; do
        echo "--- node $node" >&2
        tail -n 15 "$work/$node/log" >&2 || :
    done
    [ ! -s "$work/job.log" ] || { echo "--- the Job"; tail -n 15 "$work/job.log"; } >&2
    [ ! -s "$work/tools.log" ] || tail -n 15 "$work/tools.log" >&2
    exit 1
}

clean_up() {
    local code=$? group
    for group in "${pid[@]}" ${job:+"$job"}; do
        kill -KILL -- "-$group" 2>/dev/null || :
        wait "$group" 2>/dev/null || :
    done
    [ -z "$work" ] || rm -rf "$work"
    exit "$code"
}

main "$@"
