"""What is asked of cagekeeper alone: memory in its several forms, and its start over a ledger of ten million facts."""
import contextlib, copy, os, signal, sqlite3, time

from phases import Run, deadline
from program import drop_cache, rss
from wire import Failed

FORMS = [
    # name, assets, [mqtt], further configuration
    ("external broker", 8_000, None, ""),
    ("external broker, 100,000 assets", 100_000, None, ""),
    ("embedded broker", 8_000, 'listen = "127.0.0.1:{port}"', ""),
    ("embedded broker, feeds on", 8_000, 'listen = "127.0.0.1:{port}"', '[web]\nlisten = "127.0.0.1:{web}"\n'),
]
SCANS = 200


def held(spec, args, form):
    name, assets, mqtt, extra = form
    a = copy.copy(args)
    a.assets, a.sync_delay_ms = (min(assets, args.assets_max), 0)
    run = Run(spec, a, name.replace(" ", "-").replace(",", ""))
    try:
        env = run.prog.spec.setdefault("env", {})
        env["BENCH_EXTRA"] = extra.format(web=args.port + 1)
        if mqtt:
            run.broker.stop()
            env["BENCH_MQTT"] = mqtt.format(port=args.port)
        run.ready()
        run.quiet(args.deadline)
        idle = rss(run.prog.p.pid)[0]
        for c in run.take(SCANS):
            run.pty.write(run.line(c))
            run.sub.wait(lambda: c in run.sub.count, 10)
        now_mb, peak = rss(run.prog.p.pid)
        return {"assets": a.assets, "idle_mb": idle, f"after_{SCANS}_scans_mb": now_mb, "peak_mb": peak}
    finally:
        run.end()


def memory(spec, args):
    out, failed = {}, {}
    for form in FORMS:
        try:
            with deadline(f"memory, {form[0]}", args.deadline * 2):
                out[form[0]] = held(spec, args, form)
        except (Failed, OSError) as e:
            failed[f"memory, {form[0]}"] = str(e)
    return out, failed


class Large(Run):
    """A run over a ledger that exists, whose assets are A0, A1, …: those beyond the kits are scanned."""

    def __init__(self, spec, args, ledger):
        self.ledger = ledger
        super().__init__(spec, args, "large")

    def seed(self):
        self.db = self.prog.env["db"] = self.ledger
        loose = [f"A{n}" for n in range(100_000) if n % 100 >= 10]
        shift = int(time.time()) % 50_000
        loose = loose[shift:] + loose[:shift]
        self.probes, self.codes = loose[:3_000], loose[3_000:]
        with contextlib.closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as d:
            head = d.execute("SELECT max(seq) FROM fact").fetchone()[0]
        # What was there before is not this run's, and reading all of it takes a minute.
        self.spec["rows_sql"] = self.spec["rows_sql"].replace("WHERE", f"WHERE seq > {head} AND")
        self.spec.pop("inconsistent_sql", None)

    def started(self):
        return self.ready(self.a.deadline)


def starts(spec, args, ledger):
    """Seconds to READY=1: nothing of the file in memory; all of it that was used last; after kill -9 amid scans."""
    run = Large(spec, args, ledger)
    try:
        with deadline("ten million facts", args.deadline * 3):
            drop_cache(ledger, ledger + "-wal", os.environ["CAGEKEEPER"])
            out = {"bytes": os.path.getsize(ledger), "cold": run.started()}
            run.prog.kill(signal.SIGTERM)
            out["warm"] = run.started()
            for c in run.take(300):
                run.pty.write(run.line(c))
                run.sub.wait(lambda: c in run.sub.count, 10)
            out["memory_mb"] = rss(run.prog.p.pid)[0]
            run.pty.write(b"".join(run.line(c) for c in run.take(200)))
            time.sleep(0.05)
            run.prog.kill(signal.SIGKILL)
            run.pty.drain()
            out["after_kill"] = run.started()
            run.prog.kill(signal.SIGKILL)
            drop_cache(ledger, ledger + "-wal", os.environ["CAGEKEEPER"])
            out["after_kill_cold"] = run.started()
            out["closed"] = run.closed()
            return out
    finally:
        run.end()
