"""The least that one scan costs on this machine: a line through a pseudo-terminal to a waiting thread, one fdatasync of a
page, one delivery at QoS 1. And what the broker can deliver at most. Measured beside each run."""
import json, os, threading, time

from wire import Mqtt, Pty, dist_ms, now

BODY = json.dumps({"code": "ASSET-000123", "action": "checkout", "at": "2026-01-01T00:00:00.000000+00:00"}).encode()


def pty_ms(n):
    p, xs, at, there = Pty(), [], [0.0], threading.Semaphore(0)

    def read():
        for _ in range(n):
            os.read(p.s, 4096)
            at[0] = now()
            there.release()
    th = threading.Thread(target=read, daemon=True)
    th.start()
    for _ in range(n):
        time.sleep(0.0005)
        t = now()
        os.write(p.m, b"ASSET-000123\r\n")
        there.acquire()
        xs.append(at[0] - t)
    th.join(5)
    p.close()
    return dist_ms(xs)


def fdatasync_ms(work, n):
    path, xs = os.path.join(work, "floor.bin"), []
    fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND)
    block = os.urandom(4096)
    for _ in range(n):
        os.write(fd, block)
        t = now()
        os.fdatasync(fd)
        xs.append(now() - t)
    os.close(fd)
    os.unlink(path)
    return dist_ms(xs)


def delivery(port, n, many):
    sub, pub, xs = Mqtt(port, "floor-sub", timeout=10), Mqtt(port, "floor-pub", timeout=10), []
    sub.subscribe("floor/#")
    sub.packet()
    for _ in range(n):
        t = now()
        pub.publish("floor/x", BODY)
        ty, p = sub.packet()
        xs.append(now() - t)
        sub.puback(Mqtt.parse(ty, p)[2])
        pub.packet()
    done, sent, got, t0 = threading.Event(), 0, 0, now()

    def read():
        for _ in range(many):
            ty, p = sub.packet()
            sub.puback(Mqtt.parse(ty, p)[2])
        done.set()
    threading.Thread(target=read, daemon=True).start()
    while got < many:
        while sent < many and sent - got < 100:
            pub.publish("floor/x", BODY)
            sent += 1
        pub.packet()
        got += 1
    done.wait(30)
    rate = many / (now() - t0)
    sub.close()
    pub.close()
    return dist_ms(xs), round(rate)


def floor(work, port, n=500):
    pty, sync = pty_ms(n), fdatasync_ms(work, n)
    mqtt, rate = delivery(port, n, 5_000)
    return {"pty": pty, "fdatasync": sync, "delivery": mqtt, "broker_per_s": rate,
            "p50_ms": round(pty["p50_ms"] + sync["p50_ms"] + mqtt["p50_ms"], 4),
            "load": round(os.getloadavg()[0], 2)}
