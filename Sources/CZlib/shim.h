// What Primitives uses of zlib.
#ifndef TOKENBOOTH_CZLIB_H
#define TOKENBOOTH_CZLIB_H
#include <zlib.h>
#endif
