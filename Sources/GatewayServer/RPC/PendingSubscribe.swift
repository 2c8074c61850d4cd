import EventLoop
import GatewayAPI
import Streams

/// A `subscribe` request that waits until Redis has confirmed its channels, so that its answer
/// can promise that nothing published from now on is missed. Confined to its loop.
final class PendingSubscribe: TimerHandler {
    private weak var server: LoopServer?
    private var missing: Set<ChannelID>
    private var timer: TimerID?
    private var complete: (() -> Void)?

    /// - Parameters:
    ///   - server: the loop's server, which tells when channels become live.
    ///   - missing: the channels that are not live yet.
    ///   - complete: called once: when all are live, or the time is over.
    init(server: LoopServer, missing: Set<ChannelID>, complete: @escaping () -> Void) {
        self.server = server
        self.missing = missing
        self.complete = complete
    }

    /// Begins to wait.
    func start() {
        guard let server else { return }
        for channel in missing { server.wait(self, for: channel) }
        timer = server.loop.schedule(
            after: server.limits.subscribeConfirmationDuration, handler: self)
    }

    func becameLive(_ channel: ChannelID) {
        missing.remove(channel)
        if missing.isEmpty { finish() }
    }

    func timerFired(token: UInt32) {
        timer = nil
        finish()
    }

    private func finish() {
        if let timer { server?.loop.cancel(timer) }
        timer = nil
        guard let complete else { return }
        self.complete = nil
        complete()
    }
}
