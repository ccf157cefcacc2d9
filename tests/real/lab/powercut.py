"""A disk that loses power: a network block server with a volatile write cache, and what such a disk holds after a cut.

QEMU attaches a Disk as an ordinary virtio disk whose cache the guest must flush. Writes become durable only by a flush
or a forced (FUA) write. record() keeps what is done to it from then on; of a Recording images() makes the disk as it
may be after a cut right before any entry: of the writes since the last flush a random part is there, torn at 512 bytes,
in any order, which is what a drive may really hold after the plug is pulled. One run of a guest gives hundreds of cuts.

    disk = Disk(64 << 20); lab = Lab("full", disks=[disk.drive()])
    disk.record(mark); ...; recording = disk.stop()
    for image in recording.images([(17, 1), (90, 2)]): ...
"""
import collections, os, random, socket, struct, subprocess, tempfile, threading, time

READ, WRITE, DISC, FLUSH = 0, 1, 2, 3
SECTOR = 512

# What was done to the disk, and what had been acknowledged to the outside right before: the mark.
Entry = collections.namedtuple("Entry", "kind offset data mark")
# The disk after a cut: right before which entry, the seed of its losses, its bytes, the mark, and how many of the
# writes that were at risk were lost, and how many torn.
Image = collections.namedtuple("Image", "at seed content mark risk lost torn")


def lose(safe, pending, rng, keep=0.5, tear=0.2):
    """Puts a random part of the pending writes onto the disk; returns how many were lost and how many torn."""
    lost = torn = 0
    for offset, data in pending:
        if rng.random() >= keep:
            lost += 1
        elif len(data) > SECTOR and rng.random() < tear:
            torn += 1
            for i in range(0, len(data), SECTOR):
                if rng.random() < 0.5:
                    part = data[i:i + SECTOR]
                    safe[offset + i:offset + i + len(part)] = part
        else:
            safe[offset:offset + len(data)] = data
    return lost, torn


def settle(safe, pending):
    for offset, data in pending:
        safe[offset:offset + len(data)] = data


class Recording:
    """What was done to a disk, from what it held at first."""

    def __init__(self, base):
        self.base, self.log = base, []

    def flushes(self):
        return sum(entry.kind in ("flush", "fua") for entry in self.log)

    def images(self, cuts):
        """The disk after each of these cuts, given as (entry before which it is, seed); in the order of the entries."""
        safe, pending, done = bytearray(self.base), [], 0
        for at, seed in sorted(cuts):
            for entry in self.log[done:at]:
                if entry.kind == "write":
                    pending.append((entry.offset, entry.data))
                elif entry.kind == "fua":
                    safe[entry.offset:entry.offset + len(entry.data)] = entry.data
                else:
                    settle(safe, pending)
                    pending = []
            done = at
            content = bytearray(safe)
            lost, torn = lose(content, pending, random.Random(seed))
            yield Image(at, seed, content, self.log[at].mark, len(pending), lost, torn)


class Disk:
    """flush_s: how long a flush, or a forced write, takes before it holds, as on a slow card."""

    def __init__(self, size, flush_s=0.0):
        self.now, self.safe = bytearray(size), bytearray(size)      # what the guest sees; what survives
        self.pending, self.flush_s = [], flush_s
        self.lock, self.recording, self.mark = threading.Lock(), None, None
        self.dir = tempfile.TemporaryDirectory(prefix="lab-disk-", dir="/var/tmp")
        self.path = os.path.join(self.dir.name, "nbd")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(1)
        threading.Thread(target=self._accept, daemon=True).start()

    def drive(self):
        return {"file": "nbd+unix:///?socket=" + self.path, "cache": "writeback"}

    def load(self, content):
        """Puts other bytes onto the disk. Nothing in the guest may have it open."""
        with self.lock:
            self.now[:], self.safe[:], self.pending = content, content, []

    def content(self):
        with self.lock:
            return bytes(self.now)

    def record(self, mark=lambda: None):
        """Keeps what is done to the disk from now on, with what mark() says right before each takes effect."""
        with self.lock:
            settle(self.safe, self.pending)
            self.pending, self.mark, self.recording = [], mark, Recording(bytes(self.safe))

    def stop(self):
        """Ends the recording, with an entry to cut before, and returns it."""
        with self.lock:
            self._note("end")
            recording, self.recording = self.recording, None
            return recording

    def close(self):
        self.listener.close()
        self.dir.cleanup()

    def _note(self, kind, offset=0, data=b""):
        if self.recording is not None:
            self.recording.log.append(Entry(kind, offset, data, self.mark()))

    def _flush(self):
        time.sleep(self.flush_s)
        with self.lock:
            self._note("flush")
            settle(self.safe, self.pending)
            self.pending = []

    def _write(self, offset, data, forced):
        if forced:
            time.sleep(self.flush_s)
        with self.lock:
            self._note("fua" if forced else "write", offset, data)
            self.now[offset:offset + len(data)] = data
            if forced:
                self.safe[offset:offset + len(data)] = data
            else:
                self.pending.append((offset, data))

    def _read(self, offset, length):
        with self.lock:
            return bytes(self.now[offset:offset + length])

    def _accept(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        f = conn.makefile("rb")

        def take(n):
            b = f.read(n)
            if len(b) != n:
                raise EOFError
            return b

        try:
            if self._agree(conn, take):
                self._requests(conn, take)
        except (EOFError, OSError):
            pass
        finally:
            conn.close()

    def _agree(self, conn, take):
        """The newstyle handshake of the NBD protocol; False when the client only asked."""
        conn.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3))
        take(4)
        info = struct.pack(">QH", len(self.now), 1 | 4 | 8)             # has flags, flush, FUA
        while True:
            _, option, n = struct.unpack(">QII", take(16))
            take(n)

            def reply(kind, body=b""):
                conn.sendall(struct.pack(">QIII", 0x3E889045565A9, option, kind, len(body)) + body)
            if option == 1:                                             # export name
                conn.sendall(info + bytes(124))
                return True
            if option in (6, 7):                                        # info, go
                reply(3, struct.pack(">H", 0) + info)
                reply(1)
                if option == 7:
                    return True
            elif option == 2:                                           # abort
                reply(1)
                return False
            else:
                reply(0x80000001)                                       # not supported

    def _requests(self, conn, take):
        while True:
            _, flags, kind, handle, offset, n = struct.unpack(">IHHQQI", take(28))
            body, out = take(n) if kind == WRITE else b"", b""
            if kind == DISC:
                return
            if kind == READ:
                out = self._read(offset, n)
            elif kind == WRITE:
                self._write(offset, body, flags & 1)
            elif kind == FLUSH:
                self._flush()
            conn.sendall(struct.pack(">IIQ", 0x67446698, 0, handle) + out)


def write_sparse(path, content):
    zero = bytes(65536)
    with open(path, "wb") as f:
        f.truncate(len(content))
        for offset in range(0, len(content), len(zero)):
            part = content[offset:offset + len(zero)]
            if part != zero[:len(part)]:
                f.seek(offset)
                f.write(part)


# The disk's file system. A superblock that is torn has its copy at the second group; on a disk of ordinary size, with
# groups of ordinary size, e2fsck knows by itself where that is.
MKFS = "mkfs.ext4 -q -b 4096 -g 8192"
COPY = ["-b", "8192", "-B", "4096"]


def extract(image, names, folder):
    """Takes files out of an ext4 image as a boot after the cut would find them: the journal is replayed (by e2fsprogs,
    no mount, no root needed), where the superblock is torn by way of its copy, as the check at boot does, and each file
    that is there is copied to folder. Returns what a full check of the file system says is wrong ('' if nothing)."""
    env = dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    replay = subprocess.run(["e2fsck", "-y", "-E", "journal_only", image], env=env, capture_output=True)
    if replay.returncode & 8:
        subprocess.run(["e2fsck", "-f", "-y", *COPY, image], env=env, capture_output=True)
    for name in names:
        target = os.path.join(folder, os.path.basename(name))
        subprocess.run(["debugfs", "-R", "dump %s %s" % (name, target), image], env=env, capture_output=True)
    check = subprocess.run(["e2fsck", "-fn", image], env=env, capture_output=True, text=True)
    return "" if check.returncode == 0 else check.stdout
