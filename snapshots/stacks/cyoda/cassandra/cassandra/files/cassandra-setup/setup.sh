#!/bin/bash
# Makes what is missing, and gives the roles the passwords of the secrets. It removes nothing, and changes no number of copies:
# rows must be copied then, which only a person can have done on every node.
set -euo pipefail

hosts=('cassandra-0.cassandra-headless.cyoda.svc.cluster.local' 'cassandra-1.cassandra-headless.cyoda.svc.cluster.local' 'cassandra-2.cassandra-headless.cyoda.svc.cluster.local')
port=9042
nodes=3
datacenter='dc1'
superuser='admin'
secrets=/etc/cassandra-secrets
work=/tmp
host=
failed=

main() {
    trap 'exit 143' TERM INT
    umask 077
    password superuser
    password user
    attempt 720 all_joined
    attempt 60 enter
    attempt 12 lock
    factor system_auth 3
    factor system_distributed 3 always
    factor system_traces 3 always
    keyspace cyoda 3
    attempt 12 role 'cyoda' cyoda
    [ -z "$failed" ] || exit 1
    say "roles and keyspaces are as declared"
}

# The file with credentials that cqlsh reads, and the statement, take the text as it is: no line end, no blanks around it.
password() {
    local text
    text=$(<"$secrets/$1")
    if [ -z "$text" ] || [[ $text == ' '* || $text == *' ' ]] || LC_ALL=C grep -q '[^ -~]' "$secrets/$1" ||
        [ "$(wc -l <"$secrets/$1")" -ne 0 ]; then
        say "the password of the $1 must be printable ASCII on one line, without a line end and without blanks around it"
        exit 1
    fi
}

# Every node knows every other one: roles and rights are copied to all that are to have them.
all_joined() {
    local known
    find_host || { say "no node serves yet"; return 1; }
    login_of_superuser || login_of_cassandra || { say "nobody can log in yet"; return 1; }
    known=$(ask "SELECT JSON peer FROM system.peers") || return 1
    known=$(($(grep -c '"peer"' <<<"$known" || :) + 1))
    [ "$known" -ge "$nodes" ] || { say "$known of $nodes nodes have joined"; return 1; }
}

find_host() {
    for host in "${hosts[@]}"; do
        timeout 3 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null && return 0
    done
    return 1
}

# The superuser; in a new cluster, the one with the password that everybody knows makes it first.
enter() {
    find_host || return 1
    login_of_superuser && return 0
    login_of_cassandra || { say "neither $superuser nor the first superuser can log in: see the page of the engine"; return 1; }
    # Roles are not made where a part of the cluster would not know of them.
    ask "CREATE ROLE IF NOT EXISTS \"$superuser\" WITH SUPERUSER = true AND LOGIN = true AND PASSWORD = '$(quoted superuser)'" || return 1
    say "made the superuser $superuser"
    login_of_superuser
}

login_of_superuser() {
    credentials "$superuser" "$(<"$secrets/superuser")"
    works
}

login_of_cassandra() {
    credentials cassandra cassandra
    works
}

works() { ask "SELECT JSON release_version FROM system.local" >/dev/null 2>&1; }

lock() {
    local found
    found=$(ask "SELECT JSON can_login, is_superuser FROM system_auth.roles WHERE role = 'cassandra'") || return 1
    grep -q true <<<"$found" || return 0
    ask "ALTER ROLE cassandra WITH SUPERUSER = false AND LOGIN = false" || return 1
    say "locked the role cassandra"
}

# factor KEYSPACE COPIES [always]
factor() {
    local found
    attempt 12 replication "$1"
    found=$(<"$work/found")
    as_declared "$found" "$2" && return 0
    # The same nodes have the copies, as long as there is one datacenter and one rack.
    if [ "${3:-}" = always ] || [[ $found == *SimpleStrategy*"\"replication_factor\": \"$2\""* ]]; then
        attempt 12 ask "ALTER KEYSPACE $1 WITH replication = $(placed "$2")"
        say "the keyspace $1 has $2 copies, by datacenter"
        return 0
    fi
    complain "the keyspace $1 is not of $2 copies in $datacenter: change it by hand, and repair every node. It is: $found"
}

# keyspace NAME COPIES
keyspace() {
    attempt 12 replication "$1"
    if grep -q '"class"' "$work/found"; then
        factor "$1" "$2"
    else
        attempt 12 ask "CREATE KEYSPACE IF NOT EXISTS $1 WITH replication = $(placed "$2")"
        say "made the keyspace $1"
    fi
}

replication() {
    ask "SELECT JSON replication FROM system_schema.keyspaces WHERE keyspace_name = '$1'" >"$work/found"
}

as_declared() { [[ $1 == *NetworkTopologyStrategy* && $1 == *"\"$datacenter\": \"$2\""* ]]; }

placed() { printf "{'class': 'NetworkTopologyStrategy', '%s': %s}" "$datacenter" "$1"; }

# role NAME KEYSPACE …
role() {
    local name=$1 keyspace right
    shift
    {
        printf 'CREATE ROLE IF NOT EXISTS "%s" WITH LOGIN = true;\n' "$name"
        printf "ALTER ROLE \"%s\" WITH SUPERUSER = false AND LOGIN = true AND PASSWORD = '%s';\n" "$name" "$(quoted user)"
        for keyspace in "$@"; do
            for right in CREATE ALTER DROP SELECT MODIFY; do
                printf 'GRANT %s ON KEYSPACE %s TO "%s";\n' "$right" "$keyspace" "$name"
            done
        done
    } >"$work/statements"
    # It warns of each right that is there.
    run_statements >/dev/null
}

quoted() {
    local text
    text=$(<"$secrets/$1")
    printf '%s' "${text//\'/\'\'}"
}

# ask STATEMENT: as who logged in last. From a file, because arguments can be seen by others.
ask() {
    printf '%s;\n' "$1" >"$work/statements"
    run_statements
}

run_statements() {
    cqlsh --cqlshrc="$work/cqlshrc" --credentials="$work/credentials" --connect-timeout=10 --request-timeout=60 \
        --file="$work/statements" "$host" "$port"
}

credentials() {
    : >"$work/cqlshrc"
    printf '[PlainTextAuthProvider]\nusername = %s\npassword = %s\n' "$1" "$2" >"$work/credentials"
}

# attempt TIMES COMMAND …: with 5 seconds between two tries
attempt() {
    local left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || { say "gave up: $1 ${2:-}"; exit 1; }
        sleep 5
    done
}

complain() {
    say "$*"
    failed=yes
}

say() {
    printf 'setup.sh: %s\n' "$*" >&2
}

main
