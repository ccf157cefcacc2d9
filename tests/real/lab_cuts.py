#!/usr/bin/env python3
"""Loss of power at random writes, while readers scan and are plugged in and out: in the lab's guest.

    lab_cuts.py target/debug/cagekeeper [CUTS]

The installed service has its ledger on ext4 on a disk that loses what was not flushed (lab/powercut.py). A keyboard
scanner, two serial readers and a HID point of sale scanner scan and come and go all the while. Everything that is done to
the disk is recorded, and with each write which greens (`done` or `notice` on station/+/signal) and which events had reached
the host. Then for cuts at random writes: the disk as it may be (of what was not flushed a random part, torn at 512 bytes,
in any order), the journal replayed, the ledger opened by the real program: it starts, finds its newest facts whole, stops
in order; `verify` finds every row; each green has its fact, and each event too, by its id. Some disks are put into the guest
again, where kernel and service recover from them and scan on, and that is recorded and cut a second time.

How greens and writes are ordered: greens leave the guest by a line of their own and are counted by the host when they
arrive. A cut is right before an entry of the record, and what arrived before that entry took effect must be there. That
is late by the green's way to the host, so a flush takes longer here than that way, as long as a command takes there and
back (a green takes a part of that): a green given before its flush is there before the flush is.

The controls show that a cut bites. They are the same service and the same scans, with lab/forgetful.c in between: where
fdatasync does nothing, and (from 100 cuts on) where it is done but not waited for, greens must be lost, else the run fails.

Exit status 0 only when nothing was lost, every check held and the controls lost.
"""
import collections, concurrent.futures, json, os, random, subprocess, sys, tempfile, threading, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from lab_door import Door, check, eventually, evidence, step  # noqa: E402
from after_cut import Bench, Report  # noqa: E402
from powercut import COPY, MKFS, Disk  # noqa: E402
from scan import HERE as LAB, Lab, accelerator, connect, die_with_parent  # noqa: E402

DISK_BYTES = 64 << 20
FLUSH_S = (0.08, 0.5)   # at least, at most
CUTS_PER_GUEST = 500
THINGS = 100            # for each reader
READERS = ("gun", "left", "right", "pos")
STATION = '\n[[station]]\nid = "%s"\nperson = "optional"\nrepeat_ms = 0\n'
READER = '\n[[reader]]\nid = "%s"\nstation = "at-%s"\n%s\n'
SERIAL = 'source = "serial"\nvendor = 0x0403\nproduct = 0x6001\nserial = "%s"\nprotocol = "line"'
SOURCES = {
    # On an emulated CPU the pause between two keys of one code can be longer than the 300 ms that end one.
    "gun": 'source = "hid"\nvendor = 0x0627\nproduct = 0x0001\nprotocol = "keyboard"\ngap_ms = 2000',
    "left": SERIAL % "LAB-LEFT", "right": SERIAL % "LAB-RIGHT",
    "pos": 'source = "hid"\nvendor = 0x0c2e\nproduct = 0x0b61\nprotocol = "hid-pos"'}
SITE = 'site = "studio"\ntimezone = "Europe/London"\n[clock]\ntrusted = true\n'
STATIONS = "".join(STATION % ("at-" + reader) for reader in READERS)
CONFIG = SITE + '[ledger]\npath = "/var/lib/cagekeeper/ledger.db"\n[control]\npath = "/run/cagekeeper/control.sock"\n' \
    + STATIONS + "".join(READER % (reader, reader, SOURCES[reader]) for reader in READERS)
ON_HOST = SITE + '[ledger]\npath = "%(folder)s/ledger.db"\n[control]\npath = "%(folder)s/control.sock"\n[mqtt]\nlisten = "127.0.0.1:0"\n' + STATIONS
PEOPLE = "id,name,badges,role\nmara,Mara Okoye,B-MARA,crew\n"
ASSETS = "id,name\n" + "".join("%s-%03d,Thing %d\n" % (r, n, n) for r in READERS for n in range(THINGS))
# The form that hardware/udev/70-cagekeeper.rules documents.
UDEV = "".join('SUBSYSTEM=="hidraw", KERNELS=="*:%s.*", GROUP="cagekeeper", MODE="0660"\n' % ids
               for ids in ("0627:0001", "0C2E:0B61"))
# Everybody scans for three seconds, then rests for one, so that the idle checkpoint is cut as well. Both clocks, the
# host's and the guest's, say when.
SCANNING = "time.time() % 4 < 3"

# On an emulated CPU the counter that the guest measures while it boots is wrong by a lot where the machine is busy.
CLOCK = "clocksource=acpi_pm"

# In the guest: a HID point of sale scanner that scans by itself and is unplugged and plugged in.
POS = """
import random, subprocess, time
dice = random.Random(11)
def report(data):
    return (bytes([2, len(data)]) + b"]C0" + data.encode().ljust(56, b"\\0") + b"\\0").hex()
while True:
    device = subprocess.Popen(["/lab/vhid", "-v", "0c2e", "-p", "0b61", "-n", "Lab Scanner", "/run/cuts/pos-scanner.hex"],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, bufsize=0)
    time.sleep(1)
    for _ in range(dice.randrange(10, 40)):
        while not (%s):
            time.sleep(0.1)
        device.stdin.write((report("pos-%%03d" %% dice.randrange(%d)) + "\\n").encode())
        time.sleep(dice.uniform(0.03, 0.3))
    device.stdin.close()
    device.wait()
    time.sleep(dice.uniform(0.1, 1))
""" % (SCANNING, THINGS)
# In the guest: what is told on MQTT goes out on a line of its own, for as long as the guest lives.
TELLING = """while :; do mosquitto_sub -q 1 -v -t 'cagekeeper/v1/studio/daemon/+/status' \
-t 'cagekeeper/v1/studio/station/+/signal' -t 'cagekeeper/v1/studio/event/#' 2>/dev/null; sleep 0.1; done >%s"""
PORT = "/dev/virtio-ports/lab.greens"


class Heard:
    """What the daemon has told, in the order in which it reached the host."""

    def __init__(self, path):
        self.told, self.greens, self.online = [], 0, 0
        self.line = connect(path)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.line.makefile("rb"):
            topic, _, payload = line.rstrip(b"\n").decode(errors="replace").partition(" ")
            try:
                self._note(topic, payload)
            except ValueError:
                pass

    def _note(self, topic, payload):
        if topic.endswith("/signal"):
            said = json.loads(payload)
            if said["level"] in ("done", "notice"):
                self.told.append(("green", (said["asset"], said["code"])))
                self.greens += 1
        elif "/event/" in topic:
            self.told.append(("event", json.loads(payload)["id"]))
        elif payload == "online":
            self.online += 1


class Hands(threading.Thread):
    """Scans with, and plugs and unplugs, the devices that QEMU makes."""

    PLUGGED = {"gun": "LAB-SCAN-1", "left": "LAB-LEFT", "right": "LAB-RIGHT"}

    def __init__(self, lab, seed):
        super().__init__(daemon=True)
        self.lab, self.dice, self.done, self.cycles, self.trouble = lab, random.Random(seed), threading.Event(), 0, None
        self.there = set()

    def run(self):
        pumps = [threading.Thread(target=self._pump, args=(reader,), daemon=True) for reader in ("left", "right")]
        try:
            for reader in self.PLUGGED:
                self._plug(reader)
            for pump in pumps:
                pump.start()
            while not self.done.is_set():
                self._turn()
        except Exception:
            self.trouble = traceback.format_exc()
        self.done.set()
        for pump in pumps:
            if pump.is_alive():
                pump.join()
        for reader in sorted(self.there):
            self.lab.unplug(reader)

    def finish(self):
        self.done.set()
        self.join(120)
        check(self.trouble is None, "plugging and scanning failed:\n%s" % self.trouble)
        return self.cycles

    def _turn(self):
        for _ in range(self.dice.randrange(1, 5)):
            if "gun" in self.there and eval(SCANNING) and not self.done.is_set():
                self.lab.type_barcode("gun-%03d" % self.dice.randrange(THINGS))
            self.done.wait(0.3)
        reader = self.dice.choice(sorted(self.PLUGGED))
        if reader in self.there:
            self.lab.unplug(reader)
            self.there.discard(reader)
        else:
            self._plug(reader)
            self.cycles += 1

    def _plug(self, reader):
        plug = self.lab.plug_scanner if reader == "gun" else self.lab.plug_reader
        plug(reader, self.PLUGGED[reader])
        self.there.add(reader)

    def _pump(self, reader):
        dice = random.Random(reader)
        while not self.done.wait(dice.uniform(0.02, 0.2)):
            if reader in self.there and eval(SCANNING):
                try:
                    self.lab.reader_write(b"%s-%03d\r\n" % (reader.encode(), dice.randrange(THINGS)), reader)
                except OSError as error:
                    self.trouble = "%s: %s" % (reader, error)
                    return


# A stretch of time on the disk: what was done to it, what had been told before it began, and all that was told by its end.
Stretch = collections.namedtuple("Stretch", "recording before heard cycles seconds flush_s")


class Cage(Door):
    """The guest, with its ledger on a disk that loses power."""

    def prepare(self, disk, binary):
        lab = self.lab
        self.disk, self.seed = disk, 0
        self.install(binary, CONFIG, UDEV, (PEOPLE, ASSETS))
        with tempfile.TemporaryDirectory() as folder:
            library = os.path.join(folder, "forgetful.so")
            subprocess.run(["gcc", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-pthread", "-o", library,
                            os.path.join(LAB, "forgetful.c")], check=True)
            with open(library, "rb") as f:
                lab.put("forgetful.so", f.read())
        with open(os.path.join(LAB, "descriptors", "pos-scanner.hex"), "rb") as f:
            lab.put("pos-scanner.hex", f.read())
        lab.put("pos.py", POS)
        lab.put("telling.sh", TELLING % PORT)
        self.heard = Heard(lab.run + "/greens")
        lab.sh("""set -e
            mkdir -p /run/cuts; cp /host/pos-scanner.hex /host/pos.py /host/telling.sh /run/cuts
            install -m755 /host/forgetful.so /usr/lib/forgetful.so
            %s /dev/vdb; mount /dev/vdb /var/lib/cagekeeper
            chown cagekeeper:cagekeeper /var/lib/cagekeeper; chmod 0750 /var/lib/cagekeeper
            runuser -u cagekeeper -- /usr/bin/cagekeeper --config /etc/cagekeeper/cagekeeper.toml import assets /host/assets.csv
            umount /var/lib/cagekeeper; blockdev --flushbufs /dev/vdb
            modprobe uhid
            printf '[Service]\\nWatchdogSec=120\\n' >/etc/systemd/system/cagekeeper.service.d/lab.conf
            nohup python3 /run/cuts/pos.py >/run/cuts/pos.log 2>&1 &
            nohup sh /run/cuts/telling.sh >/run/cuts/telling.log 2>&1 &""" % MKFS, timeout=300)

    def slow_down(self):
        """A flush takes as long as a command does there and back, now that the machine is as busy as it is."""
        def way():
            began = time.monotonic()
            self.lab.sh("true")
            return time.monotonic() - began
        self.disk.flush_s = min(max(sorted(way() for _ in range(5))[2], FLUSH_S[0]), FLUSH_S[1])

    def forget(self, how):
        """From the next start on the service runs with the library that forgets (`never`, `late`), or without (None)."""
        folder = "/run/systemd/system/cagekeeper.service.d"
        drop_in = "[Service]\\nEnvironment=LD_PRELOAD=/usr/lib/forgetful.so FORGETFUL=%s\\n" % how
        self.lab.sh("mkdir -p %s; rm -f %s/forgetful.conf" % (folder, folder)
                    + ("; printf '%s' >%s/forgetful.conf" % (drop_in, folder) if how else "") + "; systemctl daemon-reload")

    def stretch(self, content, greens, before=(), how=None, entries=0):
        """Boots the ledger that is on this disk, scans until so many greens have come and so many entries are in the
        record, or five minutes are over and there are a few greens, and records what is done to the disk."""
        lab, heard = self.lab, self.heard
        self.forget(how)
        self.slow_down()
        self.disk.load(content)
        first, lit, online = len(heard.told), heard.greens, heard.online
        self.disk.record(lambda: len(heard.told) - first)
        # The kernel refuses a torn superblock; the check at boot mends it from its copy.
        lab.sh("mount /dev/vdb /var/lib/cagekeeper || { e2fsck -f -y %s /dev/vdb; mount /dev/vdb /var/lib/cagekeeper; }" % " ".join(COPY))
        lab.sh("systemctl start cagekeeper", timeout=300)
        eventually("the daemon is online on MQTT", lambda: heard.online > online, 300)
        self.seed += 1
        hands, began = Hands(lab, self.seed), time.monotonic()
        hands.start()
        log = self.disk.recording.log
        eventually("%d greens, %d entries" % (greens, entries),
                   lambda: hands.trouble or (heard.greens - lit >= greens and len(log) >= entries)
                   or (heard.greens - lit >= 8 and time.monotonic() - began > 300), 1200)
        recording, told = self.disk.stop(), tuple(heard.told[first:])
        cycles, seconds = hands.finish(), time.monotonic() - began
        lab.sh("systemctl kill -s KILL cagekeeper; systemctl stop cagekeeper; "
               "for i in $(seq 100); do umount /var/lib/cagekeeper && break; sleep 0.1; done; blockdev --flushbufs /dev/vdb; "
               "! grep -q /dev/vdb /proc/mounts", timeout=120)
        return Stretch(recording, tuple(before), told, cycles, seconds, self.disk.flush_s)


def cut(bench, stretch, count, seed, report, opened=True, at_flushes=False):
    """Looks at that many cuts at random writes of a stretch: among those after the first green, or, of a disk that
    had been cut before, among all. at_flushes: right before flushes and forced writes only."""
    dice, log = random.Random(seed), stretch.recording.log
    lit = next(n for n, (kind, _) in enumerate(stretch.heard) if kind == "green")
    first = 0 if stretch.before else next(n for n, entry in enumerate(log) if entry.mark > lit)
    # Two cuts at one entry lose different things.
    places = [at for at in range(first, len(log)) if not at_flushes or log[at].kind != "write"]
    cuts = [(dice.choice(places), seed * 10_000 + n) for n in range(count)]

    def look(image):
        return image, bench.look(image, stretch.before + stretch.heard[:image.mark], opened)
    # More than there are processors: a start and a stop wait, too.
    workers = 2 * (os.cpu_count() or 1)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        waiting = collections.deque()
        for image in stretch.recording.images(cuts):
            waiting.append(pool.submit(look, image))
            # An image is as large as the disk: no more of them than are being looked at.
            if len(waiting) > workers:
                report.add(*waiting.popleft().result())
        for left in waiting:
            report.add(*left.result())


def told_of(stretch):
    kinds = collections.Counter(kind for kind, _ in stretch.heard)
    return "%.0f s, %d entries (%d flushes or forced writes, %.0f ms each), %d greens, %d events, %d times plugged in" % (
        stretch.seconds, len(stretch.recording.log), stretch.recording.flushes(), 1000 * stretch.flush_s, kinds["green"], kinds["event"], stretch.cycles)


def image_at(stretch, at, seed):
    return next(stretch.recording.images([(at, seed)]))


def guest(binary, number, cuts, controls):
    """One guest: a stretch, stretches from disks that were cut in it, and the controls; returns the three."""
    again = max(1, cuts // 250)
    dice = random.Random(number)
    disk = Disk(DISK_BYTES)
    with Lab("full", disks=[disk.drive()], append=CLOCK, timeout=600, extra=[
            "-chardev", "socket,id=greens,path=greens,server=on,wait=off", "-device", "virtserialport,chardev=greens,name=lab.greens"]) as lab:
        lab.wait_for("systemctl is-system-running | grep -Eq 'running|degraded'", 300)
        cage = Cage(lab)
        try:
            cage.prepare(disk, binary)
            cage.seed = number * 100
            fresh = disk.content()
            step("guest %d is up; its ledger is on ext4 on /dev/vdb" % number)
            main = cage.stretch(fresh, min(120, max(20, cuts // 4)), entries=cuts)
            step("guest %d: %s" % (number, told_of(main)))
            recoveries = []
            for n in range(again):
                image = image_at(main, dice.randrange(len(main.recording.log) // 2, len(main.recording.log)), number)
                recoveries.append(cage.stretch(image.content, 8 if again == 1 else 20, main.heard[:image.mark]))
                step("guest %d, cut, on again: %s" % (number, told_of(recoveries[-1])))
            lies = [(how, cage.stretch(fresh, min(60, max(12, cuts // 4)), how=how)) for how in controls]
        except BaseException:
            evidence(lab, "dmesg | tail; cat /run/cuts/*.log; ls -l %s" % PORT)
            raise
    disk.close()
    return main, recoveries, lies


def cut_all(bench, number, cuts, reports, main, recoveries, lies):
    """All cuts of what one guest did: a fifth of them in what came after a first cut."""
    for how, lie in lies:
        cut(bench, lie, min(100, max(20, cuts // 4)), number, reports[how], opened=False, at_flushes=how == "late")
        step(reports[how].line())
    second, again = max(1, cuts // 5), len(recoveries)
    cut(bench, main, cuts - second, number, reports["once"])
    for n, recovery in enumerate(recoveries):
        cut(bench, recovery, second // again + (n < second % again), number * 10 + n, reports["twice"])
    reports["cycles"] += main.cycles + sum(r.cycles for r in recoveries)
    step("guest %d is cut %d times. So far %s; %s" % (number, cuts, reports["once"].line(), reports["twice"].line()))


def tell(reports):
    print("\nsaid at start:")
    for report in (reports["once"], reports["twice"]):
        for sentence, times in report.said.most_common():
            print("  %6d %s" % (times, sentence))
    print()
    for name in ("once", "twice", *reports["controls"]):
        print(reports[name].line())
    print("readers were plugged in %d times during all of it, beside the one that comes and goes by itself" % reports["cycles"])
    for name in ("once", "twice"):
        for failure in reports[name].failed[:10]:
            print("FAILED, %s: %s" % (name, failure))


def judge(reports):
    check(not reports["once"].failed and not reports["twice"].failed, "a cut lost something, or left something wrong")
    for name in ("once", "twice"):
        check(reports[name].sums["greens"] > 0, "no greens before the cuts: nothing was tried")
    for name in reports["controls"]:
        check(reports[name].sums["lost"] > 0, "the cut does not bite: %s" % reports[name].line())


def main():
    if len(sys.argv) not in (2, 3) or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: lab_cuts.py BINARY [CUTS]   (BINARY: a built cagekeeper)")
    left = cuts = int(sys.argv[2]) if len(sys.argv) == 3 else 24
    die_with_parent()
    step("accelerator: %s; %d cuts" % (accelerator(), cuts))
    reports = {"once": Report("cut once"), "twice": Report("cut again during and after recovery"),
               "never": Report("control, never flushed"), "late": Report("control, flushed but not waited for"), "cycles": 0,
               # How late a green is that did not wait shows at a few cuts only.
               "controls": ("never", "late") if cuts >= 100 else ("never",)}
    binary, number, looking = os.path.abspath(sys.argv[1]), 0, []
    bench = Bench(binary, ON_HOST)
    # While one guest is looked at the next is recorded.
    with concurrent.futures.ThreadPoolExecutor(1) as after:
        try:
            while left:
                number += 1
                share = min(left, CUTS_PER_GUEST)
                done = guest(binary, number, share, reports["controls"] if number == 1 else ())
                looking.append(after.submit(cut_all, bench, number, share, reports, *done))
                left -= share
        finally:
            after.shutdown()
            tell(reports)
    for look in looking:
        look.result()
    judge(reports)
    step("passed: %d cuts, lost 0" % cuts)


if __name__ == "__main__":
    main()
