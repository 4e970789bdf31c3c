import Foundation
import Glibc
import Testing

@Suite("Service manager: sd_notify(3)")
struct Notified {
    @Test(arguments: [false, true])
    func `it hears of the start, of a reload and of the end, each when it is so`(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let manager = try ManagerSocket(
            isAbstract ? "@tokenbooth-\(UUID().uuidString)" : directory.path + "/notify"
        )
        let booth = try Booth(environment: ["NOTIFY_SOCKET": manager.name], in: directory)
        let first = try #require(manager.next(), "nothing was told")
        #expect(first["READY"] == "1")
        #expect(first["STATUS"]?.contains(booth.issuer) == true)
        #expect(try booth.get("/readyz").status == 200)

        var before = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &before)
        booth.process.signal(SIGHUP)
        let reloading = try #require(manager.next(), "no reload was told")
        #expect(reloading["RELOADING"] == "1")
        let time = try #require(reloading["MONOTONIC_USEC"].flatMap { UInt64($0) })
        #expect(time / 1_000_000 >= before.tv_sec && time / 1_000_000 <= before.tv_sec + 20)
        #expect(manager.next()?["READY"] == "1")
        #expect(eventually { Booth.event("settings reloaded", in: booth.log) } != nil)

        // What cannot be read ends the reload, too: the old settings are in force.
        try directory.file("config.yaml", "nonsense: 1\n")
        booth.process.signal(SIGHUP)
        #expect(manager.next()?["RELOADING"] == "1")
        #expect(manager.next()?["READY"] == "1")

        let busy = try booth.connect()
        let bytes = TokenCall(key: booth.rootKey).bytes
        busy.send(Array(bytes.dropLast(5)))
        #expect(try booth.get("/readyz").status == 200)
        booth.process.signal(SIGTERM)
        #expect(manager.next()?["STOPPING"] == "1")
        #expect(booth.process.isRunning)
        busy.send(Array(bytes.suffix(5)))
        #expect(busy.response()?.status == 200)
        #expect(booth.process.wait(seconds: 12) == .exited(0))
        #expect(manager.next(seconds: 0.2) == nil)
    }

    @Test
    func `heartbeats come in time, and none from a process that is stopped`() throws {
        let directory = try TemporaryDirectory()
        let manager = try ManagerSocket(directory.path + "/notify")
        let booth = try Booth(
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "900000"],
            in: directory
        )
        #expect(manager.next(with: "READY") != nil)
        #expect(manager.count(of: "WATCHDOG", seconds: 3) >= 4)
        booth.process.signal(SIGSTOP)
        _ = manager.count(of: "WATCHDOG", seconds: 0.2)
        #expect(manager.count(of: "WATCHDOG", seconds: 1.5) == 0)
        booth.process.signal(SIGCONT)
        #expect(manager.next(with: "WATCHDOG") != nil)
        try AfterEachTest.check(booth)
    }

    @Test(arguments: [
        ["WATCHDOG_USEC": "900000", "WATCHDOG_PID": "1"], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "-5"],
        ["WATCHDOG_USEC": "99999999999999999999"], ["WATCHDOG_USEC": "soon"], [:],
    ])
    func `a watchdog that is another's or makes no sense gets no heartbeats`(variables: [String: String])
        throws
    {
        let directory = try TemporaryDirectory()
        let manager = try ManagerSocket(directory.path + "/notify")
        let booth = try Booth(
            environment: variables.merging(["NOTIFY_SOCKET": manager.name]) { $1 },
            in: directory
        )
        #expect(manager.next(with: "READY") != nil)
        #expect(manager.count(of: "WATCHDOG", seconds: 1) == 0)
        try AfterEachTest.check(booth)
    }

    @Test(arguments: [
        "relative", "@", "/", "vsock:2:1234", "/nonexistent/notify", "/dev/null", "/etc",
        "@" + String(repeating: "n", count: 200), "/" + String(repeating: "n", count: 108), "\u{1B}[2J",
    ])
    func `a socket that cannot be used is one warning, and the service serves`(name: String) throws {
        let booth = try Booth(environment: ["NOTIFY_SOCKET": name, "WATCHDOG_USEC": "300000"])
        let warning = eventually(seconds: 5) {
            booth.log.split(separator: "\n").first { $0.contains("service manager") }
        }
        #expect(warning?.contains(#""level":"warning""#) == true)
        usleep(700_000)
        #expect(booth.log.split(separator: "\n").count { $0.contains("service manager") } == 1)
        try AfterEachTest.check(booth)
        booth.stop()
        AfterEachTest.searchLog(booth)
    }

    @Test
    func `a manager that reads nothing does not hold the service up`() throws {
        let directory = try TemporaryDirectory()
        let manager = try ManagerSocket(directory.path + "/notify")
        let booth = try Booth(
            environment: ["NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "30000"],
            in: directory
        )
        // The kernel keeps a few messages; then senders wait.
        #expect(
            eventually { booth.log.contains("the service manager cannot be told") ? true : nil } == true
        )
        for _ in 0..<20 { #expect(try booth.token(TokenCall(key: booth.rootKey)).status == 200) }
        booth.stop()
    }

    @Test(.enabled(if: Preload.compiler != nil))
    func `a service that serves but is not ready says why, gets more time, and is ready later`() throws {
        let directory = try TemporaryDirectory()
        let clock = try MovedClock(in: directory, 3600)
        let first = try Booth(environment: clock.environment, in: directory)
        #expect(try first.status("/readyz").status == 200)
        first.stop()
        try clock.move(0)
        let manager = try ManagerSocket(directory.path + "/notify")
        let booth = try Booth(
            environment: clock.environment.merging(["NOTIFY_SOCKET": manager.name]) { $1 },
            in: directory
        )
        for _ in 0..<2 {
            let message = try #require(manager.next())
            #expect(message["READY"] == nil)
            #expect(message["STATUS"]?.contains("clock") == true)
            #expect(message["EXTEND_TIMEOUT_USEC"] == "30000000")
        }
        // A reload in this state must not end the start.
        directory.signalServer(SIGHUP)
        #expect(eventually { Booth.event("settings reloaded", in: booth.log) } != nil)
        #expect(manager.next()?["READY"] == nil)
        try clock.move(3600)
        #expect(manager.next(with: "READY") != nil)
        booth.stop()
    }
}
