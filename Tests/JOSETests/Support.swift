import Foundation
import JOSE
import Primitives

/// A token with any header, signed as if it were a good one.
func token(header: String, payload: String = #"{"sub":"a"}"#, signedBy key: SigningKey) throws -> [UInt8] {
    var token = CompactJWS.signingInput(header: Array(header.utf8), payload: Array(payload.utf8))
    try SigningContext(key).signAppending(&token)
    return token
}

func header(_ key: SigningKey) -> String {
    #"{"alg":"\#(key.algorithm.rawValue)","typ":"at+jwt","kid":"\#(key.kid)"}"#
}

extension JWK {
    init(json: String) throws {
        try self.init(parsing: JSONValue(parsing: Array(json.utf8)))
    }
}

/// The OpenSSL command line: a second opinion that shares no code of ours.
struct OpenSSL {
    struct Failure: Error { let message: String }

    /// A folder that is gone with this value's last use.
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "jose-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: folder.appending(path: name))
    }

    func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    /// Runs one command in the folder; its standard input is empty.
    func run(_ arguments: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = folder
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let message = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(message: String(decoding: message, as: UTF8.self))
        }
    }
}
