#!/usr/bin/env python3
"""Lamps and a buzzer on the kernel's GPIO character device, in the lab's guest.

    lab_lamps.py target/debug/cagekeeper

The service is installed as in lab_door.py, with a lamp on a USB GPIO bridge (cp2112.py: the kernel's own driver makes the chip).
The lamp is missing first, is plugged in, shows a done, an ask and a refused, goes red while the ledger's disk is full, is green
only when that is over, is unplugged and plugged in again, and is dark when the service has stopped. Exit status 0 only when
all of it held.
"""
import os, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
from lab_door import AS_SERVICE, Door, check, eventually, in_guest, objects, step  # noqa: E402

CONFIG = """\
site = "studio"
timezone = "Europe/London"

[ledger]
path = "/var/lib/cagekeeper/ledger.db"

[control]
path = "/run/cagekeeper/control.sock"

[[station]]
id = "cage"
confirm_ms = 3000

[[lamp]]
id = "counter"
station = "cage"
chip = "cp2112_gpio"
green = 1
amber = 2
red = 3
buzzer = 5
"""
GREEN, AMBER, RED, BUZZER = 1 << 1, 1 << 2, 1 << 3, 1 << 5
LAMPS = GREEN | AMBER | RED
PEOPLE = "id,name,badges,role\nmara,Mara Okoye,B-MARA,crew\n"
ASSETS = "id,name,kit\n" + "".join("cam-%d,Camera %d,\n" % (n, n) for n in range(400)) + "part,Part of a kit,case\n"
KITS = "id,name\ncase,Case\n"
# The form that hardware/udev/70-cagekeeper.rules documents.
UDEV = 'SUBSYSTEM=="gpio", KERNEL=="gpiochip*", GROUP="cagekeeper", MODE="0660"\n'
LOG = "/run/lines.log"


class Counter(Door):
    """The guest with cagekeeper, and the wires of its lamp."""

    def plug_bridge(self):
        self.lab.sh("rm -f %s; nohup python3 /run/cp2112.py %s >/run/cp2112.out 2>&1 & echo $! >/run/cp2112.pid" % (LOG, LOG))
        self.lab.wait_for("ls /dev/gpiochip*", what="a GPIO chip")

    def unplug_bridge(self):
        self.lab.sh("kill $(cat /run/cp2112.pid)")
        self.lab.wait_for("! ls /dev/gpiochip*", what="the GPIO chip gone")

    def course(self):
        """[(seconds, outputs, values)] as the bridge was told."""
        rows = [line.split() for line in self.lab.sh("cat %s 2>/dev/null || true" % LOG).splitlines()]
        return [(float(at), int(outputs, 2), int(values, 2)) for at, outputs, values in rows]

    def wires(self):
        course = self.course()
        return course[-1][2] if course else None

    def lamp(self):
        for entry in objects(self.json("status")):
            if entry.get("id") == "counter":
                return entry
        raise AssertionError("`status --json` does not tell of the lamp")

    def scan(self, code):
        """Scans by the command line; returns what the wires did until they rested."""
        before = len(self.course())
        self.lab.sh(AS_SERVICE + "scan cage %s" % code, check=False)
        return self.rest(before)

    def rest(self, before):
        """The changes since that many, once there was one and none for three seconds."""
        eventually("the wires change", lambda: len(self.course()) > before)
        seen = -1
        while seen != len(self.course()):
            seen = len(self.course())
            time.sleep(3)
        return [values for _, _, values in self.course()[before:]]


def buzzes(values):
    """How often the buzzer went on."""
    on = [bool(value & BUZZER) for value in [0] + values]
    return sum(1 for a, b in zip(on, on[1:]) if b and not a)


def lights(values):
    """The lamps that shone, in order."""
    names = {GREEN: "green", AMBER: "amber", RED: "red", 0: None}
    shone = [names.get(value & LAMPS, "several") for value in values]
    return [name for n, name in enumerate(shone) if name and (n == 0 or shone[n - 1] != name)]


def expect(what, values, shone, count):
    check(lights(values) == shone and buzzes(values) == count, "%s: %s, %d buzzes: %r" % (what, lights(values), buzzes(values), values))
    step("%s: %s, %d buzzes" % (what, " then ".join(shone), count))


def story(door):
    lab = door.lab
    lab.sh(AS_SERVICE + "import people /host/people.csv && " + AS_SERVICE + "import kits /host/kits.csv && "
           + AS_SERVICE + "import assets /host/assets.csv")
    lab.sh("systemctl start cagekeeper", timeout=200)
    lamp = eventually("the lamp is missed", lambda: door.lamp() if "label" in door.lamp()["detail"] else None)
    check(lamp["state"] == "waiting" and "plug it in" in lamp["detail"], "%r" % lamp)
    step("missing: " + lamp["detail"])

    door.plug_bridge()
    lamp = eventually("the lamp is held", lambda: door.lamp() if door.lamp()["state"] == "held" else None)
    step("held: " + lamp["detail"])
    check(door.course()[-1][1:] == (GREEN | AMBER | RED | BUZZER, 0), "not four dark outputs: %r" % door.course())

    expect("a badge (done)", door.scan("B-MARA"), ["green"], 2)
    expect("a thing (done)", door.scan("cam-0"), ["green"], 2)
    expect("an unknown code (refused)", door.scan("NO-SUCH"), ["red"], 5)
    expect("part of a kit (ask), and no answer (refused)", door.scan("part"), ["amber", "red"], 4 + 5)
    check(door.wires() == 0, "idle is not dark: %r" % door.wires())

    full(door)

    door.unplug_bridge()
    eventually("the lamp is missed again", lambda: door.lamp()["state"] == "waiting")
    door.plug_bridge()
    eventually("the lamp is held again", lambda: door.lamp()["state"] == "held")
    check(door.restarts() == 0, "the service restarted")
    step("unplugged and plugged in again")

    lab.sh(AS_SERVICE + "scan cage NO-SUCH-2 || true; systemctl stop cagekeeper", timeout=60)
    eventually("stopped is dark", lambda: door.wires() == 0)
    check(lab.sh("systemctl show -P Result cagekeeper").strip() == "success", "the service did not stop cleanly")
    step("stopped: dark")


def full(door):
    """The ledger's disk is full: red all along, and green only when that is over."""
    lab = door.lab
    lab.sh("dd if=/dev/zero of=/var/lib/cagekeeper/ballast bs=64k 2>/dev/null; dd if=/dev/zero bs=512 >>/var/lib/cagekeeper/ballast "
           "2>/dev/null; true")
    before = len(door.course())
    # By the station's own line: the command line would wait for an answer.
    lab.sh("i=1; while [ $i -lt 399 ]; do %s scan cage cam-$i >/dev/null 2>&1 & sleep 0.5; "
           "%s status | grep -q 'NOTHING IS' && exit 0; i=$((i+1)); done; exit 1" % (AS_SERVICE, AS_SERVICE), timeout=300)
    eventually("the lamp is red", lambda: door.wires() and door.wires() & LAMPS == RED)
    time.sleep(6)
    check(door.wires() == RED, "not steadily red while nothing is recorded: %r" % door.wires())
    course = [values for _, _, values in door.course()[before:]]
    first = next(n for n, values in enumerate(course) if values & RED)
    check(not any(values & GREEN for values in course[first:]), "green while the disk was full: %r" % course)
    check(buzzes(course[first:]) == 5, "trouble is heard %d times" % buzzes(course[first:]))
    step("full disk: red, steady, five buzzes")
    again = len(door.course())
    lab.sh("rm /var/lib/cagekeeper/ballast")
    values = door.rest(again)
    # The bridge is told of one line at a time.
    check(values[-1] == 0 and lights(values)[-1:] == ["green"], "what waited is recorded and not green: %r" % values)
    check(not any(value & GREEN and value & RED for value in values), "green before the red is over: %r" % values)
    step("room again: what waited is recorded, and green then")


def install(door, binary):
    lab = door.lab
    door.install(binary, CONFIG, UDEV, (PEOPLE, ASSETS))
    lab.put("kits.csv", KITS)
    with open(os.path.join(HERE, "lab", "cp2112.py"), "rb") as f:
        lab.put("cp2112.py", f.read())
    lab.sh("""set -e
        install -m644 /host/cp2112.py /run/cp2112.py
        mount -t tmpfs -o size=24m,mode=0750,uid=cagekeeper,gid=cagekeeper tmpfs /var/lib/cagekeeper
        modprobe uhid; modprobe hid_cp2112""")
    door.ck("config check")


def main():
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: lab_lamps.py BINARY   (BINARY: a built cagekeeper)")
    in_guest(Counter, lambda door: install(door, sys.argv[1]), story, "tail -60 %s; cat /run/cp2112.out" % LOG)


if __name__ == "__main__":
    main()
