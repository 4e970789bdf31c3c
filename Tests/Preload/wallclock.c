/* Preloaded into the service: its wall clock is what a file says. Its other clocks and all its timers stay the kernel's.
 *
 * libfaketime cannot be used for this. It takes every absolute timer for one of the wall clock, and moves those of the
 * monotonic clocks too: after an hour back the service's sleeps would end an hour late, which no real clock can do.
 *
 * WALL_CLOCK_FILE holds eight bytes, a number of seconds in the machine's order: from the true time, or with
 * WALL_CLOCK_STANDS in the environment the UNIX time itself, at which the clock stands still.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static int (*true_clock)(clockid_t, struct timespec *);
static const volatile int64_t *seconds;
static int stands;

__attribute__((constructor)) static void begin(void) {
    true_clock = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("WALL_CLOCK_FILE");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) _exit(70);
    void *memory = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) _exit(70);
    stands = getenv("WALL_CLOCK_STANDS") != NULL;
    seconds = memory;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = true_clock ? true_clock(clock, time) : (int)syscall(SYS_clock_gettime, clock, time);
    if (result != 0 || seconds == NULL || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return result;
    if (stands) {
        time->tv_sec = *seconds;
        time->tv_nsec = 0;
    } else {
        time->tv_sec += *seconds;
    }
    return 0;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    (void)zone;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
