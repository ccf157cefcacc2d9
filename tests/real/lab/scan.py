#!/usr/bin/env python3
"""Virtual machine with real (as the kernel sees them) USB scanners and readers.

    from scan import Lab
    with Lab("mini") as lab:                  # or Lab("full"): Debian with systemd
        lab.plug_scanner(); lab.plug_reader()
        lab.type_barcode("4006381333931")     # keyboard reports, then Enter
        lab.reader_write(b"\\x020A00B1C2D3\\r\\n\\x03")
        print(lab.sh("cat /proc/bus/input/devices"))
        lab.unplug("scanner")

The host side needs only Python's standard library and QEMU.  build-image.sh
makes the images.  Environment: LAB_CACHE (images, default /var/tmp/lab),
LAB_ACCEL (kvm, tcg; default: probe), LAB_SHARE (folder seen as /host),
LAB_KEEP=1 (keep the folder of a failed run).
"""
import base64, ctypes, json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

CACHE = os.environ.get("LAB_CACHE", "/var/tmp/lab")
HERE = os.path.dirname(os.path.abspath(__file__))

# US layout: character -> (QEMU key code, with Shift).
KEYS = {c: (c, False) for c in "abcdefghijklmnopqrstuvwxyz0123456789"}
KEYS.update({c.upper(): (c, True) for c in "abcdefghijklmnopqrstuvwxyz"})
KEYS.update({c: (str((i + 1) % 10), True) for i, c in enumerate("!@#$%^&*()")})
for low, high, name in (
    ("-", "_", "minus"), ("=", "+", "equal"), ("[", "{", "bracket_left"), ("]", "}", "bracket_right"),
    ("\\", "|", "backslash"), (";", ":", "semicolon"), ("'", '"', "apostrophe"),
    ("`", "~", "grave_accent"), (",", "<", "comma"), (".", ">", "dot"), ("/", "?", "slash"),
):
    KEYS[low], KEYS[high] = (name, False), (name, True)
KEYS.update({" ": ("spc", False), "\n": ("ret", False), "\r": ("ret", False), "\t": ("tab", False)})

# HID usage (page 7) -> (plain, shifted): to read keyboard reports back.
USAGE = {4 + i: (c, c.upper()) for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
USAGE.update({30 + i: (c, s) for i, (c, s) in enumerate(zip("1234567890", "!@#$%^&*()"))})
USAGE.update({0x28: ("\n", "\n"), 0x2B: ("\t", "\t"), 0x2C: (" ", " "), 0x2D: ("-", "_"), 0x2E: ("=", "+"),
              0x2F: ("[", "{"), 0x30: ("]", "}"), 0x31: ("\\", "|"), 0x33: (";", ":"), 0x34: ("'", '"'),
              0x35: ("`", "~"), 0x36: (",", "<"), 0x37: (".", ">"), 0x38: ("/", "?")})


def decode_keyboard(reports):
    """Text of a sequence of 8-byte boot keyboard reports (bytes objects)."""
    out, held = [], set()
    for r in reports:
        now = [k for k in r[2:8] if k > 3]
        for k in now:
            if k not in held and k in USAGE:
                out.append(USAGE[k][1 if r[0] & 0x22 else 0])
        held = set(now)
    return "".join(out)


def encode_keyboard(text):
    """Boot keyboard reports (hexadecimal lines) that type text: for vhid or /dev/hidg*."""
    back = {c: (u, s) for u, pair in USAGE.items() for s, c in reversed(list(enumerate(pair)))}
    lines = []
    for c in text:
        usage, shift = back[c]
        lines += ["%02x00%02x0000000000" % (2 if shift else 0, usage), "0" * 16]
    return lines


class LabError(Exception):
    pass


def die_with_parent():
    """Asks the kernel to kill this process when the one that started it ends, however it ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


class Qmp:
    """Just enough of QEMU's control protocol."""

    def __init__(self, path, timeout=20):
        self.events, self.lock, self.cond = [], threading.Lock(), threading.Condition()
        self.replies = []
        self.sock = connect(path, timeout)
        self.file = self.sock.makefile("rb")
        self.file.readline()
        threading.Thread(target=self._read, daemon=True).start()
        self("qmp_capabilities")

    def _read(self):
        try:
            for line in self.file:
                m = json.loads(line)
                with self.cond:
                    (self.events if "event" in m else self.replies).append(m)
                    self.cond.notify_all()
        except (OSError, ValueError):
            pass

    def __call__(self, command, **arguments):
        with self.lock:
            self.sock.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
            with self.cond:
                if not self.cond.wait_for(lambda: self.replies, 20):
                    raise LabError("no answer to " + command)
                m = self.replies.pop(0)
        if "error" in m:
            raise LabError("%s: %s" % (command, m["error"]["desc"]))
        return m["return"]

    def wait_event(self, name, match=lambda data: True, timeout=20):
        def find():
            for e in self.events:
                if e["event"] == name and match(e.get("data", {})):
                    self.events.remove(e)
                    return e
        with self.cond:
            e = self.cond.wait_for(find, timeout)
        if not e:
            raise LabError("no event " + name)
        return e


def connect(path, timeout=20):
    end = time.monotonic() + timeout
    while True:
        s = socket.socket(socket.AF_UNIX)
        try:
            s.connect(path)
            return s
        except OSError:
            s.close()
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def accelerator():
    """'kvm' where it really boots this kernel, else 'tcg'.  /dev/kvm alone proves nothing."""
    want = os.environ.get("LAB_ACCEL")
    if want:
        return want
    note = os.path.join(CACHE, "accel")
    boot_id = open("/proc/sys/kernel/random/boot_id").read().strip()
    try:
        was, answer = open(note).read().split()
        if was == boot_id:
            return answer
    except (OSError, ValueError):
        pass
    answer = "tcg"
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        p = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "kvm", "-cpu", "host", "-m", "256", "-nodefaults", "-no-reboot",
             "-display", "none", "-serial", "stdio", "-kernel", CACHE + "/vmlinuz",
             "-append", "console=ttyS0 earlyprintk=ttyS0 panic=-1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        timer = threading.Timer(5, p.kill)
        timer.start()
        if b"Linux version" in p.stdout.read():
            answer = "kvm"
        timer.cancel()
        p.kill()
        p.wait()
    with open(note, "w") as f:
        f.write(boot_id + " " + answer)
    return answer


class Lab:
    """One guest.  kind: 'mini' (initramfs, no udev, ready in seconds) or 'full' (systemd, udev, D-Bus).

    root: keep changes of the root image? The default throws them away at the end.
    disks: extra raw disk images (seen as /dev/vda, vdb ... after the root disk), as paths or
    as dicts of QEMU -drive options, e.g. {"file": "nbd+unix:///?socket=/x", "cache": "none"}.
    """

    def __init__(self, kind="mini", share=None, memory=None, cpus=2, disks=(), modules=(), append="",
                 keep_root=False, root=None, extra=(), usb=True, watchdog=False, wait=True, timeout=240):
        for image in ("vmlinuz", "initrd.gz") + (("root.ext4",) if kind == "full" and not root else ()):
            if not os.path.exists(os.path.join(CACHE, image)):
                raise LabError("no %s in %s: run tests/setup (or %s/build-image.sh %s) first" % (image, CACHE, HERE, kind))
        self.kind, self.t0 = kind, time.monotonic()
        self.run = tempfile.mkdtemp(prefix="lab-", dir="/var/tmp")
        self.share = share or os.environ.get("LAB_SHARE") or os.path.join(self.run, "share")
        os.makedirs(self.share, exist_ok=True)
        self.console = os.path.join(self.run, "console.log")
        accel = accelerator()
        self.accel = accel
        r = self.run
        cmd = ["-accel", accel + (",thread=multi" if accel == "tcg" else ""),
               "-cpu", "host" if accel == "kvm" else "max",
               "-machine", "q35,i8042=off", "-smp", str(cpus), "-m", str(memory or (1024 if kind == "full" else 512)),
               "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
               "-chardev", "file,id=con,path=" + self.console, "-serial", "chardev:con",
               "-qmp", "unix:%s/qmp,server=on,wait=off" % r,
               "-device", "virtio-serial-pci",
               "-chardev", "socket,id=channel,path=%s/channel,server=on,wait=off" % r,
               "-device", "virtserialport,chardev=channel,name=lab.channel",
               "-device", "virtio-rng-pci",
               "-fsdev", "local,id=host,path=%s,security_model=none" % self.share,
               "-device", "virtio-9p-pci,fsdev=host,mount_tag=host",
               "-kernel", CACHE + "/vmlinuz", "-initrd", CACHE + "/initrd.gz"]
        line = "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on tsc=reliable no_timer_check " + append
        if usb:
            cmd += ["-device", "qemu-xhci,id=xhci"]
        if watchdog:
            cmd += ["-device", "i6300esb", "-action", "watchdog=reset"]
        drives = []
        if kind == "full":
            drives.append({"file": root or CACHE + "/root.ext4", "snapshot": "off" if keep_root else "on", "cache": "unsafe"})
            line += " lab.root=/dev/vda systemd.show_status=0 net.ifnames=0"
        elif modules:
            line += " lab.mods=" + ",".join(modules)
        drives += [d if isinstance(d, dict) else {"file": d} for d in disks]
        for i, d in enumerate(drives):
            d = dict({"format": "raw", "if": "none", "id": "disk%d" % i, "cache": "writeback"}, **d)
            cmd += ["-drive", ",".join("%s=%s" % kv for kv in d.items()), "-device", "virtio-blk-pci,drive=disk%d" % i]
        cmd += ["-append", line] + list(extra)
        self.log = open(os.path.join(r, "qemu.log"), "wb")
        self.proc = subprocess.Popen(["qemu-system-x86_64"] + cmd, stdin=subprocess.DEVNULL,
                                     stdout=self.log, stderr=self.log, cwd=r, preexec_fn=die_with_parent)
        self.readers, self._id, self._hello = {}, 0, None
        try:
            self.qmp = Qmp(r + "/qmp")
            if wait:
                self.wait_ready(timeout)
        except BaseException:
            tail = self.diagnose()
            self.kill()
            if sys.exc_info()[0] in (KeyboardInterrupt, SystemExit):
                raise
            raise LabError("guest did not come up\n" + tail)

    def diagnose(self):
        text = ""
        for f in ("qemu.log", "console.log"):
            try:
                text += "".join(open(os.path.join(self.run, f), errors="replace").readlines()[-20:])
            except OSError:
                pass
        return text

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if exc[0] and os.environ.get("LAB_KEEP"):
            print("lab: kept " + self.run, file=sys.stderr)
            self.kill(clean=False)
        else:
            self.kill()

    # -- life ------------------------------------------------------------------
    def wait_ready(self, timeout=240):
        self.channel = connect(self.run + "/channel")
        self.channel_file = self.channel.makefile("rb")
        self.channel.settimeout(timeout)
        end = time.monotonic() + timeout
        while True:
            if self.proc.poll() is not None or time.monotonic() > end:
                raise LabError("guest ended or hangs")
            line = self.channel_file.readline()
            if line.startswith(b"0 0 "):
                break
        self.boot_s = time.monotonic() - self.t0

    def kill(self, clean=True):
        """Power cut: QEMU gets SIGKILL, the guest gets nothing."""
        if self.proc.poll() is None:
            self.proc.send_signal(signal.SIGKILL)
        self.proc.wait()
        self.log.close()
        for s in self.readers.values():
            s.close()
        if clean:
            shutil.rmtree(self.run, ignore_errors=True)

    def sh(self, script, check=True, timeout=120):
        """Runs a shell script in the guest; returns its output (stdout and stderr)."""
        self._id += 1
        self.channel.settimeout(timeout)
        self.channel.sendall(b"%d %s\n" % (self._id, base64.b64encode(script.encode())))
        while True:
            line = self.channel_file.readline().split()
            if not line:
                raise LabError("guest is gone")
            if int(line[0]) == self._id:
                break
        out = base64.b64decode(line[2] if len(line) > 2 else b"").decode(errors="replace")
        if check and line[1] != b"0":
            raise LabError("exit status %s\n%s\n%s" % (line[1].decode(), script, out))
        return out

    def wait_for(self, test, timeout=20, what=None):
        """Waits, in the guest, until a shell test succeeds; returns the seconds it took."""
        t = time.monotonic()
        n = int(timeout / 0.05)
        self.sh("i=0; while ! { %s; } >/dev/null 2>&1; do i=$((i+1)); [ $i -gt %d ] && { echo timed out: '%s'; exit 1; }; "
                "sleep 0.05; done" % (test, n, (what or "condition").replace("'", "")), timeout=timeout * 4 + 20)
        return time.monotonic() - t

    # -- devices ----------------------------------------------------------------
    def plug_scanner(self, id="scanner", serial="LAB-SCAN-1"):
        """A USB keyboard (0627:0001), as a scanner in keyboard mode is one."""
        self.qmp("device_add", driver="usb-kbd", id=id, bus="xhci.0", serial=serial)

    def plug_reader(self, id="reader", serial="LAB-RFID-1"):
        """A USB serial adapter (FTDI, 0403:6001): /dev/ttyUSB*."""
        if id not in self.readers:
            path = "%s/%s.sock" % (self.run, id)
            self.qmp("chardev-add", id="chr-" + id,
                     backend={"type": "socket", "data": {"addr": {"type": "unix", "data": {"path": path}},
                                                          "server": True, "wait": False}})
            self.readers[id] = connect(path)
        self.qmp("device_add", **{"driver": "usb-serial", "id": id, "bus": "xhci.0", "chardev": "chr-" + id,
                                  "serial": serial, "always-plugged": True})

    def unplug(self, id):
        self.qmp("device_del", id=id)
        self.qmp.wait_event("DEVICE_DELETED", lambda d: d.get("device") == id)

    def key(self, name, down):
        self.qmp("input-send-event", events=[
            {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": name}}}])

    def type_barcode(self, text, end="\n", gap=0.012):
        """Types text as a scanner does.  gap: seconds between reports; QEMU's keyboard
        holds 16 events and is polled every 8 ms, so a smaller gap loses keys."""
        shifted = False
        for c in text + end:
            name, shift = KEYS[c]
            if shift != shifted:
                self.key("shift", shift)
                time.sleep(gap)
                shifted = shift
            self.key(name, True)
            time.sleep(gap)
            self.key(name, False)
            time.sleep(gap)
        if shifted:
            self.key("shift", False)

    def reader_write(self, data, id="reader"):
        self.readers[id].sendall(data)

    def reader_read(self, n=4096, id="reader", timeout=5):
        """What the daemon sent to the reader."""
        self.readers[id].settimeout(timeout)
        return self.readers[id].recv(n)

    # -- devices made inside the guest: any descriptor, any ids ------------------
    def put(self, name, data):
        """A file for the guest; returns its path there."""
        with open(os.path.join(self.share, name), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return "/host/" + name

    def install(self, binary):
        """Makes a dynamically linked program of this host runnable in either guest (its
        libraries come along); returns the command that starts it."""
        name = os.path.basename(binary)
        libs = os.path.join(self.share, "lib")
        os.makedirs(libs, exist_ok=True)
        loader = None
        for line in subprocess.run(["ldd", binary], capture_output=True, text=True).stdout.splitlines():
            w = line.split()
            path = w[2] if "=>" in w and len(w) > 2 else w[0] if w else ""
            if path.startswith("/"):
                shutil.copy(path, libs)
                if "ld-linux" in path:
                    loader = os.path.basename(path)
        shutil.copy(binary, os.path.join(self.share, name))
        # In memory, so that starting it does not go over the shared folder again and again.
        self.sh("mkdir -p /run/lab/lib; cp /host/lib/* /run/lab/lib/ 2>/dev/null; cp /host/%s /run/lab/; chmod +x /run/lab/%s" % (name, name))
        if not loader:
            return "/run/lab/" + name
        return "/run/lab/lib/%s --library-path /run/lab/lib /run/lab/%s" % (loader, name)

    def vhid_start(self, descriptor, vid="0c2e", pid="0b61", name="Lab Scanner", uniq="", tag="v0"):
        """HID device by uhid.  descriptor: path (here) of a .hex file.  Feed it with vhid_send."""
        d = self.put(tag + ".hex", open(descriptor, "rb").read())
        self.sh("modprobe uhid 2>/dev/null; mkdir -p /run/vhid; rm -f /run/vhid/{t}; mkfifo /run/vhid/{t}\n"
                "{{ sleep 100000 >/run/vhid/{t} & echo $! >/run/vhid/{t}.hold; }} 2>/dev/null\n"
                "/lab/vhid -v {v} -p {p} -n '{n}' -u '{u}' {d} </run/vhid/{t} >/run/vhid/{t}.log 2>&1 & "
                "echo $! >/run/vhid/{t}.pid".format(t=tag, v=vid, p=pid, n=name, u=uniq, d=d))

    def vhid_send(self, reports, tag="v0", gap_ms=4):
        lines = []
        for r in reports:
            lines += [r, "sleep %d" % gap_ms]
        f = self.put(tag + ".in", "\n".join(lines) + "\n")
        self.sh("cat %s >/run/vhid/%s" % (f, tag))

    def vhid_stop(self, tag="v0"):
        self.sh("echo quit >/run/vhid/{t}; kill $(cat /run/vhid/{t}.hold)".format(t=tag))

    def gadget_start(self, functions, vid="0c2e", pid="0b61", manufacturer="Lab", product="Scanner",
                     serial="G1", tag="g0", udc=0):
        """A USB device of any ids on the guest's own dummy host controller, so that the USB
        stack, udev properties and driver binding are real.  functions: list of
        ("hid", path of a .hex file, report length, protocol) and ("acm",)."""
        args = []
        for i, f in enumerate(functions):
            if f[0] == "hid":
                d = self.put("%s-%d.hex" % (tag, i), open(f[1], "rb").read())
                args.append("hid:%s:%d:%d" % (d, f[2], f[3] if len(f) > 3 else 0))
            else:
                args.append(f[0])
        return self.sh("/lab/gadget start %s %d %s %s '%s' '%s' '%s' %s" % (
            tag, udc, vid, pid, manufacturer, product, serial, " ".join(args)))

    def gadget_stop(self, tag="g0"):
        self.sh("/lab/gadget stop " + tag)

    def gadget_send(self, reports, node="/dev/hidg0"):
        f = self.put("hidg.in", "\n".join(reports) + "\n")
        self.sh("/lab/gadget send %s %s" % (node, f))


def parse_hidcat(text):
    """[(milliseconds, bytes), ...] of hidcat's output."""
    out = []
    for line in text.splitlines():
        w = line.split()
        if w and w[0].isdigit():
            out.append((int(w[0]), bytes.fromhex("".join(w[2:]))))
    return out
