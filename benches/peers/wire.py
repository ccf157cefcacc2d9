"""What a program is driven and watched with: a pseudo-terminal, a broker, a subscriber. Standard library only."""
import json, os, select, shutil, socket, statistics, struct, subprocess, threading, time, tty


class Failed(Exception):
    """A phase could not be finished; says why."""


def now():
    return time.perf_counter()


def pct(xs, p):
    if not xs:
        return None
    s = sorted(xs)
    return s[min(len(s) - 1, max(0, int(round(p / 100 * (len(s) - 1)))))]


def dist_ms(xs):
    r = lambda v: None if v is None else round(v * 1e3, 3)
    return {"n": len(xs), "p50_ms": r(pct(xs, 50)), "p90_ms": r(pct(xs, 90)), "p99_ms": r(pct(xs, 99)),
            "max_ms": r(max(xs) if xs else None), "mean_ms": r(statistics.fmean(xs)) if xs else None}


def _len(n):
    out = b""
    while True:
        n, d = divmod(n, 128)
        out += bytes([d | (0x80 if n else 0)])
        if not n:
            return out


def _str(s):
    b = s.encode()
    return struct.pack("!H", len(b)) + b


class Mqtt:
    """Blocking socket client: just enough of the protocol to subscribe and publish at QoS 1."""

    def __init__(self, port, cid, clean=True, timeout=None):
        self.s = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buf = bytearray()
        body = _str("MQTT") + bytes([4, 2 if clean else 0]) + struct.pack("!H", 0) + _str(cid)
        self.s.sendall(b"\x10" + _len(len(body)) + body)
        t, p = self.packet()
        if t >> 4 != 2 or p[1] != 0:
            raise OSError("connection refused by the broker")
        self.s.settimeout(timeout)
        self.mid = 0

    def packet(self):
        while True:
            b = self.buf
            n, mul, i = 0, 1, 1
            while i < len(b):
                n += (b[i] & 127) * mul
                mul *= 128
                i += 1
                if not b[i - 1] & 128:
                    if len(b) >= i + n:
                        t, p = b[0], bytes(b[i:i + n])
                        del b[:i + n]
                        return t, p
                    break
            d = self.s.recv(65536)
            if not d:
                raise OSError("closed")
            b += d

    def subscribe(self, flt):
        body = struct.pack("!H", 1) + _str(flt) + b"\x01"
        self.s.sendall(b"\x82" + _len(len(body)) + body)

    def publish(self, topic, payload):
        self.mid = self.mid % 65535 + 1
        body = _str(topic) + struct.pack("!H", self.mid) + payload
        self.s.sendall(b"\x32" + _len(len(body)) + body)
        return self.mid

    @staticmethod
    def parse(t, p):
        n = struct.unpack("!H", p[:2])[0]
        topic, rest = p[2:2 + n].decode(), p[2 + n:]
        mid = None
        if t & 6:
            mid, rest = struct.unpack("!H", rest[:2])[0], rest[2:]
        return topic, rest, mid

    def puback(self, mid):
        self.s.sendall(b"\x40\x02" + struct.pack("!H", mid))

    def close(self):
        try:
            self.s.sendall(b"\xe0\x00")
        except OSError:
            pass
        self.s.close()


class Subscriber(threading.Thread):
    """Persistent-session subscriber, so events accepted by a restarted broker are never missed here."""

    def __init__(self, port, flt, code_of, action_of, green=None):
        super().__init__(daemon=True)
        self.port, self.flt, self.code_of, self.action_of = port, flt, code_of, action_of
        self.green, self.greens = green, set()     # (topic filter, code of a green light or None), codes
        self.cv = threading.Condition()
        self.events = []          # (t, code, action)
        self.count = {}
        self.bad = 0
        self.last = 0.0
        self.stop = False
        self.up = threading.Event()
        self.c = None

    def run(self):
        while not self.stop:
            try:
                self.c = Mqtt(self.port, "bench-subscriber", clean=False)
                self.c.subscribe(self.flt)
                if self.green:
                    self.c.subscribe(self.green[0])
                while True:
                    t, p = self.c.packet()
                    k = t >> 4
                    if k == 9:
                        self.up.set()
                    elif k == 3:
                        at = now()
                        topic, body, mid = Mqtt.parse(t, p)
                        if mid is not None:
                            self.c.puback(mid)
                        if self.green and topic == self.green[0]:
                            self.greens.add(self.green[1](body))
                            continue
                        code = self.code_of(body)
                        with self.cv:
                            if code is None:
                                self.bad += 1
                            else:
                                self.events.append((at, code, self.action_of(body)))
                                self.count[code] = self.count.get(code, 0) + 1
                                self.last = at
                            self.cv.notify_all()
            except OSError:
                self.up.clear()
                time.sleep(0.02)

    def wait(self, cond, timeout):
        end = now() + timeout
        with self.cv:
            while not cond():
                left = end - now()
                if left <= 0:
                    return False
                self.cv.wait(min(left, 0.5))
            return True


class Broker:
    def __init__(self, work, port):
        self.work, self.port, self.p = work, port, None
        d = os.path.join(work, "broker")
        shutil.rmtree(d, ignore_errors=True)
        os.makedirs(d)
        self.conf = os.path.join(d, "mosquitto.conf")
        with open(self.conf, "w") as f:
            f.write(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
                    f"persistence true\npersistence_location {d}/\nmax_queued_messages 0\n"
                    f"max_inflight_messages 1000\nlog_dest file {d}/log\nuser root\n")

    def start(self):
        exe = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.p = subprocess.Popen([exe, "-c", self.conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = now() + 10
        while now() < end:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise Failed("mosquitto did not start")

    def stop(self):
        if self.p:
            self.p.terminate()
            self.p.wait()
            self.p = None


class Pty:
    """The harness keeps the slave end open too, so a dying reader does not hang the line up."""

    def __init__(self):
        self.m, self.s = os.openpty()
        tty.setraw(self.s)
        os.set_blocking(self.m, False)
        self.name = os.ttyname(self.s)

    def write(self, data, stop=None):
        v = memoryview(data)
        while v:
            if stop is not None and stop.is_set():
                break
            try:
                v = v[os.write(self.m, v):]
            except BlockingIOError:
                select.select([], [self.m], [], 0.2)
        return len(data) - len(v)

    def drain(self, quiet=0.3):
        got = b""
        while select.select([self.s], [], [], quiet)[0]:
            got += os.read(self.s, 65536)
        return got

    def close(self):
        os.close(self.m)
        os.close(self.s)
