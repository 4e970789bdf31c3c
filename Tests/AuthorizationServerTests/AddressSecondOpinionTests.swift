import AuthorizationServer
import Foundation
import Testing

/// What Python's `ipaddress` says of random ranges and addresses, in the ways in which people write them.
private struct PythonOpinion {
    var count = 0
    var matches = 0
    var refusals = 0
    /// The first case on which we differ.
    var difference: String?

    init(seed: Int, cases: Int) throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let script = tests.deletingLastPathComponent().appending(path: "scripts/address_cases.py")
        let (python, output) = (Process(), Pipe())
        python.executableURL = URL(filePath: "/usr/bin/env")
        python.arguments = ["python3", script.path, "\(seed)", "\(cases)"]
        python.standardInput = FileHandle.nullDevice
        python.standardOutput = output
        try python.run()
        var rest: [UInt8] = []
        // To its end even after a difference: the other side waits until everything is taken.
        while let chunk = try output.fileHandleForReading.read(upToCount: 1 << 16), !chunk.isEmpty {
            rest += chunk
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            if difference == nil { compare(rest[..<end]) }
            rest = Array(rest[(end + 1)...])
        }
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
    }

    private mutating func compare(_ lines: ArraySlice<UInt8>) {
        for line in lines.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count == 3, let answer = Self.answer(fields[0], fields[1]),
                fields[2].elementsEqual([answer])
            else {
                difference = "case \(count + 1): \(String(decoding: line, as: UTF8.self))"
                return
            }
            count += 1
            if answer == UInt8(ascii: "1") { matches += 1 }
            if answer == UInt8(ascii: "x") { refusals += 1 }
        }
    }

    /// - Returns: `nil` for what is no address.
    private static func answer(_ range: ArraySlice<UInt8>, _ address: ArraySlice<UInt8>) -> UInt8? {
        guard let address = IPAddress(parsing: address) else { return nil }
        guard let range = try? AddressRange(parsing: String(decoding: range, as: UTF8.self)) else {
            return UInt8(ascii: "x")
        }
        return range.contains(address) ? UInt8(ascii: "1") : UInt8(ascii: "0")
    }

    func expectAgreement(on cases: Int) {
        #expect(difference == nil)
        #expect(count == cases)
        #expect(matches > cases / 4 && matches < cases * 3 / 4 && refusals > cases / 100, "\(self)")
    }
}

@Suite("Allowed addresses against Python's ipaddress")
struct AddressSecondOpinionTests {
    @Test
    func `fifty thousand cases are judged as by another implementation`() throws {
        try PythonOpinion(seed: 1, cases: 50_000).expectAgreement(on: 50_000)
    }
}

/// Only with TOKENBOOTH_SLOW_TESTS=1: a minute without optimization.
@Suite(
    "Slow: allowed addresses against Python's ipaddress",
    .enabled(if: ProcessInfo.processInfo.environment["TOKENBOOTH_SLOW_TESTS"] == "1")
)
struct SlowAddressSecondOpinionTests {
    // threats: IPA-09
    @Test
    func `a million cases are judged as by another implementation`() throws {
        try PythonOpinion(seed: 2, cases: 1_000_000).expectAgreement(on: 1_000_000)
    }
}
