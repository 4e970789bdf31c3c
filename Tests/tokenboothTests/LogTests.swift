import Foundation
import Logging
import Testing

@testable import tokenbooth

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

@Suite("Log lines")
struct LogLineTests {
    private static let nasty = [
        "\r", "\n", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{1B}[2J", "\0", "\u{7F}", "\u{9B}31m",
        "\u{202E}",
        "\u{200B}", "\u{FEFF}", "\u{2066}", "\u{61C}", "\"", "\\", "a\nb", "{\"level\":\"error\"}",
    ]

    // threats: LOG-01
    @Test(arguments: [LogSettings.Format.json, .text])
    func `whatever a value holds, an event is one line without control characters`(format: LogSettings.Format)
        throws
    {
        for value in Self.nasty {
            let line = LogLine(
                level: .info,
                message: "m\(value)",
                metadata: [("k\(value)", .string("v\(value)"))],
                time: 0
            ).bytes(format, isColoured: false)
            #expect(line.last == 0x0A)
            let text = String(decoding: line.dropLast(), as: UTF8.self)
            for scalar in text.unicodeScalars {
                #expect(scalar.properties.generalCategory != .control)
                #expect(![0x2028, 0x2029, 0x202E, 0x200B, 0xFEFF, 0x2066, 0x61C].contains(scalar.value))
            }
            guard format == .json else { continue }
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: String])
            #expect(object["message"].map { Array($0.utf8) } == Array("m\(value)".utf8))
            #expect(object["k\(value)"].map { Array($0.utf8) } == Array("v\(value)".utf8))
        }
    }

    // threats: LOG-01
    @Test
    func `a long value is cut at a character after 1 KiB`() throws {
        for filler in ["a", "é", "€", "😀"] {
            let value = "x" + String(repeating: filler, count: 1 << 18)
            let line = LogLine(level: .info, message: value, metadata: [("v", .string(value))], time: 0)
                .bytes(.json, isColoured: false)
            #expect(line.count < 2300)
            let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: String])
            #expect(object["v"]?.hasSuffix(filler + "…") == true)
            #expect((1020...1027).contains(object["v"]?.utf8.count ?? 0))
        }
    }

    @Test
    func `a JSON line has time, level and message first and keeps numbers`() {
        let line = LogLine(
            level: .warning,
            message: "hello",
            metadata: [
                ("count", .stringConvertible(3)), ("list", .array(["a", .dictionary(["b": "c"])])),
                ("time", "mine"),
                ("yes", .stringConvertible(true)),
            ],
            time: 1_700_000_000_123
        ).bytes(.json, isColoured: false)
        #expect(
            String(decoding: line, as: UTF8.self) == """
                {"time":"2023-11-14T22:13:20.123Z","level":"warning","message":"hello","count":3,\
                "list":["a",{"b":"c"}],"metadata_time":"mine","yes":true}

                """
        )
    }

    @Test
    func `a text line quotes what has spaces, and is coloured only when asked to be`() {
        let line = LogLine(
            level: .info,
            message: "hello",
            metadata: [("a", "b c"), ("d", "e"), ("f", "")],
            time: 951_782_400_000
        )
        #expect(
            String(decoding: line.bytes(.text, isColoured: false), as: UTF8.self)
                == "2000-02-29T00:00:00.000Z info     hello a=\"b c\" d=e f=\"\"\n"
        )
        #expect(line.bytes(.text, isColoured: true).contains(0x1B))
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (4_107_542_400_007, "2100-03-01T00:00:00.007Z"), (.max, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func `times are RFC 3339`(milliseconds: Int64, expected: String) {
        var text: [UInt8] = []
        LogTime.append(milliseconds, to: &text)
        #expect(String(decoding: text, as: UTF8.self) == expected)
    }
}

@Suite("Log writer")
struct LogWriterTests {
    private static func pipePair() -> (reader: CInt, writer: CInt) {
        var ends: [CInt] = [0, 0]
        _ = unsafe pipe(&ends)
        return (ends[0], ends[1])
    }

    private static func readAll(_ descriptor: CInt, atLeast count: Int) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while content.count < count {
            let got = unsafe read(descriptor, &chunk, chunk.count)
            guard got > 0 else { break }
            content.append(contentsOf: chunk[..<got])
        }
        return content
    }

    @Test
    func `lines of many threads arrive whole and none is lost`() async throws {
        let (reader, descriptor) = Self.pipePair()
        let writer = LogWriter(descriptor: descriptor) { _ in Array("dropped\n".utf8) }
        let line = String(repeating: "x", count: 99) + "\n"
        async let content = Task.detached { Self.readAll(reader, atLeast: 100 * 800) }.value
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<100 { writer.write(Array(line.utf8)) } }
            }
        }
        let text = String(decoding: await content, as: UTF8.self)
        #expect(text == String(repeating: line, count: 800))
        #expect(writer.flush())
    }

    // threats: LOG-04
    @Test
    func `a pipe that nobody reads never blocks the writer of a line, and what was dropped is counted`() {
        let (reader, descriptor) = Self.pipePair()
        let writer = LogWriter(descriptor: descriptor, capacity: 10_000) { Array("dropped \($0)\n".utf8) }
        let line = Array((String(repeating: "x", count: 999) + "\n").utf8)
        var written = 0
        // The pipe takes 64 KiB, and then the thread is stuck in it.
        repeat {
            for _ in 0..<10 { writer.write(line) }
            written += 10
        } while writer.flush(timeout: 200) && written < 1000
        for _ in 0..<100 { writer.write(line) }
        written += 100
        var content = Self.readAll(reader, atLeast: 1)
        var dropped = 0
        while dropped == 0, content.count < written * line.count {
            content += Self.readAll(reader, atLeast: 1)
            dropped = String(decoding: content, as: UTF8.self).split(separator: "\n")
                .compactMap { $0.hasPrefix("dropped ") ? Int($0.dropFirst(8)) : nil }.reduce(0, +)
        }
        #expect(writer.flush())
        let kept = content.split(separator: 0x0A).count { $0.first == UInt8(ascii: "x") }
        #expect(kept + dropped == written)
        #expect(dropped >= 90)
    }

    // The access log hands over many lines at a time.
    // threats: LOG-04
    @Test
    func `lines that are dropped together are counted one by one`() {
        let (reader, descriptor) = Self.pipePair()
        let writer = LogWriter(descriptor: descriptor, capacity: 10) { Array("dropped \($0)\n".utf8) }
        writer.write(Array("1\n2\n3\n4\n5\n6\n".utf8))
        writer.write(Array("7\n".utf8))
        #expect(writer.flush())
        let text = Self.readAll(reader, atLeast: 12)
        #expect(String(decoding: text, as: UTF8.self) == "7\ndropped 6\n")
    }

    // threats: LOG-04
    @Test
    func `a closed log ends nothing`() {
        let (reader, descriptor) = Self.pipePair()
        close(reader)
        _ = signal(SIGPIPE, SIG_IGN)
        let writer = LogWriter(descriptor: descriptor) { _ in Array("dropped\n".utf8) }
        writer.write(Array("x\n".utf8))
        #expect(writer.flush())
    }

    @Test
    func `the level changes at run time for loggers that exist`() {
        let (reader, descriptor) = Self.pipePair()
        let sink = LogSink(LogSettings(format: .text, level: .info), descriptor: descriptor)
        var logger = sink.logger(label: "test")
        logger[metadataKey: "a"] = "1"
        logger.debug("first")
        sink.level = .debug
        logger.debug("second", metadata: ["b": "2"])
        #expect(sink.writer.flush())
        let text = String(decoding: Self.readAll(reader, atLeast: 20), as: UTF8.self)
        #expect(!text.contains("first"))
        #expect(text.hasSuffix("second a=1 b=2\n"))
    }

    @Test(
        arguments: [(.critical, .info, true), (.info, .error, false), (.error, .trace, true)]
            as [(Logger.Level, Logger.Level, Bool)]
    )
    func `warnings of the libraries follow the level at run time, and less than that is never said`(
        start: Logger.Level,
        reloaded: Logger.Level,
        isSaid: Bool
    ) {
        let (reader, descriptor) = Self.pipePair()
        let sink = LogSink(LogSettings(format: .text, level: start), descriptor: descriptor)
        let logger = sink.frameworkLogger
        sink.level = reloaded
        logger.notice("first")
        logger.warning("second")
        logger.critical("third")
        #expect(sink.writer.flush())
        let text = String(decoding: Self.readAll(reader, atLeast: 1), as: UTF8.self)
        #expect(!text.contains("first") && text.contains("second") == isSaid && text.hasSuffix("third\n"))
    }
}
