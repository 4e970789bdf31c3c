/* Preloaded into the service: libcrypto's memory runs out where a file says so; nobody else's does.
 *
 * EXHAUSTED_FILE holds four numbers of eight bytes, in the machine's order: which of libcrypto's allocations fails, by
 * its number from 1, or 0 for none; whether all later ones fail too; how many it has asked for; how many failed. The
 * last two are counted here while the first is not 0.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct {
    _Atomic int64_t fails, lasts, asked, failed;
} *orders;

static int is_refused(void) {
    int64_t fails = atomic_load(&orders->fails);
    if (fails == 0) return 0;
    int64_t number = atomic_fetch_add(&orders->asked, 1) + 1;
    if (number != fails && !(number > fails && atomic_load(&orders->lasts))) return 0;
    atomic_fetch_add(&orders->failed, 1);
    return 1;
}

static void *make(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return is_refused() ? NULL : malloc(size);
}

static void *grow(void *memory, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    return is_refused() ? NULL : realloc(memory, size);
}

static void drop(void *memory, const char *file, int line) {
    (void)file;
    (void)line;
    free(memory);
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("EXHAUSTED_FILE");
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    int (*set)(void *, void *, void *) = (int (*)(void *, void *, void *))dlsym(RTLD_DEFAULT, "CRYPTO_set_mem_functions");
    if (memory == MAP_FAILED || set == NULL) _exit(70);
    close(file);
    orders = memory;
    if (!set((void *)make, (void *)grow, (void *)drop)) _exit(70);
}
