#!/usr/bin/env python3
"""The daemon at a door with real devices: installed as a service in the lab's guest.

    lab_door.py target/debug/cagekeeper

It installs the binary with the unit, users, folders and udev rules of this repository, starts it with nothing
plugged in, plugs a USB HID scanner and a USB serial card reader, presents a card, types barcodes, reads the
results by command line and MQTT, unplugs and plugs both again, scans again, hangs the daemon for the watchdog, and
looks whether everything that got a green signal is still there. Exit status 0 only when all of it held.
"""
import json, os, shutil, subprocess, sys, tempfile, time, traceback

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "lab"))
sys.dont_write_bytecode = True
from scan import Lab, accelerator, die_with_parent  # noqa: E402

CONFIG = """\
site = "studio"
timezone = "Europe/London"

[ledger]
path = "/var/lib/cagekeeper/ledger.db"

[control]
path = "/run/cagekeeper/control.sock"

[[station]]
id = "cage"
kind = "desk"
person = "required"

[[reader]]
id = "gun"
station = "cage"
source = "hid"
vendor = 0x0627
product = 0x0001
protocol = "keyboard"

[[reader]]
id = "cards"
station = "cage"
source = "serial"
path = "/dev/ttyUSB0"
baud = 9600
protocol = "rdm6300"
"""

PEOPLE = "id,name,badges,role\nmara,Mara Okoye,0D00319CD0,crew\n"
ASSETS = """\
id,name,tags
cam-1,Camera one,4006381333931
lens-7,50 mm lens,LENS-7
tripod-3,Tall tripod,TRIPOD-3
"""
# What an RDM6300 sends, over and over, while a card lies on it: STX, ten digits, XOR checksum, ETX.
CARD = b"\x020D00319CD070\x03"

# The form that hardware/udev/70-cagekeeper.rules documents, for the scanner of this lab.
UDEV = """\
SUBSYSTEM=="hidraw", KERNELS=="*:0627:0001.*", GROUP="cagekeeper", MODE="0660"
SUBSYSTEM=="input", KERNEL=="input*", KERNELS=="*:0627:0001.*", ATTR{inhibited}="1"
"""
# A hung daemon need not be waited for as long as in the field.
DROP_IN = "[Service]\nWatchdogSec=5\n"

CK = "/usr/bin/cagekeeper --config /etc/cagekeeper/cagekeeper.toml "
AS_SERVICE = "runuser -u cagekeeper -- " + CK
TOPICS = "cagekeeper/v1/studio/"
MQTT_LOG = "/run/mqtt.log"

began = time.monotonic()


def step(what):
    print("[%5.1f s] %s" % (time.monotonic() - began, what), flush=True)


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def eventually(what, look, timeout_s=30):
    """Calls look() until it returns something true; returns that."""
    end = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        check(time.monotonic() < end, "not within %d s: %s" % (timeout_s, what))
        time.sleep(0.2)


def objects(value):
    """Every JSON object within a value, at any depth."""
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(child)


class Door:
    """The guest with cagekeeper installed, and what was heard on MQTT."""

    def __init__(self, lab):
        self.lab = lab

    def install(self, binary, config=CONFIG, rules=UDEV, imports=(PEOPLE, ASSETS)):
        lab = self.lab
        with tempfile.TemporaryDirectory() as folder:
            slim = os.path.join(folder, "cagekeeper")
            if subprocess.run(["strip", "-o", slim, binary], stderr=subprocess.DEVNULL).returncode:
                shutil.copy(binary, slim)
            with open(slim, "rb") as f:
                lab.put("cagekeeper", f.read())
        for source in ("systemd/cagekeeper.service", "systemd/cagekeeper-clock.service", "systemd/cagekeeper.sysusers",
                       "systemd/cagekeeper.tmpfiles", "hardware/udev/70-cagekeeper.rules"):
            with open(os.path.join(REPO, source), "rb") as f:
                lab.put(os.path.basename(source), f.read())
        lab.put("70-lab.rules", rules)
        lab.put("lab.conf", DROP_IN)
        lab.put("cagekeeper.toml", config)
        lab.put("people.csv", imports[0])
        lab.put("assets.csv", imports[1])
        lab.sh("""set -e
            install -m755 /host/cagekeeper /usr/bin/cagekeeper
            install -Dm644 /host/cagekeeper.service /etc/systemd/system/cagekeeper.service
            install -Dm644 /host/cagekeeper-clock.service /etc/systemd/system/cagekeeper-clock.service
            install -Dm644 /host/lab.conf /etc/systemd/system/cagekeeper.service.d/lab.conf
            install -Dm644 /host/cagekeeper.sysusers /usr/lib/sysusers.d/cagekeeper.conf
            install -Dm644 /host/cagekeeper.tmpfiles /usr/lib/tmpfiles.d/cagekeeper.conf
            install -Dm644 /host/70-cagekeeper.rules /etc/udev/rules.d/70-cagekeeper.rules
            install -Dm644 /host/70-lab.rules /etc/udev/rules.d/70-lab.rules
            systemd-sysusers; systemd-tmpfiles --create cagekeeper.conf
            install -m644 /host/cagekeeper.toml /etc/cagekeeper/cagekeeper.toml
            systemctl daemon-reload; udevadm control --reload""")

    def ck(self, words, check=True):
        return self.lab.sh(CK + words, check=check)

    def json(self, words):
        """What a verb prints with --json: one document, or a list made of its lines."""
        text = self.ck(words + " --json", check=False)
        try:
            return json.loads(text)
        except ValueError:
            pass
        try:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise AssertionError("`%s --json` printed no JSON:\n%s" % (words, text))

    def state(self, reader):
        """What `status` says of a reader: waiting, reading, gone, failed."""
        for entry in objects(self.json("status")):
            if entry.get("id", entry.get("reader")) == reader:
                states = [o["state"] for o in objects(entry) if "state" in o]
                if states:
                    return states[0]
        raise AssertionError("`status --json` does not tell the state of reader %s" % reader)

    def wait_state(self, *wanted):
        for reader in ("gun", "cards"):
            eventually("reader %s is %s" % (reader, " or ".join(wanted)), lambda: self.state(reader) in wanted)

    def subscribe(self):
        self.lab.sh("nohup sh -c 'until mosquitto_sub -i lab -c -q 1 -v -t \"cagekeeper/v1/#\" >>%s; do sleep 0.3; done' "
                    ">/dev/null 2>&1 &" % MQTT_LOG)
        eventually("the broker answers and the daemon says it is online",
                   lambda: any(t.startswith("daemon/") and t.endswith("/status") and p == "online" for t, p in self.heard()))

    def heard(self):
        """[(topic under the root, payload)] in the order of arrival."""
        out = []
        for line in self.lab.sh("cat %s 2>/dev/null || true" % MQTT_LOG).splitlines():
            topic, _, payload = line.partition(" ")
            if topic.startswith(TOPICS):
                out.append((topic[len(TOPICS):], payload))
        return out

    def event(self, kind, subject):
        for topic, payload in self.heard():
            if topic == "event/" + kind and json.loads(payload).get("subject") == subject:
                return json.loads(payload)
        return None

    def signals(self):
        return [json.loads(p) for t, p in self.heard() if t == "station/cage/signal"]

    def present_card(self):
        """Lays the card on the reader; returns when the station has said something new: hello, or that the session
        of this card is open already."""
        before = len(self.signals())
        self.lab.reader_write(CARD)
        self.lab.reader_write(CARD)
        eventually("a signal after the card", lambda: len(self.signals()) > before)
        check(self.signals()[-1].get("level") in ("done", "notice", "again"), "card: %r" % self.signals()[-1])

    def take(self, asset, code):
        """Types a barcode; the asset must be out afterwards, by every way of asking."""
        self.lab.type_barcode(code)
        event = eventually("event/checked-out of " + asset, lambda: self.event("checked-out", "asset/" + asset))
        check(event["specversion"] == "1.0" and event["type"] == "cagekeeper.checked-out.v1", "not our CloudEvent: %r" % event)
        check("0D00319CD0" not in json.dumps(event) and "Mara" not in json.dumps(event), "a badge or name left: %r" % event)
        eventually("retained state of %s is out" % asset, lambda: any(
            t == "asset/" + asset and json.loads(p or "{}").get("state") == "out" for t, p in self.heard()))
        self.is_out(asset)
        check(any(f.get("kind") == "checked-out" and asset in json.dumps(f) for f in objects(self.json("facts"))),
              "`facts` has no checked-out of " + asset)

    def is_out(self, asset):
        check(any(asset in (o.get("asset"), o.get("id")) for o in objects(self.json("out"))), "`out` does not list " + asset)

    def plug(self):
        self.lab.plug_scanner()
        self.lab.plug_reader()
        self.lab.wait_for("[ -c /dev/ttyUSB0 ] && ls /dev/hidraw*", what="device nodes")

    def unplug(self):
        self.lab.unplug("scanner")
        self.lab.unplug("reader")
        self.lab.wait_for("! ls /dev/ttyUSB* && ! ls /dev/hidraw*", what="device nodes gone: is a handle kept open?")

    def restarts(self):
        return int(self.lab.sh("systemctl show -P NRestarts cagekeeper"))


def story(door):
    lab = door.lab
    lab.sh(AS_SERVICE + "import people /host/people.csv")
    step("people imported while no daemon runs")
    lab.sh("systemctl start cagekeeper", timeout=200)
    step("service is ready with nothing plugged in")
    sandboxed(lab)
    step("no capability, what it made is for its group at most, and somebody else looks at the clock")
    door.subscribe()
    door.ck("import assets /host/assets.csv")
    step("assets imported through the running daemon")

    door.wait_state("waiting")
    door.plug()
    door.wait_state("reading")
    check(lab.sh("cat /sys/class/input/input*/inhibited").split() == ["1"], "the scanner still types into the console")
    step("both readers are read, and the scanner does not type into the console")

    door.present_card()
    door.take("cam-1", "4006381333931")
    step("card and barcode: checked out, told on MQTT, in the ledger")

    door.unplug()
    door.wait_state("gone", "waiting")
    step("both unplugged")
    door.plug()
    door.wait_state("reading")
    door.present_card()
    door.take("lens-7", "LENS-7")
    step("both plugged in again: card and barcode work")

    check(door.restarts() == 0, "the service restarted by itself:\n" + lab.sh("journalctl -u cagekeeper -o cat"))
    lab.sh("systemctl kill -s STOP --kill-who=main cagekeeper")
    eventually("the watchdog restarts a hung daemon", lambda: door.restarts() >= 1, 60)
    eventually("the service is ready again", lambda: lab.sh("systemctl is-active cagekeeper", check=False).strip() == "active")
    door.is_out("cam-1")
    door.is_out("lens-7")
    door.wait_state("reading")
    step("hung, killed by the watchdog, back: both things are still out")
    door.present_card()
    door.take("tripod-3", "TRIPOD-3")
    lab.sh(AS_SERVICE + "verify")
    step("scanning goes on after the restart, and the ledger verifies")

    lab.sh("systemctl stop cagekeeper", timeout=60)
    check(lab.sh("systemctl show -P Result cagekeeper").strip() == "success", "the service did not stop cleanly")
    step("stopped cleanly; exposure: " + lab.sh("systemd-analyze security cagekeeper | tail -1").split("service:")[-1].strip())


def sandboxed(lab):
    """What SECURITY.md says of the installed service."""
    held = lab.sh("grep ^Cap /proc/$(systemctl show -P MainPID cagekeeper)/status").split()[1::2]
    check(len(held) == 5 and all(int(bits, 16) == 0 for bits in held), "the daemon has capabilities: %s" % held)
    exposure = lab.sh("systemd-analyze security cagekeeper | tail -1").split("service:")[-1].split()[0]
    check(float(exposure) <= 1.5, "exposure is %s" % exposure)
    modes = lab.sh("stat -c %a /var/lib/cagekeeper/ledger.db /run/cagekeeper/control.sock").split()
    check(modes == ["640", "660"], "ledger and control socket have modes %s" % modes)
    check(lab.sh("systemctl is-active cagekeeper-clock", check=False).strip() == "active", "nobody looks at the clock")


def evidence(lab, more):
    """What the guest knows, for whoever reads a failed run."""
    for title, script in (("journal", "journalctl -o short-monotonic -u cagekeeper -n 80 --no-pager"),
                          ("MQTT", "tail -40 " + MQTT_LOG),
                          ("status", CK + "status"),
                          ("devices", "ls -l /dev/hidraw* /dev/ttyUSB* /dev/gpiochip*; lsusb; dmesg | tail -15"),
                          ("more", more)):
        try:
            print("---- %s\n%s" % (title, lab.sh(script, check=False, timeout=30)))
        except Exception as error:
            print("---- %s: %s" % (title, error))


def in_guest(kind, install, story, more="true"):
    """Boots a guest, makes `kind` of it, installs, and lives the story; prints what the guest knows where it fails, with
    what the script `more` says."""
    die_with_parent()
    step("accelerator: " + accelerator())
    with Lab("full") as lab:
        door = kind(lab)
        lab.wait_for("systemctl is-system-running | grep -Eq 'running|degraded'", 180)
        step("guest is at multi-user")
        install(door)
        step("installed")
        try:
            story(door)
        except BaseException:
            traceback.print_exc(file=sys.stdout)
            evidence(lab, more)
            raise SystemExit(1)
    step("passed")


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: lab_door.py BINARY   (BINARY: a built cagekeeper)")
    in_guest(Door, lambda door: door.install(sys.argv[1]), story)


if __name__ == "__main__":
    main()
