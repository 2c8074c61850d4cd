import EventLoop
import HTTPFetch
import Security
import WebSocketProtocol

/// Fetches the key set of one issuer when its cache says so. Confined to its loop.
final class KeySetFetcher: TimerHandler {
    private let loop: EventLoop
    private let source: IssuerKeySource
    private let fetcher: HTTPFetcher
    private let report: (TokenEvent) -> Void
    private let changed: (KeySetFetcher) -> Void
    private var cache: JSONWebKeyCache
    private var timer: TimerID?
    /// The fetch that the cache waits for.
    private var current: JSONWebKeyCache.FetchID?
    private var isStopped = false

    /// - Parameters:
    ///   - loop: where everything happens.
    ///   - source: where the keys are.
    ///   - trust: who certifies the server.
    ///   - durations: the times of the cache.
    ///   - report: tells the operator.
    ///   - changed: called when a fetch has ended, well or not.
    init(
        loop: EventLoop, source: IssuerKeySource, trust: TLSTrust,
        durations: JSONWebKeyCache.Durations = JSONWebKeyCache.Durations(),
        report: @escaping (TokenEvent) -> Void, changed: @escaping (KeySetFetcher) -> Void
    ) {
        self.loop = loop
        self.source = source
        var limits = HTTPFetchLimits()
        limits.totalDuration = .milliseconds(durations.fetchTimeout)
        limits.response.bodyByteCountMax = SecurityLimits.keySetByteCountMax
        fetcher = HTTPFetcher(
            loop: loop, trust: trust, limits: limits, allowsPlainHTTP: source.allowsPlainHTTP)
        self.report = report
        self.changed = changed
        cache = JSONWebKeyCache(durations: durations, now: Self.milliseconds(of: loop))
    }

    /// The place in the configuration's list of the issuer whose keys these are.
    var issuerIndex: Int { source.issuerIndex }

    /// The keys to verify with; nil before the first fetch, and once they are too old.
    var keys: TokenKeySet? { cache.keys(now: now) }

    /// Whether an answer is awaited.
    var isFetching: Bool { current != nil }

    func start() {
        timerFired(token: 0)
    }

    func stop() {
        isStopped = true
        if let timer { loop.cancel(timer) }
        timer = nil
        fetcher.stop()
    }

    /// A token names a key that nobody knows.
    func unknownKeySeen() {
        if case .fetch(let id) = cache.unknownKeySeen(now: now) { fetch(id) }
    }

    func timerFired(token: UInt32) {
        timer = nil
        switch cache.timerFired(now: now) {
        case .fetch(let id): fetch(id)
        case .cancel: ended(.failure(.timedOut))
        case nil: schedule()
        }
    }

    private var now: Int64 { Self.milliseconds(of: loop) }

    private static func milliseconds(of loop: EventLoop) -> Int64 {
        Int64(loop.now.nanoseconds / 1_000_000)
    }

    private func schedule() {
        guard !isStopped else { return }
        if let timer { loop.cancel(timer) }
        let wait = max(cache.nextTimer - now, 1)
        timer = loop.schedule(after: .milliseconds(wait), handler: self)
    }

    private func fetch(_ id: JSONWebKeyCache.FetchID) {
        current = id
        schedule()
        let request = HTTPFetchRequest(url: source.url)
        fetcher.send(request) { [weak self] result in
            guard let self, current == id else { return }
            switch result {
            case .success(let response): received(response, id)
            case .failure(let error): failed(.link("\(error)"), id)
            }
        }
    }

    private func received(_ response: HTTPFetchResponse, _ id: JSONWebKeyCache.FetchID) {
        guard response.status == .ok else { return failed(.status(response.status.rawValue), id) }
        do throws(JSONWebKeySet.DocumentError) {
            let keySet = try JSONWebKeySet(response.body.span, contents: .publicKeys)
            cache.fetchSucceeded(id, keySet: keySet, now: now)
            ended(.success(keySet))
        } catch {
            failed(.document("\(error)"), id)
        }
    }

    /// Why there is no new key set.
    private enum Failure: Error {
        case timedOut
        case link(String)
        case status(Int)
        case document(String)

        var text: String {
            switch self {
            case .timedOut: "no answer in time"
            case .link(let reason), .document(let reason): reason
            case .status(let status): "status \(status)"
            }
        }
    }

    private func failed(_ failure: Failure, _ id: JSONWebKeyCache.FetchID) {
        cache.fetchFailed(id, now: now)
        ended(.failure(failure))
    }

    private func ended(_ result: Result<JSONWebKeySet, Failure>) {
        current = nil
        switch result {
        case .success(let keySet):
            report(
                .keySetFetched(
                    host: source.url.host, keyCount: keySet.keys.keys.count,
                    ignoredKeyCount: keySet.ignoredKeyCount))
        case .failure(let failure):
            report(
                .keySetFailed(
                    host: source.url.host, reason: failure.text, areKeysKept: keys != nil))
        }
        schedule()
        changed(self)
    }
}
