"""USB devices of any ids on the guest's own dummy host controller; this file runs inside the guest.

    from devices import Gadget, keyboard_reports
    gun = Gadget("gun", 0, 0x05e0, 0x1200, "SN1", [Hid("keyboard", 8, protocol=1), Hid("media-keys", 3)])
    gun.plug(); gun.type("LENS-7\\n"); gun.unplug()

The USB stack, the kernel's HID and ACM drivers, udev and systemd-logind above it are the real ones. The guest has
four such controllers, and room for four HID interfaces in all. Descriptors are read from the folder of this file.
"""
import errno, os, select, subprocess, termios, threading, time

HERE = os.path.dirname(os.path.abspath(__file__))
GADGETS = "/sys/kernel/config/usb_gadget"
CONTROLLERS = 4
# HID usage (page 7) of the characters that the tests type, with Shift.
USAGES = {c: (4 + i, False) for i, c in enumerate("abcdefghijklmnopqrstuvwxyz")}
USAGES.update({c.upper(): (usage, True) for c, (usage, _) in list(USAGES.items())})
USAGES.update({c: (30 + i, False) for i, c in enumerate("1234567890")})
USAGES.update({"\n": (0x28, False), "-": (0x2D, False), " ": (0x2C, False)})


def keyboard_reports(text):
    """Boot reports that type the text: each key pressed, then all released."""
    for c in text:
        usage, shift = USAGES[c]
        yield bytes([2 if shift else 0, 0, usage, 0, 0, 0, 0, 0])
        yield bytes(8)


def pos_report(data):
    """Report 2 of pos-scanner.hex with a symbology identifier: an EAN-13."""
    body = data.encode()
    return bytes([2, len(body)]) + b"]E0" + body.ljust(56, b"\0") + b"\0"


def descriptor(name):
    with open(os.path.join(HERE, name + ".hex")) as f:
        return bytes.fromhex("".join(line.split("#")[0] for line in f))


def write(path, value):
    with open(path, "wb") as f:
        f.write(value if isinstance(value, bytes) else str(value).encode())


class Hid:
    """One HID interface: its descriptor's name, the longest input report, 1 for a boot keyboard. One that `hears` is told
    output and feature reports on the control pipe, as scanners without an endpoint for them are (see Gadget.told)."""

    def __init__(self, name, length, protocol=0, hears=False):
        self.name, self.length, self.protocol, self.hears = name, length, protocol, hears


class Acm:
    """One serial interface."""


class Gadget:
    """One USB device. It is made unplugged."""

    def __init__(self, tag, controller, vendor, product, serial, functions, name="Scanner"):
        if not os.path.isdir("/sys/class/udc/dummy_udc.0"):
            subprocess.run(["modprobe", "dummy_hcd", "num=%d" % CONTROLLERS], check=True)
        for module in ("libcomposite", "usb_f_hid", "usb_f_acm"):
            subprocess.run(["modprobe", module], check=True)
        if not os.path.isdir(GADGETS):
            subprocess.run(["mount", "-t", "configfs", "none", "/sys/kernel/config"], check=True)
        self.tag, self.controller, self.plugged, self.out = tag, controller, False, {}
        self.ears, self.told = None, []
        self.folder = os.path.join(GADGETS, tag)
        self._describe(vendor, product, serial, name)
        self.nodes = [self._function(number, function) for number, function in enumerate(functions)]

    def _describe(self, vendor, product, serial, name):
        strings = self.folder + "/strings/0x409"
        os.makedirs(strings)
        os.makedirs(self.folder + "/configs/c.1")
        for key, value in (("idVendor", hex(vendor)), ("idProduct", hex(product)), ("bcdUSB", "0x0200")):
            write(self.folder + "/" + key, value)
        for key, value in (("manufacturer", "Lab"), ("product", name), ("serialnumber", serial)):
            if value:
                write(strings + "/" + key, value)

    def _function(self, number, function):
        kind = "acm" if isinstance(function, Acm) else "hid"
        folder = "%s/functions/%s.%s%d" % (self.folder, kind, self.tag, number)
        os.mkdir(folder)
        if kind == "hid":
            write(folder + "/report_length", function.length)
            write(folder + "/protocol", function.protocol)
            write(folder + "/subclass", 1 if function.protocol else 0)
            write(folder + "/no_out_endpoint", 1 if function.hears else 0)
            write(folder + "/report_desc", descriptor(function.name))
        os.symlink(folder, "%s/configs/c.1/%s%d" % (self.folder, kind, number))
        if kind == "hid" and function.hears:
            self.ears = number
        return (kind, folder)

    def plug(self):
        write(self.folder + "/UDC", "dummy_udc.%d" % self.controller)
        self.plugged = True
        if self.ears is not None:
            self.told = []
            threading.Thread(target=self._hear, args=(self._open(self.ears), self.told), daemon=True).start()

    def _hear(self, fd, told):
        """Keeps what the host says, each report when it comes: the kernel keeps the last one only."""
        while self.told is told and self.plugged:
            try:
                if select.select([fd], [], [], 0.05)[0]:
                    told.append(os.read(fd, 4096))
            except (OSError, ValueError):
                return

    def unplug(self):
        for fd in self.out.values():
            os.close(fd)
        self.out = {}
        write(self.folder + "/UDC", "\n")
        self.plugged = False

    def node(self, number):
        """The device's own end of a function: /dev/hidgN or /dev/ttyGSN."""
        kind, folder = self.nodes[number]
        with open(folder + ("/dev" if kind == "hid" else "/port_num")) as f:
            text = f.read().strip()
        return "/dev/ttyGS" + text if kind == "acm" else "/dev/hidg" + text.split(":")[1]

    def _open(self, number):
        if number not in self.out:
            path = self.node(number)
            end = time.monotonic() + 5
            while not os.path.exists(path) and time.monotonic() < end:
                time.sleep(0.01)
            fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
            if path.startswith("/dev/ttyGS"):
                mode = termios.tcgetattr(fd)
                mode[0] = mode[1] = mode[3] = 0
                termios.tcsetattr(fd, termios.TCSANOW, mode)
            self.out[number] = fd
        return self.out[number]

    def send(self, reports, number=0, timeout_s=5):
        """Sends reports (or bytes, by a serial interface); False when the host did not take one in time."""
        fd, end = self._open(number), time.monotonic() + timeout_s
        for report in reports:
            end = time.monotonic() + timeout_s
            while True:
                try:
                    os.write(fd, report)
                    break
                except OSError as error:
                    if error.errno not in (errno.EAGAIN, errno.ESHUTDOWN):
                        raise
                if time.monotonic() > end:
                    return False
                if not is_taken(fd):
                    time.sleep(0.01)
        while not is_taken(fd):
            if time.monotonic() > end:
                return False
        if os.isatty(fd):
            termios.tcdrain(fd)
        return True

    def type(self, text, number=0):
        return self.send(keyboard_reports(text), number)


def is_taken(fd):
    """Waits until the host has taken the last report; False when that did not come within 50 ms."""
    return bool(select.select([], [fd], [], 0.05)[1])
