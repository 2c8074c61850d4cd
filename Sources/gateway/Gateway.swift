import ArgumentParser
import GatewayAPI

/// The gateway's command line.
@main
struct Gateway: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "The realtime gateway for trading: JSON-RPC 2.0 over WebSocket, fed by Redis.",
        version: "contract \(ContractDocuments.version)",
        subcommands: [
            Dev.self, Serve.self, CheckConfiguration.self, TokenCommand.self, Keys.self,
            Migrate.self, Doctor.self,
        ])
}
