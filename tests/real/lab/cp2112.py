#!/usr/bin/env python3
"""A USB GPIO bridge (Silicon Labs CP2112) made through /dev/uhid, for the guest: runs there.

    cp2112.py LOG

The kernel's own driver (hid-cp2112) makes a GPIO chip of it, labelled cp2112_gpio, with eight lines. Written from the
maker's interface specification (AN495): feature report 02 configures the lines, 03 reads them, 04 sets those of a mask.
Each change is a line of LOG: seconds, which lines are outputs, the lines' values, in binary with line 7 first.
SIGTERM unplugs it.
"""
import os, signal, struct, sys, time

UHID_DESTROY, UHID_START, UHID_STOP, UHID_OPEN, UHID_CLOSE, UHID_OUTPUT = 1, 2, 3, 4, 5, 6
UHID_GET_REPORT, UHID_GET_REPORT_REPLY, UHID_CREATE2, UHID_SET_REPORT, UHID_SET_REPORT_REPLY = 9, 10, 11, 13, 14
EVENT_BYTES = 4 + 4096 + 280


def feature(number, length):
    """A vendor-defined feature report of so many bytes behind its number."""
    return bytes([0x85, number, 0x09, 0x01, 0x95, length, 0xB1, 0x02])


DESCRIPTOR = (bytes([0x06, 0x00, 0xFF, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08])
              + feature(0x02, 4) + feature(0x03, 1) + feature(0x04, 2) + feature(0x05, 2) + feature(0x06, 13) + bytes([0xC0]))


class Bridge:
    def __init__(self, log):
        self.log, self.outputs, self.values = open(log, "a", buffering=1), 0, 0
        self.smbus = bytes([0x06]) + struct.pack(">IBBHHHB", 100000, 2, 0, 0, 0, 0, 0)[:13]
        self.fd = os.open("/dev/uhid", os.O_RDWR)
        create = struct.pack("<I128s64s64sHHIIII", UHID_CREATE2, b"Lab CP2112", b"lab", b"LAB-GPIO-1", len(DESCRIPTOR),
                             0x03, 0x10C4, 0xEA90, 0x100, 0) + DESCRIPTOR
        self.write(create)

    def write(self, event):
        os.write(self.fd, event.ljust(EVENT_BYTES, b"\0"))

    def note(self):
        self.log.write("%.3f %s %s\n" % (time.monotonic(), format(self.outputs, "08b"), format(self.values, "08b")))

    def read_report(self, number):
        if number == 0x02:
            return bytes([0x02, self.outputs, 0xFF, 0, 0])
        if number == 0x03:
            return bytes([0x03, self.values])
        if number == 0x05:
            return bytes([0x05, 0x0C, 0x02])
        return self.smbus if number == 0x06 else None

    def write_report(self, data):
        if data[0] == 0x02:
            self.outputs = data[1]
        elif data[0] == 0x04:
            self.values = self.values & ~data[2] | data[1] & data[2]
        else:
            return
        self.note()

    def run(self):
        while True:
            event = os.read(self.fd, EVENT_BYTES)
            kind, = struct.unpack_from("<I", event)
            if kind == UHID_GET_REPORT:
                number, report = struct.unpack_from("<IB", event, 4)
                data = self.read_report(report)
                self.write(struct.pack("<IIHH", UHID_GET_REPORT_REPLY, number, 0 if data else 5, len(data or b"")) + (data or b""))
            elif kind == UHID_SET_REPORT:
                number, _, _, size = struct.unpack_from("<IBBH", event, 4)
                self.write_report(event[12:12 + size])
                self.write(struct.pack("<IIH", UHID_SET_REPORT_REPLY, number, 0))


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Bridge(sys.argv[1]).run()


if __name__ == "__main__":
    main()
