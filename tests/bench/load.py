"""Measures each way of loading in processes of its own, in rounds of shuffled order, and prints medians and ratios: tests/bench/load.sh starts it.
Wall time, CPU and resident memory are the step's own (wait4); the server's CPU is that of the postmaster's whole tree; WAL by its position."""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import psycopg2

here = os.path.dirname(os.path.abspath(__file__))
OURS = ("publish", "load", "before")
PEERS = ("clever", "careful", "execute_values")
STATES = (("first", 0), ("unchanged", 0), ("5 % changed", 5))
LARGEST_REWRITTEN = 200000  # of 100 % changed: minutes at a million
TICK = os.sysconf("SC_CLK_TCK")

parser = argparse.ArgumentParser()
parser.add_argument("program")
parser.add_argument("--rows", type=int, default=100000)
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--slow-rounds", type=int, default=1, help="of these, with execute_values")
parser.add_argument("--limit", type=int, default=450, help="seconds after which nothing new begins: it prints what it has")
parser.add_argument("--only", default="", help="of: publish, load, clever, careful, execute_values, copy")
parser.add_argument("--resources", default="deals,users,payments")
parser.add_argument("--before", default="", help="another build's load_bench: publishes beside this one, as `before`")
parser.add_argument("--small", type=int, default=0, help="publish this many orders, too, and compare the time of a row")
options = parser.parse_args()
url = os.environ["GCMIRROR_TEST_URL"]
admin = psycopg2.connect(url)
admin.autocommit = True


def sql(text):
    with admin.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchone()[0] if cursor.description else None


with open(os.path.join(sql("SHOW data_directory"), "postmaster.pid"), encoding="ascii") as file:
    postmaster = int(file.readline())


def stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def server_cpu():
    """Seconds of the postmaster, of its children that ended and of those that live; read again when one ended meanwhile."""
    while True:
        own = list(map(int, stat(postmaster)[11:15]))
        ticks = sum(own)
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                fields = stat(pid)
            except OSError:
                continue
            if int(fields[1]) == postmaster:
                ticks += int(fields[11]) + int(fields[12])
        if list(map(int, stat(postmaster)[13:15])) == own[2:]:
            return ticks / TICK


def template(program):
    return "bench_before" if program == options.before else "bench_template"


def database(name):
    return url.replace("/postgres?", f"/{name}?")


def wait_for_nobody(name):
    while sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'") > 0:
        time.sleep(0.005)


class Figures:
    def __init__(self):
        self.all = {}

    def add(self, key, **figures):
        for name, value in figures.items():
            self.all.setdefault((key, name), []).append(value)

    def median(self, key, name):
        values = sorted(self.all.get((key, name), []))
        return values[len(values) // 2] if values else None


figures = Figures()
started = time.monotonic()


def measured(key, name, command):
    """Runs a step against database `name`; its own words are JSON or nothing."""
    sql("CHECKPOINT")
    wal, cpu, begin = sql("SELECT pg_current_wal_insert_lsn()"), server_cpu(), time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)}: ended with {process.returncode}")
        wait_for_nobody(name)
        out.seek(0)
        said = out.read()
    print(f"{' '.join(map(str, key))}: {wall:.2f} s", file=sys.stderr, flush=True)
    figures.add(key, wall=wall, client=usage.ru_utime + usage.ru_stime, server=server_cpu() - cpu, rss=usage.ru_maxrss / 1024,
                wal=float(sql(f"SELECT pg_current_wal_insert_lsn() - '{wal}'::pg_lsn")) / 1e6, **(json.loads(said) if said.startswith(b"{") else {}))


def steps(number, rows, bodies, resource, how, name):
    """First, unchanged and 5 % changed, one after the other, in a database of their own."""
    ours = how in OURS
    program = options.before if how == "before" else options.program
    sql(f"CREATE DATABASE {name}" + (f" TEMPLATE {template(program)}" if ours else ""))
    if ours:
        subprocess.run([program, "fields", database(name), f"{bodies}/fields.json.gz"], check=True)
    wait_for_nobody(name)
    for state, changed in STATES + ((("100 % changed", 100),) if how == "publish" and resource == "deals" and number == 0 and rows <= LARGEST_REWRITTEN else ()):
        body = f"{bodies}/{resource}-{changed}.json.gz"
        command = [program, "load" if how == "load" else "publish", database(name), resource, body] if ours else [sys.executable, f"{here}/peers.py", how, database(name), resource, body]
        measured((rows, resource, how, state), name, command)
        if state == "first" and how in PEERS:  # paid later by autovacuum; ours is within its time
            connection = psycopg2.connect(database(name))
            connection.autocommit = True
            begin = time.monotonic()
            connection.cursor().execute(f"VACUUM (ANALYZE) peer_{resource}")
            figures.add((rows, resource, how, "VACUUM (ANALYZE) later"), wall=time.monotonic() - begin)
            connection.close()
            wait_for_nobody(name)
    sql(f"DROP DATABASE {name}")


def copy_limit(rows, bodies, name):
    """\\copy of the finished rows into an empty table with the same columns and indexes."""
    sql(f"CREATE DATABASE {name} TEMPLATE bench_template")
    subprocess.run([options.program, "load", database(name), "deals", f"{bodies}/deals-0.json.gz"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryFile() as file:
        connection = psycopg2.connect(database(name))
        cursor = connection.cursor()
        cursor.copy_expert("COPY mirror.deals TO STDOUT", file)
        cursor.execute("CREATE TABLE limit_deals (LIKE mirror.deals INCLUDING ALL)")
        connection.commit()
        sql("CHECKPOINT")
        file.seek(0)
        cpu, begin = server_cpu(), time.monotonic()
        cursor.copy_expert("COPY limit_deals FROM STDIN", file, 1 << 16)
        connection.commit()
        figures.add((rows, "deals", "copy", "first"), wall=time.monotonic() - begin, server=server_cpu() - cpu)
        connection.close()
    wait_for_nobody(name)
    sql(f"DROP DATABASE {name}")


def round_of(number, rows, bodies, hows, resources):
    # people and payments in the first round alone
    jobs = [(resource, how) for resource in resources for how in hows if (number == 0 or resource == "deals")
            and (how != "execute_values" or (number < options.slow_rounds and resource == "deals")) and (resource == "deals" or how in ("publish", "before", "clever", "careful"))]
    random.shuffle(jobs)
    jobs.sort(key=lambda job: job[1] == "execute_values")  # minutes: what it would crowd out comes first
    for resource, how in jobs:
        if time.monotonic() - started > options.limit:
            print(f"no time left for {resource}, {how}, round {number + 1}", file=sys.stderr)
            continue
        name = f"bench_{resource}_{how}_{number}"
        if how == "copy":
            copy_limit(rows, bodies, name)
        else:
            steps(number, rows, bodies, resource, how, name)


def shown(value, form):
    return format(value, form) if value is not None else ""


def table(rows, resource, hows):
    print(f"\n{rows} {resource}  {'':24} {'s':>7} {'x ours':>7} {'client':>7} {'server':>7} {'RSS MB':>7} {'WAL MB':>7}  receive/load/rest")
    for state in [state for state, _ in STATES] + ["100 % changed", "VACUUM (ANALYZE) later"]:
        ours = figures.median((rows, resource, "publish", state), "wall")
        for how in hows:
            key = (rows, resource, how, state)
            wall = figures.median(key, "wall")
            if wall is None:
                continue
            parts = "/".join(shown(figures.median(key, part), ".2f") for part in ("receive", "load", "rest")) if how in OURS else ""
            print(f"{state:24} {how:16} {wall:7.2f} {shown(wall / ours if ours else None, '7.2f'):>7} {shown(figures.median(key, 'client'), '7.2f'):>7} "
                  f"{shown(figures.median(key, 'server'), '7.2f'):>7} {shown(figures.median(key, 'rss'), '7.0f'):>7} {shown(figures.median(key, 'wal'), '7.1f'):>7}  {parts}")


def target(text, value, form, met):
    if value is not None:
        print(f"{text:66} {format(value, form):>7}  {'met' if met(value) else 'MISSED'}")


def ratio(one, other):
    return one / other if one and other else None


def targets(rows):
    ours = {state: figures.median((rows, "deals", "publish", state), "wall") for state, _ in STATES}
    print("\nof orders, whole publication:")
    for peer in ("clever", "careful"):
        theirs = {state: figures.median((rows, "deals", peer, state), "wall") for state, _ in STATES}
        if peer == "careful":
            print("against the careful script: " + ", ".join(f"{state} {ratio(theirs[state], ours[state]):.2f} x" for state in ours if ratio(theirs[state], ours[state])))
            continue
        target("first load, x the clever script's time; at most 0.5", ratio(ours["first"], theirs["first"]), ".2f", lambda v: v <= 0.5)
        target("unchanged, times the clever script's speed; at least 5", ratio(theirs["unchanged"], ours["unchanged"]), ".2f", lambda v: v >= 5)
        target("5 % changed, times the clever script's speed; at least 4", ratio(theirs["5 % changed"], ours["5 % changed"]), ".2f", lambda v: v >= 4)
    per_100k = 100000 / rows
    for how, what in (("publish", "with facts and statistics"), ("load", "load alone")):
        server = figures.median((rows, "deals", how, "first"), "server")
        target(f"server CPU s per 100 000 orders, first, {what}; at most 3", server and server * per_100k, ".2f", lambda v: v <= 3)
    loaded, copied = figures.median((rows, "deals", "load", "first"), "wall"), figures.median((rows, "deals", "copy", "first"), "wall")
    if ratio(copied, loaded):
        print(f"first load alone: {ratio(copied, loaded):.2f} x the speed of \\copy of the finished rows into the same indexed table")
    most = max((max(values) for (key, name), values in figures.all.items() if name == "rss" and key[0] == rows and key[2] in ("publish", "load")), default=None)
    target(f"resident MB at {rows} rows; at most 96 at a million", most, ".0f", lambda v: v <= 96)
    if options.small:
        for state in ours:
            small = figures.median((options.small, "deals", "publish", state), "wall")
            value = ours[state] and small and ours[state] / rows / (small / options.small)
            target(f"{state}: time of a row at {rows} x that at {options.small}; at most 1.15", value, ".2f", lambda v: v <= 1.15)


def main():
    hows = options.only.split(",") if options.only else ["publish", "load", *PEERS, "copy"] + (["before"] if options.before else [])
    resources = options.resources.split(",")
    with open("/proc/loadavg", encoding="ascii") as file:
        print(f"{os.cpu_count()} cores, load {' '.join(file.read().split()[:3])}; {sql('SELECT version()').split(' on ')[0]}, fsync {sql('SHOW fsync')}, "
              f"shared_buffers {sql('SHOW shared_buffers')}; medians of {options.rounds} rounds in shuffled order", flush=True)
    for program in filter(None, (options.program, options.before)):
        sql(f"CREATE DATABASE {template(program)}")
        subprocess.run([program, "migrate", database(template(program))], check=True)
    sizes = [options.rows] + ([options.small] if options.small else [])
    with tempfile.TemporaryDirectory() as folder:
        for rows in sizes:
            os.mkdir(f"{folder}/{rows}")
            subprocess.run([options.program, "bodies", f"{folder}/{rows}", str(rows), *resources], check=True)
        global started
        started = time.monotonic()  # what is read is made: minutes at a million
        for number in range(options.rounds):
            for rows in random.sample(sizes, len(sizes)):
                round_of(number, rows, f"{folder}/{rows}", hows if rows == options.rows else ["publish"],
                         resources if rows == options.rows else ["deals"])
    for rows in sizes:
        for resource in resources:
            table(rows, resource, hows)
    targets(options.rows)
    with open("/proc/loadavg", encoding="ascii") as file:
        print("load at the end: " + " ".join(file.read().split()[:3]))


main()
