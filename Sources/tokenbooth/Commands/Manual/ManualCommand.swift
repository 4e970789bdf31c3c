import AdminAPI
import ArgumentParser
import OAuth
import Primitives

struct ManualCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            It is made from the commands themselves, so that it always says what this binary does. Its date is that of
            SOURCE_DATE_EPOCH, seconds since 1970, where that is set, else today.

              tokenbooth manual | man -l -
              tokenbooth manual > /usr/local/share/man/man1/tokenbooth.1
            """
    )

    func perform() async throws {
        var now = LogTime.now() / 1000
        if let text = ProcessEnvironment.variables["SOURCE_DATE_EPOCH"] {
            guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else {
                throw CommandFailure(.usage, "SOURCE_DATE_EPOCH is not a number of seconds since 1970")
            }
            now = seconds
        }
        guard let description = CommandDescription(dumpedBy: Tokenbooth.self) else {
            throw CommandFailure(.refused, "the commands do not describe themselves")
        }
        let date = NumericDate(now).dayText
        try Terminal.print(ManualPage(description, date: date, version: Server.version).text)
    }
}
