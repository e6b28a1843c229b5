"""Starts ClickHouse as a library on every server's files, and compares what it understands with the StatefulSets."""
import json, os, pathlib, shutil, subprocess, sys

from pods import Pods, environment, members

tree, work = map(pathlib.Path, sys.argv[1:])
pods = Pods(tree)
# What the files merge into: the parts of the image's own that they replace or remove.
IMAGE_CONFIG = """<clickhouse>
    <logger><log>/var/log/no-such-folder/x.log</log><errorlog>/var/log/no-such-folder/e.log</errorlog></logger>
    <mysql_port>9004</mysql_port><postgresql_port>9005</postgresql_port>
    <remote_servers><default><shard><replica><host>localhost</host><port>9000</port></replica></shard></default></remote_servers>
    <user_directories><users_xml><path>users.xml</path></users_xml></user_directories>
    <default_database>default</default_database>
</clickhouse>"""
IMAGE_USERS = """<clickhouse>
    <profiles><default/><readonly><readonly>1</readonly></readonly></profiles>
    <quotas><default/></quotas>
    <users><default><password></password><networks><ip>::/0</ip></networks><profile>default</profile><quota>default</quota></default></users>
</clickhouse>"""
# The library's own session is of the user `default`, in the database `default`.
TEST_CONFIG = "<clickhouse><default_database>default</default_database></clickhouse>"
TEST_USERS = "<clickhouse><users><default replace='replace'><no_password/><networks><ip>::1</ip><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota><access_management>1</access_management></default></users></clickhouse>"


def lay(folder, spec, texts):
    for sub, name, text in pods.texts(spec):
        (folder / sub).mkdir(parents=True, exist_ok=True)
        (folder / sub / name).write_text(texts(text))
    (folder / "config.xml").write_text(IMAGE_CONFIG)
    (folder / "users.xml").write_text(IMAGE_USERS)
    (folder / "config.d" / "zz-test.xml").write_text(TEST_CONFIG)
    (folder / "users.d" / "zz-test.xml").write_text(TEST_USERS)


def start(pod, spec, texts=lambda it: it, leave_out=()):
    folder = work / pod
    shutil.rmtree(folder, ignore_errors=True)
    lay(folder, spec, texts)
    own = {key: it for key, it in environment(spec, pod).items() if key not in leave_out}
    run = subprocess.run(
        [sys.executable, pathlib.Path(__file__).with_name("understood.py"), folder],
        env=own | {key: os.environ[key] for key in ("PATH", "PYTHONPATH")}, capture_output=True, text=True, timeout=60,
    )
    line = next((it for it in run.stdout.splitlines() if it.startswith("UNDERSTOOD")), None)
    return (json.loads(line.removeprefix("UNDERSTOOD")) if line else None), run.stderr


def equal(pod, what, found, wanted):
    assert found == wanted, f"{pod}: {what} is {found}, not {wanted}"


servers = list(members(pods.servers))
ordinals = {}
hosts = []
for _, host, _, shard in servers:
    ordinals[shard] = ordinals.get(shard, 0) + 1
    hosts.append([shard + 1, ordinals[shard], host, 9000])

for pod, host, spec, shard in servers:
    found, complaints = start(pod, spec)
    assert found, f"{pod} did not start:\n{complaints[-2000:]}"
    variables = environment(spec, pod)
    clusters = {row[0] for row in found["cluster"]}
    equal(pod, "the number of clusters", len(clusters), 1)
    equal(pod, "the cluster", [row[1:5] for row in found["cluster"]], hosts)
    equal(pod, "the macros", found["macros"], {"cluster": clusters.pop(), "shard": str(shard), "replica": pod})
    settings = found["settings"]
    equal(pod, "its own name", settings["interserver_http_host"], host)
    limit = 4 << 30
    equal(pod, "max_server_memory_usage", settings["max_server_memory_usage"], str(limit // 5 * 4))
    equal(pod, "mark_cache_size", settings["mark_cache_size"], str(limit // 8))
    grace = spec["terminationGracePeriodSeconds"]
    equal(pod, "shutdown_wait_unfinished", settings["shutdown_wait_unfinished"], str(grace - 30))
    equal(pod, "shutdown_wait_unfinished_queries", settings["shutdown_wait_unfinished_queries"], "1")
    user = variables["CLICKHOUSE_USER"]
    equal(pod, "the user", found["users"][user], [["plaintext_password"], ["::/0"]])
    version = found["version"]
    print(f"{pod}: {version} understood {len(found['cluster'])} servers, users {', '.join(sorted(found['users']))}")

# The stack's own settings and files, where the environment has some.
if found["users"].get("probe"):
    equal(pod, "parts_to_throw_insert", found["merge_tree"]["parts_to_throw_insert"], "600")
    equal(pod, "max_execution_time", found["query"]["max_execution_time"], "60")
    equal(pod, "the user of the stack's file", found["users"]["probe"][0], ["no_password"])
    print("the stack's own settings and files win")

# And the check can fail: without its environment, or with a broken file, nothing of this holds.
pod, _, spec, _ = servers[0]
found, _ = start(pod, spec, leave_out={"SHARD"})
assert not found or found["macros"].get("shard") != "0", "a server without SHARD still knows its shard"
found, _ = start(pod, spec, texts=lambda it: it.replace("</clickhouse>", "", 1))
assert not found, "a server started on files that are no XML"
print(f"the configuration of {len(servers)} servers is understood by ClickHouse {version} as a library")
