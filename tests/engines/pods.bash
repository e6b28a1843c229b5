# Pods on one machine, for scripts that run real servers: each has an address, a host name, a root file system that it
# cannot write to, volumes, and a user without rights, as in the cluster. So rendered files run as they are.
#
# A script sources this file and calls `in_namespaces "$@"` first: it is then run again where nothing that it mounts,
# connects or leaves running outlives it. Needs root, and a kernel that lets root make namespaces.

# The user, group and folder that the pods' processes start with; the scripts set them.
pod_user=65534 pod_group=65534 pod_folder=/
declare -A pod_pid=() pod_net=() pod_ip=() pod_file=()
pods_made=0

in_namespaces() {
    if [ "${STACKGEN_IN_NAMESPACES:-}" != yes ]; then
        local tool
        for tool in ip unshare nsenter setpriv chroot; do
            command -v "$tool" >/dev/null || skip "$tool is not installed"
        done
        [ "$(id -u)" = 0 ] || skip "only root can make pods here"
        unshare -mnp --fork --mount-proc --propagation private true 2>/dev/null || skip "no namespaces can be made here"
        exec env STACKGEN_IN_NAMESPACES=yes \
            unshare -mnp --fork --mount-proc --propagation private --kill-child bash "$0" "$@"
    fi
    work=$(mktemp -d)
    trap 'exit 1' INT TERM
    # In memory, and gone with the namespace. What is mounted keeps the folder from being removed before.
    mount -t tmpfs -o size=2g pods "$work"
    mkdir "$work/log"
    ip link set lo up
    ip link add pods type bridge 2>/dev/null || skip "no bridge can be made here"
    ip addr add 10.99.0.1/24 dev pods
    ip link set pods up
    printf '127.0.0.1 localhost\n' >"$work/hosts"
}

skip() {
    echo "skipped: $*"
    exit 0
}

step() { printf '%3d s  %s\n' "$SECONDS" "$*"; }

fail() {
    echo "FAILED: $*" >&2
    tail -n 12 "$work"/log/* >&2
    exit 1
}

# wait_until SECONDS WHAT COMMAND…
wait_until() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || fail "not in time: $what"
        sleep 0.3
    done
}

# pod NAME HOST: a pod that resolves as HOST, with the machine's programs in its file system.
pod() {
    local name=$1 home=$work/$1 holder
    pods_made=$((pods_made + 1))
    mkdir -p "$home/upper" "$home/work" "$home/root" "$home/volumes"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$home/upper,workdir=$home/work" "$home/root" ||
        skip "no overlay can be mounted here"
    unshare -n sleep infinity &
    holder=$!
    disown "$holder"
    pod_net[$name]=$holder
    until [ "$(readlink "/proc/$holder/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
    ip link add "pod$pods_made" type veth peer name eth0 netns "$holder"
    ip link set "pod$pods_made" master pods up
    nsenter -t "$holder" -n ip link set lo up
    nsenter -t "$holder" -n ip link set eth0 up
    address "$name" "$2" "10.99.0.$((10 + pods_made))"
}

# address NAME HOST IP: gives the pod another address, as a pod has that was made anew.
address() {
    local name=$1 host=$2 ip=$3 net=${pod_net[$1]}
    nsenter -t "$net" -n ip addr flush dev eth0
    nsenter -t "$net" -n ip addr add "$ip/24" dev eth0
    pod_ip[$name]=$ip
    sed "/ $host /d" "$work/hosts" >"$work/hosts.new"
    echo "$ip $host $name" >>"$work/hosts.new"
    # in place: the pods have this very file mounted
    cat "$work/hosts.new" >"$work/hosts"
}

# volume POD NAME PATH: an empty volume that the pod's group may write to.
volume() {
    local folder=$work/$1/volumes/$2
    mkdir -p "$folder" "$work/$1/root$3"
    chown "root:$pod_group" "$folder"
    chmod 2777 "$folder"
    mount --bind "$folder" "$work/$1/root$3"
}

# files POD PATH FILE…: a ConfigMap.
files() {
    local target=$work/$1/root$2 folder
    folder=$work/$1/volumes/config-$(echo "$2" | tr / -)
    mkdir -p "$target" "$folder"
    cp "${@:3}" "$folder/"
    chmod 555 "$folder"/*
    mount --bind "$folder" "$target"
}

# secret POD PATH TEXT: a key of a secret, as a file.
secret() {
    local folder target=$work/$1/root${2%/*}
    folder=$work/$1/volumes/secret-$(echo "${2%/*}" | tr / -)
    mkdir -p "$folder"
    printf '%s' "$3" >"$folder/${2##*/}"
    chown -R "root:$pod_group" "$folder"
    chmod 440 "$folder/${2##*/}"
    mountpoint -q "$target" && return 0
    mkdir -p "$target"
    mount --bind "$folder" "$target"
}

# seal POD: nothing else in its file system can be written from now on.
seal() {
    local root=$work/$1/root
    mount --bind "$work/hosts" "$root/etc/hosts"
    printf 'hosts: files\n' >"$work/nsswitch.conf"
    mount --bind "$work/nsswitch.conf" "$root/etc/nsswitch.conf"
    mount -o remount,ro "$root"
    mount --rbind /proc "$root/proc"
    mount --rbind /dev "$root/dev"
}

# in_pod POD [NAME=VALUE…] COMMAND…: in the pod, as its user, with the environment of a container.
in_pod() {
    (enter_pod "$@")
}

# The same, and the process that is asked to stop is the one that runs the command.
enter_pod() {
    local pod=$1
    shift
    exec nsenter "--net=/proc/${pod_net[$pod]}/ns/net" chroot "$work/$pod/root" \
        setpriv "--reuid=$pod_user" "--regid=$pod_group" "--groups=$pod_group" --no-new-privs --inh-caps=-all \
        --bounding-set=-all env -i "--chdir=$pod_folder" "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "HOSTNAME=$pod" "POD_NAME=$pod" "$@"
}

# run POD CONTAINER [NAME=VALUE…] COMMAND…: starts a container.
run() {
    local pod=$1 container=$2
    shift 2
    enter_pod "$pod" "$@" >>"$work/log/$pod.$container" 2>&1 </dev/null &
    disown $!
    pod_pid[$pod.$container]=$!
}

# kill_pod SIGNAL POD: all its containers.
kill_pod() {
    local key
    for key in "${!pod_pid[@]}"; do
        [ "${key%.*}" = "$2" ] || continue
        kill "-$1" "${pod_pid[$key]}" 2>/dev/null || :
    done
}

# gone POD: none of its containers runs.
gone() {
    local key
    for key in "${!pod_pid[@]}"; do
        [ "${key%.*}" = "$1" ] || continue
        ! kill -0 "${pod_pid[$key]}" 2>/dev/null || return 1
    done
}
