#!/usr/bin/env python3
"""Every kind of reader coming and going, and not one key of theirs on the console: in the lab's guest.

    lab_readers.py target/debug/cagekeeper [CYCLES]

Two keyboard scanners of one model without serial numbers (one with media keys on a second interface), a HID point of
sale scanner and a card reader on a CDC ACM port, all of them real USB devices to the kernel, and beside them a keyboard
that nobody bound. The story: what each reads is recorded; nothing they type is seen on tty1, through unplugging,
plugging in, and a crash of the daemon; a POWER key of theirs does not power off; without rules the daemon itself keeps
the keys, and lets go in order; many plug and unplug cycles in random order lose no scan and leak no handle and no
memory. The keyboard nobody bound types all the while. Exit status 0 only when all of it held.
"""
import os, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True
import lab_door  # noqa: E402
from lab_door import Door, check, eventually, in_guest, step  # noqa: E402
from scan import HERE as LAB  # noqa: E402

SEED = 7
READER = """
[[reader]]
id = "%s"
station = "cage"
source = "%s"
%s
"""
# On an emulated CPU the pause between two keys of one code can be longer than the 300 ms that end one.
KEYS = 'vendor = 0x05e0\nproduct = 0x1200\nusb_path = "%s"\ngap_ms = 2000'
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
person = "optional"
""" + READER % ("left", "hid", KEYS % "3-1") + READER % ("right", "hid", KEYS % "4-1") + READER % (
    "pos", "hid", 'vendor = 0x0c2e\nproduct = 0x0907\nprotocol = "hid-pos"\nfeedback = "hid-pos"') + READER % (
    "cards", "serial", 'vendor = 0x0403\nproduct = 0x6010\nserial = "ACM1"\nprotocol = "line"')

# As `cagekeeper readers udev` prints them.
KEEP = """\
SUBSYSTEM=="input", KERNEL=="input*", %(which)s, ATTR{inhibited}="1"
SUBSYSTEM=="input", KERNEL=="event*", %(which)s, ENV{ID_INPUT_KEY}="", ENV{LIBINPUT_IGNORE_DEVICE}="1", TAG-="power-switch", GROUP="cagekeeper", MODE="0660"
"""
GIVE = 'SUBSYSTEM=="hidraw", %(which)s, GROUP="cagekeeper", MODE="0660"\n'
WHICH = ['KERNELS=="3-1", ATTRS{idVendor}=="05e0", ATTRS{idProduct}=="1200"',
         'KERNELS=="4-1", ATTRS{idVendor}=="05e0", ATTRS{idProduct}=="1200"', 'KERNELS=="*:0C2E:0907.*"']
RULES = 'ACTION=="remove", GOTO="lab_end"\n%sLABEL="lab_end"\n' % "".join((GIVE + KEEP) % {"which": w} for w in WHICH)

# In the guest: the devices, driven by Python that comes in through one pipe; what it says goes out through another.
DRIVER = """
import glob, json, os, random, socket, sys, time, traceback
sys.path.insert(0, "/run/lab-devices")
from devices import *
keyboard, media = Hid("keyboard", 8, 1), Hid("media-keys", 3)
POWER = [bytes([2, 1]), bytes([2, 0])]
all = {"left": Gadget("left", 0, 0x05e0, 0x1200, "", [keyboard, media]),
       "right": Gadget("right", 1, 0x05e0, 0x1200, "", [keyboard]),
       "pos": Gadget("pos", 2, 0x0c2e, 0x0907, "P1", [Hid("pos-scanner", 62, hears=True)]),
       "cards": Gadget("cards", 3, 0x0403, 0x6010, "ACM1", [Acm()], name="UART")}
codes = []

sent = []
pulled = {}

def statuses():
    # State and device of each reader, as the daemon says; nothing while there is none.
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.settimeout(20)
        try:
            daemon.connect("/run/cagekeeper/control.sock")
        except OSError:
            return {}
        daemon.sendall(b'{"verb":"status"}\\n')
        answer = json.loads(daemon.makefile().readline())
    return {reader["id"]: (reader["state"], reader["detail"]) for reader in answer["status"]["readers"]}

def status(which):
    return statuses().get(which, ("no daemon", ""))

PATHS = {"left": "3-1", "right": "4-1", "pos": "5-1", "cards": "6-1"}

def pull(which):
    # Out is when the host and the daemon have noticed. The next node may have the same name, and what the daemon says
    # of it must not be meant for the last.
    all[which].unplug()
    pulled[which] = time.monotonic()
    while os.path.exists("/sys/bus/usb/devices/" + PATHS[which]) or status(which)[0] == "reading":
        time.sleep(0.005)

def host_node(which):
    # The node on the host's side: by its USB path.
    path = PATHS[which]
    found = glob.glob("/sys/bus/usb/devices/%s/%s:*/" % (path, path) + ("tty/tty*" if which == "cards" else "*/hidraw/hidraw*"))
    return "/dev/" + os.path.basename(sorted(found)[0]) if found else None

def read_by_daemon(which, timeout_s=30):
    # Returns how long the daemon took from the node's being there. A code sent earlier has nobody to hear it.
    end = time.monotonic() + timeout_s; there = None
    while time.monotonic() < end:
        node = host_node(which)
        if node and os.path.exists(node):
            there = there or time.monotonic()
            state, device = status(which)
            if state == "reading" and device.startswith(node + " ") and host_node(which) == node:
                return time.monotonic() - there
        time.sleep(0.02)
    raise RuntimeError("%s is not read by the daemon: %s, %s" % (which, host_node(which), status(which)))

def witnessed(device, report):
    # The device's end says that a report is taken before the kernel gives it to anybody: pulled out in between, nobody
    # has it. So a second reader of the same node says whether it was ever there.
    witness = os.open(host_node("pos"), os.O_RDONLY | os.O_NONBLOCK)
    try:
        return device.send([report]) and bool(select.select([witness], [], [], 5)[0]) and len(os.read(witness, 4096)) > 0
    finally:
        os.close(witness)

def scan(which, code):
    device = all[which]
    if which == "pos":
        whole = witnessed(device, pos_report(code))
    elif which == "cards":
        whole = device.send([code.encode() + b"\\r\\n"])
    else:
        whole = device.type(code + "\\n")
    if not whole:
        raise RuntimeError("%s could not send %s" % (which, code))
    codes.append(code)
    sent.append("%.3f %s %s" % (time.monotonic(), code, host_node(which)))
    return code

def storm(cycles, seed):
    # Plugs and unplugs in random order. Each device that is there for the daemon scans; some are pulled out amid a
    # code, which is then no scan.
    dice = random.Random(seed); plugged = 0; slowest = 0; soon = set()
    while plugged < cycles:
        which = dice.choice(sorted(all))
        device = all[which]
        if not device.plugged:
            device.plug(); plugged += 1; soon.add(which)
        else:
            first = which in soon
            if first:
                slowest = max(slowest, read_by_daemon(which))
                soon.discard(which)
            scan(which, "%s-%d-%d" % (which, seed, len(codes)))
            if dice.random() < 0.6:
                if which in ("left", "right") and dice.random() < 0.3:
                    device.send(list(keyboard_reports("torn"))[:7])
                else:
                    # What a tty has not given to its reader when it is pulled out is dropped by the kernel.
                    time.sleep(0.5 if which == "cards" else 0)
                pull(which)
                sent.append("%.3f %s pulled, %s" % (pulled[which], codes[-1], "scanned once" if first else "scanned before"))
    return plugged, slowest

while True:
    with open("/run/devices-in") as f:
        source = f.read()
    said = {}
    try:
        exec(source)
    except Exception:
        said = {"error": traceback.format_exc()}
    with open("/run/devices-out", "w") as f:
        f.write(repr(said))
"""
LOGGED = "sqlite3 -readonly /var/lib/cagekeeper/ledger.db 'select coalesce(code, thing) from scan'"


class Readers(Door):
    """The guest with the devices above."""

    def prepare(self):
        lab = self.lab
        lab.sh("mkdir -p /run/lab-devices")
        for name in ["devices.py"] + ["descriptors/" + f for f in os.listdir(LAB + "/descriptors")]:
            with open(os.path.join(LAB, name), "rb") as f:
                lab.put(os.path.basename(name), f.read())
        lab.put("driver.py", DRIVER)
        lab.sh("cp /host/*.hex /host/devices.py /host/driver.py /run/lab-devices; mkfifo /run/devices-in /run/devices-out; "
               "nohup python3 /run/lab-devices/driver.py >/run/driver.log 2>&1 &")
        # Somebody is at the prompt of tty1: what is typed there is echoed onto the screen.
        lab.sh("nohup sh -c 'exec cat </dev/tty1 >/run/tty1' >/dev/null 2>&1 &")

    def do(self, source, timeout=60):
        """Runs Python in the guest beside the devices; what it puts into `said` is returned."""
        text = self.lab.sh("pgrep -f driver.py >/dev/null || { cat /run/driver.log; exit 1; }; "
                           "cat >/run/devices-in <<'END'\n%s\nEND\ncat /run/devices-out" % source, timeout=timeout)
        said = eval(text)
        check("error" not in said, "in the guest: %s\n%s" % (said.get("error"), source))
        return said

    def screen(self):
        return self.lab.sh("tr -d '\\0 ' </dev/vcs1; cat /run/tty1")

    def details(self):
        return {reader: detail for reader, (_, detail) in self.do("said.update(all=statuses())")["all"].items()}

    def all_read(self):
        def states():
            return [state for state, _ in self.do("said.update(all=statuses())")["all"].values()]
        eventually("all four are read", lambda: states() == ["reading"] * 4)

    def scanned(self, reader, code):
        self.do("scan(%r, %r)" % (reader, code))
        eventually("%s is in the log" % code, lambda: code in self.lab.sh(LOGGED).split())

    def plug_all(self):
        self.do("for d in all.values():\n    d.plugged or d.plug()")
        self.all_read()

    def told(self):
        """What the host told the point of sale scanner since it was plugged in."""
        return self.do("said.update(told=all['pos'].told)")["told"]

    def size(self):
        """Handles, and kilobytes of memory in use, of the daemon."""
        text = self.lab.sh("p=$(systemctl show -P MainPID cagekeeper); ls /proc/$p/fd | wc -l; awk '/VmRSS/{print $2}' /proc/$p/status; "
                           "awk '/Threads/{print $2}' /proc/$p/status")
        return [int(n) for n in text.split()]


def nothing_on_the_console(door, codes):
    screen = door.screen().lower()
    seen = [code for code in codes if code.lower() in screen]
    check(not seen, "on the console: %s\n%s" % (seen, screen[-400:]))


def everything_is_read(door):
    door.plug_all()
    for reader in ("left", "right", "pos", "cards"):
        door.scanned(reader, reader + "-one")
    details = door.details()
    for reader in ("left", "right"):
        check("keys kept from the console: inhibited by udev" in details[reader], "status of %s: %s" % (reader, details[reader]))
    check("ttyACM" in details["cards"] and "kept" not in details["pos"], "status: %r" % details)
    switches = door.lab.sh("for i in /sys/class/input/input*; do echo $(cat $i/inhibited) $(cat $i/name); done").splitlines()
    check(len(switches) == 5 and all(s[0] == ("0" if "QEMU" in s else "1") for s in switches), "switches: %r" % switches)
    step("two equal scanners, a point of sale scanner and a card reader are read, each by its identity")


def it_is_told(door):
    """Reports to the scanner: on once, and after a verdict a beep. HID POS, feature report FE and output report FD."""
    on, beep = b"\xfe\1", b"\xfd\3\x16\x07\r"
    told = eventually("the point of sale scanner beeps", lambda: (door.told() + [None])[1:-1] and door.told())
    check(told[0] == on and all(report.startswith(beep) for report in told[1:]), "told: %r" % told)
    door.do("pull('pos')")
    door.plug_all()
    eventually("plugged anew it is switched on anew", lambda: door.told() == [on])
    step("the point of sale scanner is switched on, and beeps: feature and output reports on hidraw")


def nothing_powers_off(door):
    # A report gets as far as the kernel's input only while somebody reads its interface.
    taken = door.do("""
node = sorted(glob.glob("/sys/bus/usb/devices/3-1/3-1:1.1/*/hidraw/hidraw*"))[0]
fd = os.open("/dev/" + os.path.basename(node), os.O_RDONLY)
all["left"].send(POWER, 1)
said.update(reports=[os.read(fd, 8), os.read(fd, 8)])
os.close(fd)""")["reports"]
    check(taken == [b"\2\1", b"\2\0"], "the host took %r" % taken)
    time.sleep(3)
    watched = door.lab.sh("journalctl -u systemd-logind -o cat | grep Watching || true")
    check("Scanner" not in watched and "QEMU" in watched, "logind watches: " + watched)
    step("a POWER key of a scanner does not power off, and logind does not even watch it")


def a_crash(door):
    lab = door.lab
    lab.sh("systemctl kill -s KILL --kill-who=main cagekeeper")
    # While nobody reads them these reports wait in the device: the last are taken by the daemon that comes after.
    typed = door.do("said.update(all=all['left'].send(keyboard_reports('while-dead\\n'), timeout_s=60))", timeout=150)
    check(typed["all"], "nobody took what was typed while the daemon was dead")
    eventually("the service is back", lambda: door.restarts() >= 1 and lab.sh("systemctl is-active cagekeeper", check=False).strip() == "active")
    door.do("for which in all:\n    pull(which)")
    door.plug_all()
    for reader in ("left", "pos"):
        door.scanned(reader, reader + "-after-crash")
    nothing_on_the_console(door, ["while-dead", "left-one", "right-one", "left-after-crash"])
    step("killed, typed into, restarted, plugged anew: nothing reached the console")


def storms(door, cycles):
    lab = door.lab
    door.do("said.update(done=storm(%d, 1))" % min(cycles, 20), timeout=300)
    door.plug_all()
    time.sleep(2)
    before, began = door.size(), time.monotonic()
    said = door.do("said.update(done=storm(%d, %d))" % (cycles, SEED), timeout=1200)
    took = time.monotonic() - began
    door.plug_all()
    time.sleep(2)
    after = door.size()
    codes = door.do("said.update(codes=codes)")["codes"]
    try:
        eventually("recorded", lambda: not set(codes) - set(lab.sh(LOGGED).split()), 10)
    except AssertionError:
        logged = lab.sh(LOGGED).split()
        lost = set(codes) - set(logged)
        sent = [line for line in door.do("said.update(sent=sent)")["sent"] if line.split()[1] in lost]
        raise AssertionError("lost: %s\nrecorded instead: %r" % ("; ".join(sent), sorted(set(logged) - set(codes))))
    logged = lab.sh(LOGGED).split()
    twice = [code for code in codes if logged.count(code) != 1]
    check(not twice, "not recorded exactly once: %r" % twice[:5])
    check(after[0] == before[0] and after[2] == before[2], "handles, KiB, threads: %r became %r" % (before, after))
    check(after[1] - before[1] < 3_000, "memory grew from %d to %d KiB" % (before[1], after[1]))
    nothing_on_the_console(door, [c for c in codes if c[0] in "lr"] + ["torn"])
    step("%d cycles in %.0f s, %d scans, none lost; handles, KiB, threads %r -> %r; slowest from node to read %.2f s" % (
        said["done"][0], took, len(codes), before, after, said["done"][1]))


def without_rules(door):
    """Started by hand as root, without the rules: the daemon keeps the keys itself, and lets go in order."""
    lab = door.lab
    lab.sh("systemctl stop cagekeeper; rm /etc/udev/rules.d/70-lab.rules; udevadm control --reload")
    door.do("for which in all:\n    pull(which)")
    lab.sh("nohup /usr/bin/cagekeeper --config /etc/cagekeeper/cagekeeper.toml run >/run/by-hand.log 2>&1 & echo $! >/run/by-hand")
    door.plug_all()
    eventually("kept by the daemon", lambda: "inhibited by this program" in door.details()["left"])
    door.scanned("left", "left-by-hand")
    nothing_on_the_console(door, ["left-by-hand"])
    lab.sh("kill $(cat /run/by-hand)")
    lab.wait_for("! kill -0 $(cat /run/by-hand)", what="the daemon ends")
    check("1" not in lab.sh("cat /sys/class/input/input*/inhibited"), "an input device is still inhibited")
    step("without rules the daemon keeps the keys, and lets go of them when it ends")


def a_grab(door):
    """As on a kernel without the switch: it cannot be written, so the event nodes are grabbed."""
    lab = door.lab
    lab.sh("mount -o remount,ro /sys; nohup /usr/bin/cagekeeper --config /etc/cagekeeper/cagekeeper.toml run >/run/by-hand.log 2>&1 & echo $! >/run/by-hand")
    door.all_read()
    eventually("grabbed", lambda: "keys kept from the console: grabbed" in door.details()["left"])
    door.scanned("left", "left-grabbed")
    nothing_on_the_console(door, ["left-grabbed"])
    lab.sh("kill $(cat /run/by-hand); mount -o remount,rw /sys")
    step("where the kernel cannot be told, the event nodes are grabbed")


def control(door):
    """The same keys where nobody keeps them: what was not seen above could have been seen."""
    door.do("all['left'].type('nobody-kept-it\\n')")
    eventually("a scanner that nobody keeps types into the console", lambda: "nobody-kept-it" in door.screen())
    door.do("all['left'].send(POWER, 1)")
    eventually("its POWER key powers off", lambda: door.lab.proc.poll() is not None, 90)
    step("without the daemon and its rules the same scanner types into the console, and powers off")


def a_person_types(door):
    """On the keyboard that nobody bound. It holds 16 events, so a guest that is short of time loses some: then again."""
    def typed():
        door.lab.type_barcode("typed-by-a-person", gap=0.05)
        time.sleep(2)
        return "typed-by-a-person" in door.screen()
    eventually("the real keyboard types", typed, 60)


def story(door, cycles):
    lab = door.lab
    lab.plug_scanner("real", "REAL")
    lab.sh("systemctl start cagekeeper", timeout=200)
    door.prepare()
    everything_is_read(door)
    it_is_told(door)
    nothing_powers_off(door)
    a_crash(door)
    storms(door, cycles)
    a_person_types(door)
    step("the keyboard that nobody bound types into the console")
    without_rules(door)
    a_grab(door)
    lab.sh(lab_door.AS_SERVICE + "verify")
    control(door)


def main():
    if len(sys.argv) not in (2, 3) or not os.access(sys.argv[1], os.X_OK):
        sys.exit("usage: lab_readers.py BINARY [CYCLES]   (BINARY: a built cagekeeper)")
    cycles = int(sys.argv[2]) if len(sys.argv) == 3 else 40
    in_guest(Readers, lambda door: door.install(sys.argv[1], CONFIG, RULES), lambda door: story(door, cycles),
             "cat /run/driver.log /run/by-hand.log; cat /sys/class/input/input*/inhibited")


if __name__ == "__main__":
    main()
