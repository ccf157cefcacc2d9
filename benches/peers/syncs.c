/* LD_PRELOAD: counts the sync calls of a program in the file that SYNC_COUNT names (eight bytes, shared), and makes each
 * wait SYNC_DELAY_US longer, as flash would.
 * cc -O2 -shared -fPIC -o syncs.so syncs.c -ldl */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t *count;
static long delay_us;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("SYNC_COUNT"), *delay = getenv("SYNC_DELAY_US");
    delay_us = delay ? atol(delay) : 0;
    int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (fd < 0 || ftruncate(fd, sizeof *count) != 0) return;
    void *at = mmap(0, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at != MAP_FAILED) count = at;
    close(fd);
}

static void note(void) {
    struct timespec t = { delay_us / 1000000, (delay_us % 1000000) * 1000 };
    if (count) __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
    if (delay_us > 0) nanosleep(&t, 0);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    note();
    return real(fd);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    note();
    return real(fd);
}
