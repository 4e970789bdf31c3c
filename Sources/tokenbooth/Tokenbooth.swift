import ArgumentParser

@main
struct Tokenbooth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "tokenbooth")
}
