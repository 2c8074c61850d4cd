import EventLoop
import Security
import WebSocketProtocol

/// Keeps the key sets of a node's issuers: fetched by one loop, given to all. Confined to its loop.
final class NodeKeySets {
    private let siblings: [LoopBound<LoopServer>]
    private var fetchers: [KeySetFetcher] = []

    /// Nil where no issuer's keys are fetched.
    init?(server: LoopServer, siblings: [LoopBound<LoopServer>]) {
        self.siblings = siblings
        let sources = server.shared.configuration.keySources
        guard !sources.isEmpty else { return nil }
        for source in sources {
            let trust: TLSTrust
            do throws(TLSError) {
                trust = try TLSTrust(authorityPath: source.authorityPath)
            } catch {
                server.shared.report(
                    .tokens(
                        .keySetFailed(
                            host: source.url.host, reason: "\(error)", areKeysKept: false)),
                    from: server)
                continue
            }
            fetchers.append(
                KeySetFetcher(
                    loop: server.loop, source: source, trust: trust,
                    report: { [unowned server] in server.shared.report(.tokens($0), from: server) },
                    changed: { [unowned self] in self.changed($0) }))
        }
    }

    func start() {
        for fetcher in fetchers { fetcher.start() }
    }

    func stop() {
        for fetcher in fetchers { fetcher.stop() }
    }

    /// A token names a key that nobody knows: asks the issuers, at most once in a while each, and
    /// tells every loop when they have answered, or at once where they are not to be asked.
    func unknownKeySeen() {
        for fetcher in fetchers { fetcher.unknownKeySeen() }
        tellIfIdle()
    }

    private func changed(_ fetcher: KeySetFetcher) {
        let keys = fetcher.keys
        let index = fetcher.issuerIndex
        for sibling in siblings {
            sibling.loop.post { sibling.value.replaceKeys(of: index, with: keys) }
        }
        tellIfIdle()
    }

    private func tellIfIdle() {
        guard !fetchers.contains(where: \.isFetching) else { return }
        let areKnown = fetchers.allSatisfy { $0.keys != nil }
        for sibling in siblings {
            sibling.loop.post { sibling.value.keysArrived(areKnown: areKnown) }
        }
    }
}
