"""What is left of a ledger after the power was cut: looked at by the real program, on the host.

    found = Bench("target/debug/cagekeeper", CONFIG).look(image, told)
    report.add(image, found); print(report.line())
"""
import collections, os, re, signal, sqlite3, subprocess, tempfile, threading

from powercut import extract, write_sparse
from scan import die_with_parent

# What a cut left: greens and events told before it, facts of either kind found, the greens and events without a fact, what
# else is wrong, and what the program said at its start.
Found = collections.namedtuple("Found", "greens events facts lost wrong said")


class Bench:
    """Looks at disks after a cut, with the real program. config: a configuration with %(folder)s, where the ledger is."""

    def __init__(self, binary, config):
        self.binary, self.config = binary, config

    def look(self, image, told, opened=True):
        """What is on this disk, beside what had been told. opened: the program itself opens it first."""
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/var/tmp"
        with tempfile.TemporaryDirectory(prefix="lab-cut-", dir=where) as folder:
            path = os.path.join(folder, "disk")
            write_sparse(path, image.content)
            wrong = [w for w in [extract(path, ["/ledger.db", "/ledger.db-wal"], folder)] if w]
            said = []
            if opened:
                with open(folder + "/cagekeeper.toml", "w") as f:
                    f.write(self.config % {"folder": folder})
                wrong += self._starts(folder, said)
                wrong += self._verifies(folder)
            found = self._facts(folder, told, wrong, said)
        if opened and (found.lost or found.wrong) and os.environ.get("LAB_KEEP"):
            write_sparse("/var/tmp/lab-cut-%d.img" % image.seed, image.content)
        return found

    def _starts(self, folder, said):
        """Starts the daemon until it has looked at its newest facts, and stops it in order."""
        run = subprocess.Popen([self.binary, "--config", folder + "/cagekeeper.toml", "run"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        timer = threading.Timer(180, run.kill)
        timer.start()
        lines = []
        for line in run.stderr:
            lines.append(line.rstrip())
            if "the last stop was not in order" in line or " ERROR " in line:
                run.send_signal(signal.SIGTERM)
                break
        lines += run.stderr.read().splitlines()
        code = run.wait()
        timer.cancel()
        # A sentence without its time, place and numbers.
        said += [re.sub(r"\d+", "N", re.sub(r"^\S+\s+(\w+)\s+[\w:]+: ", r"\1 ", line.replace(folder, ""))) for line in lines]
        whole = any("the newest facts are whole" in line for line in lines)
        return [] if whole and code == 0 and not any(" ERROR " in l for l in lines) else ["start (%d): %s" % (code, "\n".join(lines))]

    def _verifies(self, folder):
        run = subprocess.run([self.binary, "--config", folder + "/cagekeeper.toml", "verify"], stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=300)
        return [] if run.returncode == 0 else ["verify (%d): %s%s" % (run.returncode, run.stdout, run.stderr)]

    def _facts(self, folder, told, wrong, said):
        greens = collections.Counter(what for kind, what in told if kind == "green")
        events = {what for kind, what in told if kind == "event"}
        try:
            ledger = sqlite3.connect(folder + "/ledger.db")
            rows = ledger.execute("SELECT subject, kind, origin || '.' || origin_seq FROM fact").fetchall()
            ledger.close()
        except sqlite3.Error as error:
            rows = []
            wrong.append("the ledger cannot be read: %s" % error)
        facts = collections.Counter((subject.partition("/")[2], kind) for subject, kind, _ in rows)
        found = sum((greens & facts).values()) + len(events & {id for _, _, id in rows})
        lost = sorted((greens - facts).elements()) + sorted(events - {id for _, _, id in rows})
        return Found(sum(greens.values()), len(events), found, lost, wrong, said)


class Report:
    """Sums of many cuts."""

    def __init__(self, name):
        self.name, self.cuts, self.sums, self.said, self.failed = name, 0, collections.Counter(), collections.Counter(), []

    def add(self, image, found):
        self.cuts += 1
        self.said.update(set(found.said))
        self.sums.update(greens=found.greens, events=found.events, found=found.facts, lost=len(found.lost), wrong=len(found.wrong),
                         at_risk=image.risk, gone=image.lost, torn=image.torn, bitten=bool(found.lost),
                         unreadable=any("cannot be read" in wrong for wrong in found.wrong))
        if found.lost or found.wrong:
            self.failed.append("cut before entry %d, seed %d: lost %s; %s" % (image.at, image.seed, found.lost[:3], "; ".join(found.wrong)[:2000]))

    def line(self):
        s = self.sums
        return ("%s: %d cuts (writes at risk %d, of them lost %d, torn %d); greens acknowledged %d, events %d, facts found %d, "
                "lost %d, in %d cuts; other findings %d" % (self.name, self.cuts, s["at_risk"], s["gone"], s["torn"], s["greens"],
                                                           s["events"], s["found"], s["lost"], s["bitten"], s["wrong"]))
