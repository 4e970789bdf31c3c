import CLibcrypto

/// What concerns libcrypto as a whole.
package enum Libcrypto {
    /// Keeps libcrypto whole to the very end of the process.
    ///
    /// By itself it takes itself apart in `exit`, while event loops and other threads may still sign or give back
    /// their keys. Must come before anything else that uses it.
    package static func keepUntilTheEnd() {
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
