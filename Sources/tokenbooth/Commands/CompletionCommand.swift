import ArgumentParser

struct CompletionCommand: CommandBody {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print the completion script of a shell.",
        discussion: """
              tokenbooth completion bash > ~/.local/share/bash-completion/completions/tokenbooth
              tokenbooth completion zsh > "${fpath[1]}/_tokenbooth"
              tokenbooth completion fish > ~/.config/fish/completions/tokenbooth.fish
            """
    )

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func perform() async throws {
        let kind: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try Terminal.print(Tokenbooth.completionScript(for: kind))
    }
}
