#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// The descriptors 0, 1 and 2, with which a program may be started closed.
enum StandardDescriptors {
    /// Takes those that are closed, before a socket or the database is given such a number and gets what is written as
    /// log or output.
    ///
    /// Each is opened in the wrong direction: to read or write there fails as before (EBADF), and what cannot be printed
    /// is an error still.
    static func occupy() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest number that is free: this one.
            _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
