/* Preloaded into the service: its disk fails where a file says so.
 *
 * DISK_FILE holds five numbers of eight bytes, in the machine's order: how it fails, as below, or 0 for not at all; which
 * call fails, by its number from 1; whether all later ones fail too; how many there were; how many failed. The last two
 * are counted here while the first is not 0. What counts are reads, or writes, at a place in a file: those of SQLite; or
 * writes to a private file that is there whole or not at all, while it has a temporary name.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    /* A read fails with EIO. */
    UNREADABLE = 1,
    /* A write ends after half of it, as one may; the rest can be written. */
    HALVED = 2,
    /* A write ends after half of it, since the disk is full: the next one of that thread fails with ENOSPC. */
    FULL = 3,
    /* A write to a file with a temporary name fails with ENOSPC. */
    UNNAMED = 4,
};

static struct {
    _Atomic int64_t manner, fails, lasts, asked, failed;
} *orders;

static ssize_t (*true_read)(int, void *, size_t, off64_t);
static ssize_t (*true_write)(int, const void *, size_t, off64_t);
static _Thread_local int is_full;

__attribute__((constructor)) static void begin(void) {
    true_read = (ssize_t (*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT, "pread64");
    true_write = (ssize_t (*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    const char *path = getenv("DISK_FILE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED || true_read == NULL || true_write == NULL) _exit(70);
    close(file);
    orders = memory;
}

static int is_chosen(void) {
    int64_t fails = atomic_load(&orders->fails);
    int64_t number = atomic_fetch_add(&orders->asked, 1) + 1;
    if (number != fails && !(number > fails && atomic_load(&orders->lasts))) return 0;
    atomic_fetch_add(&orders->failed, 1);
    return 1;
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t place) {
    if (orders == NULL || atomic_load(&orders->manner) != UNREADABLE || !is_chosen()) {
        return true_read(file, bytes, count, place);
    }
    errno = EIO;
    return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    int64_t manner = orders == NULL ? 0 : atomic_load(&orders->manner);
    int was_full = is_full;
    is_full = 0;
    if (manner != HALVED && manner != FULL) return true_write(file, bytes, count, place);
    if (was_full && manner == FULL) {
        errno = ENOSPC;
        return -1;
    }
    if (count < 2 || !is_chosen()) return true_write(file, bytes, count, place);
    is_full = manner == FULL;
    return true_write(file, bytes, count / 2, place);
}

static int is_unnamed(int file) {
    char link[64], path[PATH_MAX + 1];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "/.tokenbooth-") != NULL;
}

ssize_t write(int file, const void *bytes, size_t count) {
    if (orders != NULL && atomic_load(&orders->manner) == UNNAMED && is_unnamed(file) && is_chosen()) {
        errno = ENOSPC;
        return -1;
    }
    /* Others may write before the constructor has run. */
    return syscall(SYS_write, file, bytes, count);
}
