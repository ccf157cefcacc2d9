/* A machine with a bad disk and a wrong clock, for one program: loaded before the C library (LD_PRELOAD).
 *
 * The file named by FAULTY_MACHINE says how it is, four numbers in a line:
 *   the errno of every write, sync or opening for writing of a ledger's files, 0 where the disk is well
 *   how many milliseconds each sync of them takes
 *   milliseconds that the date is off
 *   the error in microseconds that the kernel's clock admits to, -1 where the truth is told */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

struct machine { int error; long sync_ms; long long off_ms; long maxerror_us; };

static struct machine machine(void) {
    struct machine is = {0, 0, 0, -1};
    const char *path = getenv("FAULTY_MACHINE");
    int kept = errno;
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY) : -1;
    if (fd >= 0) {
        char line[128] = {0};
        if (syscall(SYS_read, fd, line, sizeof line - 1) > 0) {
            char *at = line;
            is.error = (int)strtol(at, &at, 10);
            is.sync_ms = strtol(at, &at, 10);
            is.off_ms = strtoll(at, &at, 10);
            is.maxerror_us = strtol(at, &at, 10);
        }
        syscall(SYS_close, fd);
    }
    errno = kept;
    return is;
}

static int is_ledger(int fd) {
    char link[64], path[512];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, "/ledger.db") != NULL;
}

static int refused(int fd) {
    int error = machine().error;
    if (error == 0 || !is_ledger(fd)) return 0;
    errno = error;
    return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    return refused(fd) ? -1 : syscall(SYS_write, fd, bytes, count);
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return refused(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return refused(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}
int ftruncate(int fd, off_t length) { return refused(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }
int ftruncate64(int fd, off64_t length) { return refused(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, length); }

static void slowly(int fd) {
    long ms = machine().sync_ms;
    if (ms > 0 && is_ledger(fd)) usleep((useconds_t)ms * 1000);
}
int fsync(int fd) {
    slowly(fd);
    return refused(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}
int fdatasync(int fd) {
    slowly(fd);
    return refused(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static int opened(const char *path, int flags, mode_t mode) {
    int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT) != 0;
    int error = writes ? machine().error : 0;
    if (error != 0 && strstr(path, "/ledger.db") != NULL) {
        errno = error;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
#define MODE(flags, mode) \
    mode_t mode = 0;      \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open(const char *path, int flags, ...) { MODE(flags, mode) return opened(path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return opened(path, flags | O_LARGEFILE, mode); }

int clock_gettime(clockid_t clock, struct timespec *at) {
    int done = (int)syscall(SYS_clock_gettime, clock, at);
    if (done == 0 && clock == CLOCK_REALTIME) {
        long long off_ms = machine().off_ms;
        long long nanos = at->tv_nsec + off_ms % 1000 * 1000000;
        at->tv_sec += off_ms / 1000 + (nanos < 0 ? -1 : nanos / 1000000000);
        at->tv_nsec = (nanos + 1000000000) % 1000000000;
    }
    return done;
}
int adjtimex(struct timex *timex) {
    int state = (int)syscall(SYS_adjtimex, timex);
    long admitted_us = machine().maxerror_us;
    if (admitted_us >= 0) timex->maxerror = admitted_us;
    return state < 0 ? 0 : state;
}
