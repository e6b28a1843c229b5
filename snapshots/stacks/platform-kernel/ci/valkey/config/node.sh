#!/bin/sh
# node.sh serve   becomes the server
# node.sh ready   it answers, and does not load
set -eu

etc='/etc/valkey'
run='/run/valkey'

main() {
    password=$(cat "$etc/secrets/password")
    case $password in
        '') refuse "$etc/secrets/password is empty" ;;
        *"
"*) refuse "$etc/secrets/password has more than one line" ;;
    esac
    case ${1:-} in
        serve) serve ;;
        ready) [ "$(ask 127.0.0.1 6379 ping)" = PONG ] ;;
        *) refuse "what is '${1:-}'?" ;;
    esac
}

# --- server ----------------------------------------------------------------------------------------------------------

serve() {
    (umask 077 && { cat "$etc/server.conf" && password_lines; } >"$run/server.conf")
    unset password
    exec docker-entrypoint.sh valkey-server "$run/server.conf"
}

password_lines() {
    printf 'requirepass %s\n' "$(quoted "$password")"
}

# The password is in the environment of this one command, never among its arguments.
ask() {
    ask_host=$1 ask_port=$2
    shift 2
    REDISCLI_AUTH=$password VALKEYCLI_AUTH=$password \
        timeout 3 valkey-cli -h "$ask_host" -p "$ask_port" "$@" 2>/dev/null || :
}

# One word of the configuration file.
quoted() {
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

say() {
    printf 'node.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

trap 'exit 143' TERM INT
main "$@"
