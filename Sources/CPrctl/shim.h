// prctl(2) takes a variable number of arguments, which Swift cannot pass.
#ifndef TOKENBOOTH_CPRCTL_H
#define TOKENBOOTH_CPRCTL_H
#include <sys/prctl.h>

// 0, or -1 where the kernel refuses.
static inline int tokenbooth_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#endif
