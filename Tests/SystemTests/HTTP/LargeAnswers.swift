import Foundation
import Testing

@Suite("Answers that are larger than what a connection may keep", .serialized, .booth)
struct LargeAnswers {
    /// The page of the documentation: the longest of the answers that anybody may ask for.
    private static func page(_ fields: [String] = []) -> [UInt8] {
        Array((Booth.head("GET", "/docs", fields) + "\r\n").utf8)
    }

    @Test
    func `a client that reads slowly gets all of it, and then what it asked for next`() throws {
        let booth = try Booth.current
        let whole = try booth.get("/docs").body
        #expect(whole.count > 400_000)
        let connection = try RawConnection(port: booth.publicPort, receiveBuffer: 2_048)
        let last = Array((Booth.head("HEAD", "/docs", ["Connection: close"]) + "\r\n").utf8)
        let health = Array((Booth.head("GET", "/healthz") + "\r\n").utf8)
        connection.send(Self.page() + health + Self.page() + last, isReading: false)
        usleep(200_000)
        #expect(try #require(connection.response()).body == whole)
        #expect(try #require(connection.response()).text == #"{"status":"ok"}"#)
        #expect(try #require(connection.response()).body == whole)
        let head = try #require(connection.response(hasBody: false))
        #expect(head["content-length"] == String(whole.count))
        #expect(connection.response() == nil && connection.isEnded)
    }

    @Test(arguments: [true, false])
    func `the last answer is sent to its end before the connection is closed`(isHalfClosed: Bool) throws {
        let booth = try Booth.current
        let whole = try booth.get("/docs").body
        let connection = try RawConnection(port: booth.publicPort, receiveBuffer: 2_048)
        connection.send(Self.page(isHalfClosed ? [] : ["Connection: close"]), isReading: false)
        if isHalfClosed { connection.finishSending() }
        usleep(200_000)
        #expect(try #require(connection.response()).body == whole)
        #expect(connection.response() == nil && connection.isEnded)
    }

    @Test
    func `three hundred clients that ask for it and do not read cost little each`() throws {
        let booth = try Booth()
        try booth.warmUp(rounds: 20)
        let before = booth.residentKilobytes
        let size = 300
        let crowd = try Crowd(size, port: booth.publicPort, first: Self.page(), receiveBuffer: 2_048)
        var spent = -1.0
        let isQuiet = eventually(seconds: 20) {
            defer { spent = booth.processorSeconds }
            usleep(250_000)
            return booth.processorSeconds - spent < 0.02 ? true : nil
        }
        #expect(isQuiet == true)
        let growth = booth.residentKilobytes - before
        #expect(growth < size * 128, "\(growth / size) KiB each")
        #expect(crowd.standing == size)
        crowd.reset()
        try AfterEachTest.check(booth)
    }
}
