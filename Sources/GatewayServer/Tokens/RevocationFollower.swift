import EventLoop
import GatewayAPI
import RedisProtocol
import Security

/// Keeps a node's revocations up to date: looks when Redis announces news, when the link came
/// back, and at intervals in case an announcement was missed. One loop of a node has it. Confined
/// to its loop.
final class RevocationFollower: TimerHandler {
    /// The channel on Redis that tells of news.
    static let channel = Array("tradermind:revocations:news".utf8)
    /// The shortest time between two looks: each that finds something visits every connection.
    static let intervalMin = Duration.milliseconds(50)

    private unowned let server: LoopServer
    private let functions: FunctionCaller
    private let siblings: [LoopBound<LoopServer>]
    private var timer: TimerID?
    private var isAsking = false
    private var hasNews = false
    /// The sequence up to which everything is known.
    private var known: Int64 = 0
    /// The sequence up to which disconnections were carried out.
    private var carriedOut: Int64 = 0

    init(server: LoopServer, functions: FunctionCaller, siblings: [LoopBound<LoopServer>]) {
        self.server = server
        self.functions = functions
        self.siblings = siblings
    }

    func start() {
        look()
    }

    func stop() {
        if let timer { server.loop.cancel(timer) }
        timer = nil
        isAsking = true
    }

    /// The link to Redis came back: it may be another server now, or one that lost something.
    func redisBecameReady() {
        known = 0
        announced()
    }

    /// There is news.
    func announced() {
        guard !isAsking else {
            hasNews = true
            return
        }
        schedule(after: Self.intervalMin)
    }

    func timerFired(token: UInt32) {
        timer = nil
        look()
    }

    private func schedule(after delay: Duration) {
        if let timer { server.loop.cancel(timer) }
        timer = server.loop.schedule(after: delay, handler: self)
    }

    private func look() {
        guard !isAsking else { return }
        isAsking = true
        hasNews = false
        functions.revocations(since: known) { [weak self] news in
            guard let self, !server.isStopped else { return }
            isAsking = false
            let isWhole = news.map(take) ?? true
            schedule(
                after: isWhole && !hasNews
                    ? server.shared.configuration.tokenLimits.revocationInterval
                    : Self.intervalMin)
        }
    }

    /// Takes an answer in.
    ///
    /// - Returns: whether nothing more is to be read.
    private func take(_ news: RevocationNews) -> Bool {
        if news.newest < known {
            // Redis has lost what it had. What is known here stays revoked.
            known = 0
            carriedOut = 0
            return false
        }
        if news.unknownCount > 0 {
            server.shared.report(
                .tokens(.unknownRevocations(count: news.unknownCount)), from: server)
        }
        let disconnected = Set(news.disconnected.filter { $0.sequence > carriedOut }.map(\.user))
        carriedOut = max(carriedOut, news.last ?? 0)
        known = news.last ?? known
        if !news.list.isEmpty || !disconnected.isEmpty {
            server.shared.revocations.add(news.list, now: WallClock.milliseconds())
            let list = news.list
            for sibling in siblings {
                sibling.loop.post { sibling.value.end(list, disconnected) }
            }
        }
        guard news.entryCount < RevocationNews.entryCountMax else { return false }
        server.shared.becameAwareOfRevocations()
        return true
    }
}

extension FunctionCaller {
    /// Asks for the revocations behind a sequence. The completion is called once, on the loop,
    /// with nil where there is no answer.
    func revocations(since: Int64, completion: @escaping (RevocationNews?) -> Void) {
        let command = RedisCommand("FCALL_RO", "tradermind_revocations", "0", String(since))
        send(command, canReload: true) { result in
            guard case .success(let reply) = result else { return completion(nil) }
            completion(RevocationNews(reply))
        }
    }
}

extension LoopServer {
    /// Closes the connections whose tokens are revoked by the news, and those of users who are to
    /// be disconnected.
    func end(_ revoked: RevocationList, _ disconnected: Set<SubjectID>) {
        for case let connection? in connections {
            guard let identity = connection.identity else { continue }
            if revoked.isRevoked(subject: identity.subject, mark: identity.mark) {
                connection.close(.tokenRevoked)
            } else if disconnected.contains(identity.subject) {
                connection.close(.disconnected)
            }
        }
    }
}
