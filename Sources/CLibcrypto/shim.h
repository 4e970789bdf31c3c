// What JOSE and Primitives use of OpenSSL 3's libcrypto.
#ifndef TOKENBOOTH_CLIBCRYPTO_H
#define TOKENBOOTH_CLIBCRYPTO_H
// The one-shot SHA-256 functions are "low level", and so marked deprecated: they are the ones without a fetch or an allocation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#endif
