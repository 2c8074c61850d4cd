import ArgumentParser

/// The load tester.
@main
struct GatewayLoad: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway-load",
        abstract: "Loads a gateway and checks what arrives.",
        discussion: """
            Every command but echo and autobahn-client takes the addresses and the token from the \
            dev.json that `gateway dev` writes, unless options say otherwise. --json FILE writes \
            the results for programs. The exit code is 0 only where everything arrived, once and \
            in order.
            """,
        subcommands: [
            ReplayCommand.self, FanoutCommand.self, PingCommand.self, ChurnCommand.self,
            SlowCommand.self, IdleCommand.self, SessionsCommand.self, SiegeCommand.self,
            EchoCommand.self, AutobahnClientCommand.self, RecordCommand.self,
        ])
}
