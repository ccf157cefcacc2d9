"""The figures of a run as a table: each program, the goal, and whether it is reached."""
import statistics

PEERS = ("python", "nodered", "cagekeeper")


def at(run, path):
    for k in path.split("."):
        run = run.get(k) if isinstance(run, dict) else None
    return run


def values(runs, peer, path):
    found = [at(r, path) for r in runs if r["peer"] == peer]
    return [v for v in found if v is not None]


def median(vs):
    return statistics.median(vs) if vs else None


def ratio(runs, peer, path, below):
    """Of each run by itself, then the median: a run is compared with its own moment of the machine."""
    pairs = [(at(r, path), at(r, below)) for r in runs if r["peer"] == peer]
    return median([a / b for a, b in pairs if a is not None and b])


def beside(runs, path, peer="python"):
    """Medians as multiples of that peer's."""
    base = median(values(runs, peer, path))
    return {p: (None if not base or (v := median(values(runs, p, path))) is None else v / base) for p in PEERS}


def number(v, unit=""):
    if v is None:
        return "-"
    text = f"{v:.0f}" if abs(v) >= 100 or v == int(v) else f"{v:.2f}" if abs(v) < 10 else f"{v:.1f}"
    return text + (f" {unit}" if unit else "")


def row(name, cells, goal, reached, note=""):
    said = "" if goal == "" else "not measured" if reached is None else "reached" if reached else "NOT REACHED"
    return [name, *[cells.get(p, "-") if isinstance(cells, dict) else cells for p in PEERS], goal, said, note]


def meets(value, limit, at_least=False):
    return None if value is None else (value >= limit if at_least else value <= limit)


def plain(runs, name, path, unit="", worst=False, goal="", limit=None):
    """One figure of each program as it was measured; the worst round counts where something is lost."""
    pick = (lambda vs: max(vs) if vs else None) if worst else median
    got = {p: pick(values(runs, p, path)) for p in PEERS}
    reached = None if limit is None else meets(got["cagekeeper"], limit)
    return row(name, {p: number(v, unit) for p, v in got.items()}, goal, reached)


def times(runs, name, path, goal, limit, at_least, unit, note=""):
    """One figure of each program beside the Python script's."""
    by = beside(runs, path)
    cells = {p: f"{number(by[p])} x ({number(median(values(runs, p, path)), unit)})" if by[p] is not None else "-"
             for p in PEERS}
    return row(name, cells, goal, meets(by["cagekeeper"], limit, at_least), note)


def latency(runs):
    floors = [v for p in PEERS for v in values(runs, p, "floor.p50_ms")]
    of = {p: ratio(runs, p, "closed.p50_ms", "floor.p50_ms") for p in PEERS}
    ms = {p: median(values(runs, p, "closed.p50_ms")) for p in PEERS}
    tail = {p: ratio(runs, p, "closed.p99_ms", "closed.p50_ms") for p in PEERS}
    scans = median(values(runs, "cagekeeper", "closed.n"))
    cells = {p: f"{number(of[p])} x floor ({number(ms[p], 'ms')})" if of[p] else "-" for p in PEERS}
    tails = {p: f"{number(tail[p])} x own p50" if tail[p] else "-" for p in PEERS}
    return [row("one scan to event, p50", cells, "<= 1.6 x floor", meets(of["cagekeeper"], 1.6),
                f"floor {number(median(floors), 'ms')}"),
            row("one scan to event, p99", tails, "<= 3 x own p50", meets(tail["cagekeeper"], 3),
                f"of {number(scans)} scans")]


def alone(form, mb, limit):
    return row(f"resident memory, {form}", {"cagekeeper": number(mb, "MB")}, f"<= {limit} MB", meets(mb, limit))


MANY = "external broker, 100,000 assets"


def many_assets(held):
    """As many as there were: a small run has fewer."""
    assets = at(held.get(MANY, {}), "assets")
    return f"{assets:,} assets" if assets else "100,000 assets"


def memory(results):
    held = results.get("memory", {})
    mb = lambda form: at(held.get(form, {}), "idle_mb")
    rows = [plain(results["runs"], "resident memory, idle", "idle.rss_mb", "MB", goal="<= 16 MB", limit=16),
            alone(many_assets(held), mb(MANY), 24),
            alone("embedded broker", mb("embedded broker"), 32),
            alone("embedded broker, feeds", mb("embedded broker, feeds on"), 32)]
    rows.append(plain(results["runs"], "resident memory, after a burst", "burst.rss_mb", "MB"))
    return rows


def starts(results):
    runs = results["runs"]
    ready = median(values(runs, "cagekeeper", "startup.ready_s"))
    rows = [plain(runs, "start to first event", "startup.first_event_s", "s"),
            row("start to ready", {"cagekeeper": number(ready, "s")}, "<= 0.05 s", meets(ready, 0.05))]
    for name, key in [("cold", "cold"), ("again", "warm"), ("after kill -9", "after_kill"),
                      ("after kill -9, cold", "after_kill_cold")]:
        s = at(results, f"large.{key}.ready_s")
        rows.append(row(f"ready with 10 million facts, {name}", {"cagekeeper": number(s, "s")}, "<= 0.3 s", meets(s, 0.3)))
    return rows


def counted(runs, path, usual):
    return f"{median([v for p in PEERS for v in values(runs, p, path)]) or usual:,.0f}"


def lost(runs):
    green = values(runs, "cagekeeper", "kill9.green")
    gone = values(runs, "cagekeeper", "kill9.green_but_row_lost")
    return [
        plain(runs, "events lost, broker down 2 s, of 100", "broker_outage.lost_events", "", True, "0", 0),
        plain(runs, "events lost, broker down and kill -9, of 40", "outage_kill.lost_events", "", True, "0", 0),
        plain(runs, f"read, never recorded at kill -9, of {counted(runs, 'kill9.n', 1000)}", "kill9.read_but_never_recorded", "", True, "<= 64", 64),
        row("green, not recorded at kill -9", {"cagekeeper": number(max(gone) if gone else None)}, "0",
            meets(max(gone), 0) if gone else None, f"of {sum(green)} green" if green else ""),
        plain(runs, "event told, not recorded at kill -9", "kill9.event_seen_but_row_lost", "", True, "0", 0),
        plain(runs, "events told twice after kill -9", "kill9.duplicate_events", "", True),
    ]


def rows(results):
    runs, slow = results["runs"], results.get("slow", [])
    broker = median([v for p in PEERS for v in values(runs, p, "floor.broker_per_s")])
    return [
        *latency(runs),
        times(runs, f"burst of {counted(runs, 'burst.n', 2000)}, events per second", "burst.events_per_s", ">= 5 x", 5, True, "/s",
              f"broker alone {number(broker, '/s')}"),
        times(slow, "the same, syncs 5 ms slower", "burst.events_per_s", ">= 25 x", 25, True, "/s"),
        times(runs, "processor time per 1,000 scans", "closed.cpu_s_per_1000", "<= 0.2 x", 0.2, False, "s"),
        times(runs, "processor time per 1,000 of a burst", "burst.cpu_s_per_1000", "", 0, False, "s"),
        *memory(results),
        *starts(results),
        *lost(runs),
        plain(runs, "idle wake-ups per second", "idle.wakeups_per_s"),
        plain(runs, "sync calls per scan, one at a time", "closed.syncs_per_scan"),
        plain(runs, "sync calls per scan, in a burst", "burst.syncs_per_scan"),
        plain(runs, "file grown by, bytes per scan", "stored_bytes_per_scan"),
    ]


def failures(results):
    found = dict(results.get("failed", {}))
    for r in results["runs"] + results.get("slow", []):
        found.update({f"{r['peer']}, round {r['round']}, {k}": v for k, v in r.get("failed", {}).items()})
    return found


def show(results):
    head = ["", "Python script", "Node-RED flow", "cagekeeper", "goal", "", ""]
    cells = [head, *rows(results)]
    widths = [max(len(str(r[i])) for r in cells) for i in range(len(head))]
    print("\n".join("  ".join(str(c).ljust(w) for c, w in zip(r, widths)).rstrip() for r in cells))
    for what, why in failures(results).items():
        print(f"FAILED: {what}: {why}")
