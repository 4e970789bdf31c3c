// What Swift cannot call: prctl(2) takes a variable number of arguments, and malloc.h is in no module.
#ifndef TOKENBOOTH_CPRCTL_H
#define TOKENBOOTH_CPRCTL_H
#include <malloc.h>
#include <sys/prctl.h>

// 0, or -1 where the kernel refuses.
static inline int tokenbooth_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

// Blocks above 256 KiB go back to the kernel when they are free, whatever was free before. What is smaller is kept by the
// arena that it came from: with eight for each core, as malloc would have them, most of that is never asked for again.
static inline void tokenbooth_return_memory(int arenas) {
    mallopt(M_ARENA_MAX, arenas);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 512 * 1024);
}
#endif
