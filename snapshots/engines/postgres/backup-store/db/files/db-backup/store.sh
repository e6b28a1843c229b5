#!/bin/sh
# `store.sh put` sends the backup that pg_dump.sh made, then removes old ones; `store.sh get` fetches one for
# pg_restore.sh. In the store a backup is whole when its SHA256SUMS is there: it is sent last, and removed first.
#
# From the pod:   RCLONE_CONFIG_STORE_…: which store, as rclone's documentation has it; no key among them
#                 BACKUP     for `get`: the backup's name; `latest` unless given
# For other uses: STACKGEN_ETC, STACKGEN_BACKUPS move paths
set -eu
umask 077
LC_ALL=C
export LC_ALL

etc=${STACKGEN_ETC:-/etc/postgres}
backups=${STACKGEN_BACKUPS:-/backup}
store=STORE:'backups/shop/db'
keep_count=
keep_days=14

RCLONE_CONFIG_STORE_ACCESS_KEY_ID=$(cat "$etc/store/access-key-id")
RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY=$(cat "$etc/store/secret-access-key")
export RCLONE_CONFIG_STORE_ACCESS_KEY_ID RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY

put() {
    for folder in "$backups"/[0-9]*T[0-9]*Z; do
        [ -s "$folder/SHA256SUMS" ] || refuse "there is no whole backup in $backups"
        name=${folder##*/}
        rclone copy --exclude SHA256SUMS "$folder" "$store/$name"
        rclone check --one-way --exclude SHA256SUMS "$folder" "$store/$name"
        rclone copyto "$folder/SHA256SUMS" "$store/$name/SHA256SUMS"
        say "sent $name"
    done
    remove_old
}

get() {
    name=${BACKUP:-latest}
    [ "$name" != latest ] || name=$(whole | tail -n 1)
    [ -n "$name" ] || refuse "there is no whole backup in the store"
    case $name in */*) refuse "'$name' is no name of a backup" ;; esac
    whole | grep -qx -- "$name" || refuse "$name is no whole backup; there are: $(whole | tr '\n' ' ')"
    rclone copy "$store/$name" "$backups/$name"
    say "fetched $name"
}

# Whole backups, the oldest first.
whole() {
    rclone lsf --recursive --files-only --include '/*/SHA256SUMS' "$store" >"$backups/.listed"
    sed -n 's,^\([0-9]*T[0-9]*Z\)/SHA256SUMS$,\1,p' "$backups/.listed" | sort
}

remove_old() {
    # shellcheck disable=SC2046 # names without spaces
    set -- $(whole)
    if [ -n "$keep_count" ]; then
        while [ "$#" -gt "$keep_count" ]; do
            remove "$1"
            shift
        done
    elif [ -n "$keep_days" ]; then
        limit=$(date -u -d "@$(($(date +%s) - keep_days * 86400))" +%Y%m%d%H%M%S)
        while [ "$#" -gt 1 ] && [ "$(printf '%s' "$1" | tr -cd 0-9)" -lt "$limit" ]; do
            remove "$1"
            shift
        done
    fi
}

remove() {
    say "removing $1"
    rclone deletefile "$store/$1/SHA256SUMS"
    rclone purge "$store/$1"
}

say() {
    printf 'store.sh: %s\n' "$*" >&2
}

refuse() {
    say "refused: $*"
    exit 1
}

case ${1:-} in
    put) put ;;
    get) get ;;
    *) refuse "say put or get" ;;
esac
