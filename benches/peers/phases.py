"""One run: one program from its start through all phases."""
import contextlib, json, os, re, shutil, signal, sqlite3, subprocess, threading, time

import floor as machine
from program import CLK, Program, cpu, drop_cache, rss, wakeups
from wire import Broker, Failed, Pty, Subscriber, dist_ms, now, pct

PROBES = 3_000
PROBE_EVERY_S = 0.01
QUIET_S = 3


@contextlib.contextmanager
def deadline(what, seconds):
    """Ends what takes longer, so that a hang costs one phase and not the table."""
    def late(_signal, _frame):
        raise Failed(f"{what}: not done after {seconds:g} s")
    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Run:
    def __init__(self, spec_path, args, rnd):
        self.spec = json.load(open(spec_path))
        self.a = args
        name = self.spec["name"]
        self.work = os.path.join(args.work, f"{name}-{rnd}")
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        self.pty = Pty()
        self.db = os.path.join(self.work, "bench.db")
        env = {"pty": self.pty.name, "db": self.db, "port": args.port, "work": self.work, "cache": args.cache,
               "here": os.path.dirname(os.path.abspath(spec_path)), "topic_filter": self.spec.get("topic_filter", "#"),
               "codes": os.path.join(self.work, "codes.txt")}
        self.prog = Program(self.spec, env, int(args.sync_delay_ms * 1000))
        self.codes = [f"ASSET-{i:06d}" for i in range(args.assets)]
        self.probes = [f"PROBE-{i:06d}" for i in range(PROBES)]
        self.next_code = self.next_probe = 0
        self.term = self.spec.get("terminator", "\r\n")
        self.seed()
        self.seeded_bytes = self.stored()
        self.broker = Broker(self.work, args.port)
        self.broker.start()
        self.sub = Subscriber(args.port, self.spec.get("topic_filter", "#"),
                              self.extract(self.spec["event_code"]), self.extract(self.spec.get("event_action")),
                              self.green())
        self.sub.start()
        self.sub.up.wait(5)

    @staticmethod
    def extract(path):
        if path is None:
            return lambda b: None
        if path.startswith("re:"):
            rx = re.compile(path[3:].encode())

            def f(b):
                m = rx.search(b)
                return m.group(1).decode() if m else None
            return f

        def g(b):
            try:
                v = json.loads(b)
                for k in path.split("."):
                    v = v[k]
                return v
            except (ValueError, KeyError, TypeError):
                return None
        return g

    def green(self):
        """Where the program's green light is heard, and how its code is read from that."""
        g = self.spec.get("green")
        if not g:
            return None
        code, level = self.extract(g["code"]), self.extract(g["level"])

        def of(body):
            c = code(body)
            return c.upper() if c and level(body) in g["levels"] else None
        return g["topic"], of

    def stored(self):
        return sum(os.path.getsize(self.db + e) for e in ("", "-wal") if os.path.exists(self.db + e))

    def seed(self):
        with open(self.prog.env["codes"], "w") as f:
            f.write("\n".join(self.codes + self.probes) + "\n")
        if "seed_command" in self.spec:
            subprocess.run([self.prog.fill(x) for x in self.spec["seed_command"]], check=True, cwd=self.work)
            return
        d = sqlite3.connect(self.db)
        d.executescript(open(self.prog.fill(self.spec["seed_sql"])).read())
        d.executemany(self.spec["seed_insert"], [(c,) for c in self.codes + self.probes])
        d.commit()
        d.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        d.close()

    def take(self, n):
        c = self.codes[self.next_code:self.next_code + n]
        if len(c) < n:
            raise Failed("not enough seeded assets")
        self.next_code += n
        return c

    def line(self, code):
        return (code + self.term).encode()

    def rows(self, codes):
        db = self.prog.fill(self.spec.get("rows_db", "{db}"))
        d = sqlite3.connect(db, timeout=10)
        r = {c: n for c, n in d.execute(self.spec["rows_sql"])}
        bad = d.execute(self.spec["inconsistent_sql"]).fetchone()[0] if "inconsistent_sql" in self.spec else None
        d.close()
        return {c: r[c] for c in codes if c in r}, bad

    def ready(self, limit=60):
        """Starts the program and scans fresh codes until the first event comes back. Returns seconds to that event, and
        to READY=1 where the program says it."""
        t0 = self.prog.start()
        mine = set()
        while now() - t0 < limit:
            self.prog.alive()
            if self.next_probe == len(self.probes):
                break
            p = self.probes[self.next_probe]
            self.next_probe += 1
            mine.add(p)
            self.pty.write(self.line(p))
            with self.sub.cv:
                first = next((e[0] for e in self.sub.events[-64:] if e[1] in mine), None)
            if first is not None:
                self.settle(1.0)
                ready = self.prog.ready.at
                return {"first_event_s": round(first - t0, 4), "ready_s": round(ready - t0, 4) if ready else None}
            time.sleep(PROBE_EVERY_S)
        raise Failed(f"{self.spec['name']} gave no event in {limit} s; see {self.work}/program.log")

    def settle(self, quiet, limit=20):
        end = now() + limit
        while now() < end and now() - self.sub.last < quiet:
            time.sleep(0.05)

    def quiet(self, limit):
        """Waits until the program has nothing left to tell: one that keeps state on the broker says all of it first."""
        end = now() + limit
        while now() < end:
            self.prog.alive()
            used = cpu(self.prog.p.pid)
            time.sleep(QUIET_S)
            if cpu(self.prog.p.pid) - used <= 0.02 * QUIET_S:
                return
        raise Failed(f"{self.spec['name']} was still busy after {limit:g} s")

    # ---- phases
    def floor(self):
        return machine.floor(self.work, self.a.port)

    def idle(self):
        p = self.prog.p.pid
        a, w = cpu(p), wakeups(p)
        time.sleep(self.a.idle)
        r = rss(p)
        return {"seconds": self.a.idle, "cpu_s": round(cpu(p) - a, 3), "rss_mb": r[0], "peak_rss_mb": r[1],
                "wakeups_per_s": round((wakeups(p) - w) / self.a.idle, 1)}

    def synced(self, before, scans):
        after = self.prog.syncs()
        return None if before is None or not after else round((after - before) / scans, 4)

    def closed(self):
        half = self.take(self.a.closed // 2)
        seq = half + half                  # every asset goes out, then comes back
        lat, lost, wrong = [], 0, 0
        first = {}
        c0, s0 = cpu(self.prog.p.pid), self.prog.syncs()
        for code in seq:
            want = self.sub.count.get(code, 0) + 1
            t = now()
            self.pty.write(self.line(code))
            if self.sub.wait(lambda: self.sub.count.get(code, 0) >= want, 10):
                ev = next(e for e in reversed(self.sub.events) if e[1] == code)
                lat.append(ev[0] - t)
                if ev[2] is not None:
                    wrong += code in first and first[code] == ev[2]
                    first[code] = ev[2]
            else:
                lost += 1
        used, syncs = cpu(self.prog.p.pid) - c0, self.synced(s0, len(seq))
        rows, bad = self.rows(half)
        return dict(dist_ms(lat), lost=lost, toggle_errors=wrong,
                    duplicates=sum(max(0, self.sub.count.get(c, 0) - 2) for c in half),
                    rows_missing=len(seq) - sum(rows.values()), inconsistent_assets=bad,
                    cpu_s_per_1000=round(used / len(seq) * 1000, 4), syncs_per_scan=syncs)

    def burst(self):
        codes = self.take(self.a.burst)
        data = b"".join(self.line(c) for c in codes)
        c0, s0 = cpu(self.prog.p.pid), self.prog.syncs()
        t0 = now()
        self.pty.write(data)
        tw = now() - t0
        done = lambda: codes[-1] in self.sub.count and all(c in self.sub.count for c in codes)
        self.sub.wait(done, self.a.burst_limit)
        self.settle(1.5)
        mine = set(codes)
        t1 = max([t for t, c, _ in self.sub.events if c in mine] or [t0])
        used, syncs = cpu(self.prog.p.pid) - c0, self.synced(s0, len(codes))
        got = [c for c in codes if c in self.sub.count]
        rows, bad = self.rows(codes)
        r = rss(self.prog.p.pid)
        return {"n": len(codes), "write_s": round(tw, 3), "seconds": round(t1 - t0, 3),
                "events_per_s": round(len(got) / (t1 - t0), 1) if t1 > t0 else None,
                "lost_events": len(codes) - len(got), "rows_missing": len(codes) - len(rows),
                "duplicate_events": sum(self.sub.count[c] - 1 for c in got),
                "duplicate_rows": sum(n - 1 for n in rows.values()), "inconsistent_assets": bad,
                "cpu_s_per_1000": round(used / len(codes) * 1000, 4), "syncs_per_scan": syncs,
                "rss_mb": r[0], "peak_rss_mb": r[1]}

    def broker_outage(self):
        """100 scans, evenly spaced; the broker is down from the 31st to the 70th."""
        codes = self.take(100)
        gap = self.a.outage_gap
        t_up = None
        for i, c in enumerate(codes):
            if i == 30:
                self.broker.stop()
            if i == 70:
                self.broker.start()
                t_up = now()
            self.pty.write(self.line(c))
            time.sleep(gap)
        self.sub.wait(lambda: all(c in self.sub.count for c in codes), self.a.outage_wait)
        alive = self.prog.p.poll() is None
        rows, bad = self.rows(codes)
        missing = [i for i, c in enumerate(codes) if c not in self.sub.count]
        after = [t for t, c, _ in self.sub.events if t > t_up and c in set(codes)]
        return {"n": 100, "down_s": round(40 * gap, 1), "still_running": alive, "lost_events": len(missing),
                "lost_before_during_after": [sum(i < 30 for i in missing), sum(30 <= i < 70 for i in missing),
                                             sum(i >= 70 for i in missing)],
                "duplicate_events": sum(self.sub.count[c] - 1 for c in codes if c in self.sub.count),
                "rows_missing": 100 - len(rows), "inconsistent_assets": bad,
                "first_event_after_restart_s": round(min(after) - t_up, 2) if after else None}

    def kill9(self):
        """Kill the program in the middle of a burst, discard what it had not read, start it again."""
        codes = self.take(self.a.kill_burst)
        stop = threading.Event()
        data = b"".join(self.line(c) for c in codes)
        wrote = []
        w = threading.Thread(target=lambda: wrote.append(self.pty.write(data, stop)), daemon=True)
        w.start()
        goal = int(self.a.kill_burst * self.a.kill_at)
        s = set(codes)
        had = len(self.sub.events)
        seen = lambda: len(self.sub.events) - had >= goal
        self.sub.wait(seen, 60)
        self.prog.kill(signal.SIGKILL)
        stop.set()
        w.join()
        time.sleep(0.3)
        left = self.pty.drain().count(b"\n")
        consumed = wrote[0] // len(self.line(codes[0])) - left
        before, bad = self.rows(codes)
        ev_before = {c for c in codes if c in self.sub.count}
        restart = self.ready()
        time.sleep(self.a.kill_wait)
        rows, bad2 = self.rows(codes)
        ev = {c for c in codes if c in self.sub.count}
        green = self.sub.greens & s
        return {"n": len(codes), "consumed_from_line": consumed, "rows_at_kill": len(before),
                "events_at_kill": len(ev_before), "restart": restart, "rows_after_restart": len(rows),
                "events_after_restart": len(ev),
                "event_seen_but_row_lost": len(ev - set(rows)),
                "green": len(green), "green_but_row_lost": len(green - set(rows)),
                "row_kept_but_event_never_sent": len(set(rows) - ev),
                "read_but_never_recorded": consumed - len(rows),
                "duplicate_events": sum(self.sub.count[c] - 1 for c in ev),
                "inconsistent_assets": bad2}

    def outage_kill(self):
        """Broker down, 40 scans recorded, power cut for the program (kill -9); broker up, program up: which events arrive?"""
        codes = self.take(40)
        self.broker.stop()
        for c in codes:
            self.pty.write(self.line(c))
            time.sleep(self.a.outage_gap)
        end = now() + 15
        while now() < end and len(self.rows(codes)[0]) < len(codes):
            time.sleep(0.2)
        recorded = len(self.rows(codes)[0])
        self.prog.kill(signal.SIGKILL)
        self.pty.drain()
        self.broker.start()
        restart = self.ready()
        self.sub.wait(lambda: all(c in self.sub.count for c in codes), self.a.kill_wait + 5)
        rows, bad = self.rows(codes)
        return {"n": len(codes), "rows_at_kill": recorded, "rows_after_restart": len(rows), "restart": restart,
                "lost_events": sum(c not in self.sub.count for c in codes),
                "duplicate_events": sum(self.sub.count[c] - 1 for c in codes if c in self.sub.count),
                "inconsistent_assets": bad}

    def all(self):
        """Every phase; one that fails is named, and the program started afresh for the next."""
        r = {"peer": self.spec["name"], "load_before": round(os.getloadavg()[0], 2), "failed": {}}
        steal = self.steal()
        try:
            self.attempt(r, "startup", self.ready)
            if self.prog.p is not None:
                self.attempt(r, "quiet", lambda: self.quiet(self.a.deadline - 5))
            for name in self.a.phases:
                if self.prog.p is None or self.prog.p.poll() is not None or self.broker.p is None:
                    self.again(r)
                self.attempt(r, name, getattr(self, name))
                self.settle(0.5)
        finally:
            r.update(self.end(), steal_s=round(self.steal() - steal, 2), load_after=round(os.getloadavg()[0], 2))
        return r

    def attempt(self, r, name, phase):
        try:
            with deadline(f"{self.spec['name']}, {name}", self.a.deadline):
                r[name] = phase()
        except (Failed, OSError, sqlite3.Error) as e:
            r["failed"][name] = str(e)
            self.prog.kill(signal.SIGKILL)

    def again(self, r):
        self.prog.kill(signal.SIGKILL)
        if self.broker.p is None:
            self.broker.start()
        self.pty.drain()
        self.attempt(r, "start again", self.ready)

    def end(self):
        """Stops all; what the file has grown by, of all scans of this run."""
        scans = len([e for e in self.sub.events if not e[1].startswith("PROBE")])
        self.sub.stop = True
        self.prog.kill(signal.SIGTERM)
        self.broker.stop()
        self.pty.close()
        grown = round((self.stored() - self.seeded_bytes) / scans) if scans else None
        if not self.a.keep:
            shutil.rmtree(self.work, ignore_errors=True)
        return {"bad_payloads": self.sub.bad, "stored_bytes_per_scan": grown}

    @staticmethod
    def steal():
        with open("/proc/stat") as f:
            return int(f.readline().split()[8]) / CLK
