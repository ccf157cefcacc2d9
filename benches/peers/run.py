#!/usr/bin/env python3
"""Runs the programs in interleaved rounds and prints the table. `benches/run` sets up what this needs."""
import argparse, json, os, sqlite3, subprocess, sys, time

import alone, table
from phases import Run, deadline
from wire import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
PHASES = ["floor", "idle", "closed", "burst", "broker_outage", "kill9", "outage_kill"]


def options():
    cache = os.environ.get("CAGEKEEPER_BENCH_DIR", "/var/tmp/cagekeeper-bench")
    ap = argparse.ArgumentParser()
    ap.add_argument("--cagekeeper", required=True, help="the release build")
    ap.add_argument("--peer", action="append", help="python, nodered, cagekeeper (default: all that are set up)")
    ap.add_argument("--large", help="a ledger of ten million facts, to start over")
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--slow-rounds", type=int, default=1)
    ap.add_argument("--slow-ms", type=float, default=5)
    ap.add_argument("--port", type=int, default=18830)
    ap.add_argument("--cache", default=cache)
    ap.add_argument("--assets", type=int, default=6000)
    ap.add_argument("--assets-max", type=int, default=100_000, help="of the runs for memory")
    ap.add_argument("--idle", type=float, default=10)
    ap.add_argument("--closed", type=int, default=5000)
    ap.add_argument("--burst", type=int, default=2000)
    ap.add_argument("--kill-burst", type=int, default=1000)
    ap.add_argument("--deadline", type=float, default=240, help="seconds for one phase")
    ap.add_argument("--phases", default=",".join(PHASES))
    ap.add_argument("--no-memory", action="store_true")
    ap.add_argument("--keep", action="store_true", help="keep the folders of the runs")
    ap.add_argument("--out", help="where the figures go, as JSON")
    a = ap.parse_args()
    a.phases = a.phases.split(",")
    a.work = os.path.join(a.cache, "work")
    a.burst_limit, a.outage_gap, a.outage_wait, a.kill_at, a.kill_wait, a.sync_delay_ms = 120, 0.05, 30, 0.3, 3, 0
    os.environ["CAGEKEEPER"] = os.path.abspath(a.cagekeeper)
    return a


def peers(a):
    there = [p for p in table.PEERS if p != "nodered" or os.path.exists(f"{a.cache}/nr/node_modules/node-red/red.js")]
    return {p: os.path.join(HERE, p, "peer.json") for p in (a.peer or there)}


def machine():
    """What the figures were taken on."""
    def first(path, key):
        try:
            with open(path) as f:
                return next((l.split(":", 1)[1].strip() for l in f if l.startswith(key)), "?")
        except OSError:
            return "?"
    git = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "commit": git.stdout.strip() or "?",
            "processor": first("/proc/cpuinfo", "model name"), "cpus": os.cpu_count(),
            "memory": first("/proc/meminfo", "MemTotal"), "kernel": os.uname().release, "arch": os.uname().machine,
            "storage": subprocess.run(["df", "--output=source,fstype", "/var/tmp"], capture_output=True,
                                      text=True).stdout.split("\n")[-2].strip()}


def one(spec, a, rnd, results, where):
    name = os.path.basename(os.path.dirname(spec))
    print(f"round {rnd}, {name}{', slow syncs' if a.sync_delay_ms else ''} …", file=sys.stderr, flush=True)
    try:
        with deadline(f"{name}, set-up", a.deadline):
            run = Run(spec, a, rnd)
    except (Failed, OSError, subprocess.CalledProcessError) as e:
        results["failed"][f"{name}, round {rnd}, set-up"] = str(e)
        return
    r = run.all()
    results[where].append(dict(r, round=rnd))


def rounds(a, results):
    specs = list(peers(a).values())
    for rnd in range(a.rounds):
        for spec in specs[rnd % len(specs):] + specs[:rnd % len(specs)]:
            one(spec, a, rnd, results, "runs")
            keep(a, results)
    a.sync_delay_ms, phases, a.phases = a.slow_ms, a.phases, ["floor", "burst"]
    for rnd in range(a.slow_rounds):
        for spec in specs:
            one(spec, a, rnd, results, "slow")
            keep(a, results)
    a.sync_delay_ms, a.phases = 0, phases


def by_itself(a, results):
    spec = os.path.join(HERE, "cagekeeper", "peer.json")
    if a.peer and "cagekeeper" not in a.peer:
        return
    if a.large:
        print("ten million facts …", file=sys.stderr, flush=True)
        try:
            results["large"] = alone.starts(spec, a, a.large)
        except (Failed, OSError, sqlite3.Error, subprocess.CalledProcessError) as e:
            results["failed"]["ten million facts"] = str(e)
        keep(a, results)
    if not a.no_memory:
        print("memory …", file=sys.stderr, flush=True)
        results["memory"], failed = alone.memory(spec, a)
        results["failed"].update(failed)
    keep(a, results)


def keep(a, results):
    if a.out:
        with open(a.out, "w") as f:
            json.dump(results, f, indent=1)
            f.write("\n")


def main():
    a = options()
    os.makedirs(a.work, exist_ok=True)
    settings = {k: v for k, v in vars(a).items() if k not in ("cagekeeper", "cache", "work", "out", "large", "port")}
    results = {"machine": machine(), "settings": settings, "runs": [], "slow": [], "failed": {}}
    try:
        rounds(a, results)
        by_itself(a, results)
    finally:
        keep(a, results)
        print(", ".join(f"{k}: {v}" for k, v in results["machine"].items()))
        table.show(results)
    sys.exit(1 if table.failures(results) else 0)


if __name__ == "__main__":
    main()
