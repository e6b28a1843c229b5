"""Runs the pods of a tree as real processes, each in a network namespace of its own, on the rendered files.

Debian's ClickHouse is of 2018, before Keeper: ZooKeeper, whose protocol Keeper speaks, votes under the voters' names. In
the files, the root element gets its old name; nothing else changes. Runs in namespaces of its own (see clickhouse.sh).
"""
import os, pathlib, re, signal, socket, subprocess, sys, time, urllib.error, urllib.request

from pods import Pods, environment, members

tree, work, cache = map(pathlib.Path, sys.argv[1:])
pods = Pods(tree)
servers, voters = list(members(pods.servers)), list(members(pods.voters))
began = time.monotonic()
address, running = {}, {}


def step(text):
    print(f"[{time.monotonic() - began:3.0f} s] {text}", flush=True)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def network():
    """A bridge, and a namespace with an address for each pod; their names are in the hosts file of this namespace."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link", "set", "lo", "up")
    ip("link", "add", "bridge0", "type", "bridge")
    ip("addr", "add", "10.244.0.254/24", "dev", "bridge0")
    ip("link", "set", "bridge0", "up")
    names = ["127.0.0.1 localhost"]
    for number, (pod, host, _, _) in enumerate(servers + voters, 1):
        address[pod] = f"10.244.0.{number}"
        names.append(f"{address[pod]} {host}")
        ip("netns", "add", pod)
        ip("link", "add", f"pod{number}", "type", "veth", "peer", "name", "eth0", "netns", pod)
        ip("link", "set", f"pod{number}", "master", "bridge0", "up")
        ip("-n", pod, "addr", "add", f"{address[pod]}/24", "dev", "eth0")
        ip("-n", pod, "link", "set", "eth0", "up")
        ip("-n", pod, "link", "set", "lo", "up")
    (work / "quiet.xml").write_text("<configuration/>")
    (work / "hosts").write_text("\n".join(names) + "\n")
    subprocess.run(["mount", "--bind", work / "hosts", "/etc/hosts"], check=True)


def start(pod, command, **variables):
    log = (work / pod / "log").open("ab")
    own = {"PATH": os.environ["PATH"], **variables}
    enter = ["nsenter", f"--net=/run/netns/{pod}", *map(str, command)]
    running[pod] = subprocess.Popen(enter, cwd=work / pod, env=own, stdout=log, stderr=log)


def start_voter(number):
    pod = voters[number][0]
    folder = work / pod
    if not folder.exists():
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "myid").write_text(str(number + 1))
        peers = "".join(f"server.{n}={host}:9234:9235\n" for n, (_, host, _, _) in enumerate(voters, 1))
        (folder / "zoo.cfg").write_text(
            f"tickTime=500\ninitLimit=40\nsyncLimit=10\nclientPort=9181\nadmin.enableServer=false\ndataDir={folder}/data\n{peers}"
        )
    libraries = f"{cache}/zookeeper/*"
    start(pod, ["java", "-Xmx128m", f"-Dlogback.configurationFile={work}/quiet.xml", "-cp", libraries, "org.apache.zookeeper.server.quorum.QuorumPeerMain", "zoo.cfg"])


def start_server(number):
    pod, _, spec, _ = servers[number]
    folder = work / pod
    if not folder.exists():
        (folder / "data").mkdir(parents=True)
        for name in ("config.xml", "users.xml"):
            text = (cache / "clickhouse-2018/etc/clickhouse-server" / name).read_text()
            (folder / name).write_text(text.replace("/var/lib/clickhouse/", f"{folder}/data/"))
        for sub, name, text in pods.texts(spec):
            (folder / sub).mkdir(exist_ok=True)
            (folder / sub / name).write_text(re.sub(r"(</?)clickhouse>", r"\1yandex>", text))
    root = cache / "clickhouse-2018"
    libraries = {str(it.parent) for it in root.rglob("*.so*")}
    start(
        pod, [root / "usr/sbin/clickhouse-server", f"--config-file={folder}/config.xml"],
        LD_LIBRARY_PATH=":".join(sorted(libraries)), **environment(spec, pod),
    )


def ask(number, query, user="app", password="Made-Up-1", path="/?database=events", seconds=40):
    pod = servers[number][0]
    request = urllib.request.Request(f"http://{address[pod]}:8123{path}", data=query.encode() if query else None)
    request.add_header("X-ClickHouse-User", user)
    request.add_header("X-ClickHouse-Key", password)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return "refused: " + error.read().decode().strip()


def alive(number):
    try:
        return ask(number, None, path="/ping", seconds=2) == "Ok."
    except OSError:
        return False


def votes(number):
    """Whether a voter sees a leader, as Keeper's `/ready` says."""
    try:
        with socket.create_connection((address[voters[number][0]], 9181), 2) as connection:
            connection.sendall(b"srvr")
            return b"Mode: " in connection.recv(4096)
    except OSError:
        return False


def until(seconds, what, holds):
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, f"not in {seconds} s: {what}"
        time.sleep(0.2)


def stop(pod, how=signal.SIGTERM, seconds=60):
    process = running.pop(pod)
    process.send_signal(how)
    process.wait(seconds)


def counts(table):
    return [ask(number, f"select count() from {table}") for number in range(len(servers))]


def shards(rows):
    """The number of rows in each shard, if its replicas agree."""
    found = {}
    for (_, _, _, shard), number in zip(servers, rows):
        found.setdefault(shard, set()).add(int(number))
    return [it.pop() if len(it) == 1 else None for _, it in sorted(found.items())]


def main():
    network()
    for number in range(len(voters)):
        start_voter(number)
    # The old server gives up where a current one waits.
    until(60, "the voters have a leader", lambda: all(map(votes, range(len(voters)))))
    for number in range(len(servers)):
        start_server(number)
    everyone = range(len(servers))
    until(60, "every server answers /ping", lambda: all(map(alive, everyone)))
    step(f"{len(servers)} servers and {len(voters)} voters are up")
    refused = ask(0, "select 1", user="default", password="")
    assert refused.startswith("refused"), f"a user without a password may ask: {refused}"

    ddl = "on cluster default"
    columns = "(n UInt64, at Date default today()) engine = ReplicatedMergeTree('/tables/{shard}/t', '{replica}') order by n"
    answer = ask(0, f"create table t {ddl} {columns}")
    assert not answer.startswith("refused") and len(answer.splitlines()) == len(servers), answer
    answer = ask(1, f"create table every {ddl} as events.t engine = Distributed(default, events, t, rand())")
    assert not answer.startswith("refused") and len(answer.splitlines()) == len(servers), answer
    step("a statement for the cluster reaches every server")

    answer = ask(0, "insert into every (n) select number from system.numbers limit 1000", path="/?database=events&insert_distributed_sync=1")
    assert answer == "", answer
    until(20, "replicas agree", lambda: None not in shards(counts("t")))
    assert sum(shards(counts("t"))) == 1000 and 0 not in shards(counts("t")), counts("t")
    assert set(counts("every")) == {"1000"}, counts("every")
    step(f"1000 rows through one server are {shards(counts('t'))} in the shards, twice each, and 1000 through every server")

    last = servers[-1][0]
    stop(last)
    assert ask(len(servers) - 2, "insert into t (n) values (1001)") == ""
    start_server(len(servers) - 1)
    until(60, "the restarted server answers", lambda: alive(len(servers) - 1))
    until(30, "it has what it missed", lambda: None not in shards(counts("t")) and sum(shards(counts("t"))) == 1001)
    step("a restarted server fetches what it missed")

    lost = [voter[0] for voter in voters[: len(voters) // 2 + 1]]
    for pod in lost:
        stop(pod, signal.SIGKILL)
    until(60, "writes are refused without a majority", lambda: ask(0, "insert into t (n) values (1002)").startswith("refused"))
    assert alive(0) and int(ask(0, "select count() from t")) > 0
    step("without a majority of voters: reads, /ping, no writes")
    for number in range(len(lost)):
        start_voter(number)
    until(60, "writes again", lambda: ask(0, "insert into t (n) values (1003)") == "")
    step("with a majority: writes again")

    grace = servers[0][2]["terminationGracePeriodSeconds"]
    for pod, *_ in servers:
        stop(pod, seconds=grace)
    step("every server stops in time")


try:
    main()
except BaseException:
    for pod in address:
        log = work / pod / "log"
        if log.exists():
            print(f"--- {pod}\n" + "\n".join(it[:200] for it in log.read_text(errors="replace").splitlines()[-15:]))
    raise
finally:
    for process in running.values():
        process.kill()
