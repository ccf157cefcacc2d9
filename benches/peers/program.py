"""The program under test: started, counted, killed."""
import ctypes, glob, mmap, os, re, signal, socket, subprocess, threading

from wire import Failed, now

CLK = os.sysconf("SC_CLK_TCK")


def tree(root):
    kids = {}
    for d in os.listdir("/proc"):
        if d.isdigit():
            try:
                with open(f"/proc/{d}/stat") as f:
                    ppid = int(f.read().rsplit(")", 1)[1].split()[1])
                kids.setdefault(ppid, []).append(int(d))
            except OSError:
                pass
    out, todo = [], [root]
    while todo:
        p = todo.pop()
        out.append(p)
        todo += kids.get(p, [])
    return out


def cpu(root):
    """Processor seconds of the tree: live processes and children already waited for."""
    tot = 0
    for p in tree(root):
        try:
            with open(f"/proc/{p}/stat") as f:
                a = f.read().rsplit(")", 1)[1].split()
            tot += sum(int(x) for x in a[11:15])
        except OSError:
            pass
    return tot / CLK


def status(path, key):
    try:
        with open(path) as f:
            m = re.search(rf"^{key}:\s+(\d+)", f.read(), re.M)
        return int(m.group(1)) if m else 0
    except OSError:
        return 0


def wakeups(root):
    """How often threads of the tree went to sleep of themselves: each time, something had woken them."""
    return sum(status(f, "voluntary_ctxt_switches") for p in tree(root) for f in glob.glob(f"/proc/{p}/task/*/status"))


def rss(root):
    """Resident memory now and at its highest, in MB."""
    pids = tree(root)
    return tuple(round(sum(status(f"/proc/{p}/status", k) for p in pids) / 1024, 1) for k in ("VmRSS", "VmHWM"))


def drop_cache(*paths):
    """Forgets what the kernel keeps of these files, without touching the rest of the machine."""
    for p in paths:
        if os.path.exists(p):
            fd = os.open(p, os.O_RDONLY)
            os.fsync(fd)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


class Ready(threading.Thread):
    """Listens where systemd would, for READY=1."""

    def __init__(self, path):
        super().__init__(daemon=True)
        if os.path.exists(path):
            os.unlink(path)
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.s.bind(path)
        self.at, self.said = None, threading.Event()
        self.start()

    def run(self):
        while True:
            try:
                said = self.s.recv(4096)
            except OSError:
                return
            if b"READY=1" in said and not self.said.is_set():
                self.at = now()
                self.said.set()

    def wait(self, limit):
        if not self.said.wait(limit):
            raise Failed(f"not ready within {limit} s")
        return self.at


class Program:
    """A started program in a session of its own. Its sync calls are counted, and delayed where that is asked for."""

    def __init__(self, spec, env, sync_delay_us=0):
        self.spec, self.env, self.p, self.ready = spec, env, None, None
        self.sync_delay_us = sync_delay_us
        self.count = os.path.join(env["work"], "syncs")

    def fill(self, x):
        for k, v in self.env.items():
            x = x.replace("{" + k + "}", str(v))
        return x

    def start(self):
        """Starts it; returns when that was."""
        e = dict(os.environ, **{k: self.fill(v) for k, v in self.spec.get("env", {}).items()})
        notify = os.path.join(self.env["work"], "notify.sock")
        self.ready = Ready(notify)
        e.update(LD_PRELOAD=os.path.join(self.env["cache"], "syncs.so"), SYNC_COUNT=self.count,
                 SYNC_DELAY_US=str(self.sync_delay_us), NOTIFY_SOCKET=notify)
        begun = now()
        with open(os.path.join(self.env["work"], "program.log"), "ab") as log:
            self.p = subprocess.Popen([self.fill(x) for x in self.spec["start"]], stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=log, start_new_session=True, env=e, cwd=self.env["work"])
        return begun

    def alive(self):
        if self.p.poll() is not None:
            raise Failed(f"{self.spec['name']} ended with {self.p.returncode}; see {self.env['work']}/program.log")

    def syncs(self):
        """Sync calls since the first start; None where the program does not go through libc."""
        try:
            with open(self.count, "rb") as f, mmap.mmap(f.fileno(), 8, prot=mmap.PROT_READ) as m:
                return ctypes.c_uint64.from_buffer_copy(m[:8]).value
        except (OSError, ValueError):
            return None

    def kill(self, sig=signal.SIGKILL):
        if self.p:
            for s in (sig, signal.SIGKILL):
                try:
                    os.killpg(self.p.pid, s)     # its own session, started above
                except ProcessLookupError:
                    pass
                try:
                    self.p.wait(20)
                    break
                except subprocess.TimeoutExpired:
                    pass
            self.p = None
        if self.ready:
            self.ready.s.close()
            self.ready = None
