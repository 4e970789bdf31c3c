// What KeyWitness uses of libjwt.
#ifndef TOKENBOOTH_CLIBJWT_H
#define TOKENBOOTH_CLIBJWT_H
#include <jwt.h>
#endif
