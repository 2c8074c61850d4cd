import GatewayAPI

@testable import GatewayClient

extension GatewayClient {
    /// Events as short texts, up to one that is a `system` event, or the end.
    func eventTexts() async -> [String] {
        var result: [String] = []
        for await event in events {
            switch event {
            case .event(let event):
                if event.channel == "system" { return result }
                let merged = event.mergedCount > 0 ? " merged \(event.mergedCount)" : ""
                let dropped = event.droppedCount > 0 ? " dropped \(event.droppedCount)" : ""
                let recovered = event.isRecovered ? " recovered" : ""
                let number = event.sequence.map { "\($0)" } ?? "-"
                result.append("\(event.channel) \(number)" + merged + dropped + recovered)
            case .gap(let gap):
                let next = gap.nextSequence.map { "\($0)" } ?? "-"
                result.append("gap \(gap.channel) \(gap.lastSequence)..\(next)")
            case .skipped(let count):
                result.append("skipped \(count)")
            case .channelStatus(let status):
                result.append("status \(status.status.rawValue)")
            case .authExpiring: result.append("expiring")
            case .limitsWarning(let warning): result.append("limit \(warning.limit.rawValue)")
            case .serverDraining: result.append("draining")
            case .notification(let method, let parameters):
                result.append("\(method) \(parameters.text)")
            case .unattributedError(let error): result.append("error \(error.code)")
            case .disconnected(let close, _): result.append("lost \(close.code)")
            case .reconnected(_, let states): result.append("back \(states.count)")
            }
        }
        return result
    }
}
