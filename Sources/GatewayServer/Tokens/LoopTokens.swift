import EventLoop
import Security

/// What a loop needs to judge tokens: its verifier, and who waits for keys. Confined to its loop.
final class LoopTokens {
    /// Verifies with the keys that are here.
    var verifier: TokenVerifier
    /// Those who wait for a key set; they are told whether every issuer's keys are known.
    var waiters: [(Bool) -> Void] = []
    /// Handshakes and refreshes that wait for Redis or for a key set.
    var waitingCount = 0

    private var issuers: [TrustedIssuer]
    private let leeway: Int64

    init(_ configuration: GatewayConfiguration) {
        issuers = configuration.issuers
        leeway = configuration.tokenLimits.leewayMilliseconds
        verifier = TokenVerifier(issuers: issuers, leewayMilliseconds: leeway)
    }

    /// Replaces the keys of an issuer.
    func replaceKeys(of index: Int, with keys: TokenKeySet) {
        guard issuers.indices.contains(index) else { return }
        issuers[index].keys = keys
        verifier = TokenVerifier(issuers: issuers, leewayMilliseconds: leeway)
    }
}

extension LoopServer {
    /// Replaces the keys of an issuer; without any, its tokens are refused.
    func replaceKeys(of index: Int, with keys: TokenKeySet?) {
        guard let keys = keys ?? (try? TokenKeySet([])) else { return }
        tokens.replaceKeys(of: index, with: keys)
    }

    /// Waits until the issuers were asked for keys that are unknown here. The completion is called
    /// once, on the loop, with whether every issuer's keys are known then.
    func waitForKeys(_ completion: @escaping (Bool) -> Void) {
        guard tokens.waiters.count < shared.configuration.tokenLimits.waitingHandshakesPerLoop,
            let home = siblings.first
        else { return completion(false) }
        tokens.waiters.append(completion)
        guard tokens.waiters.count == 1 else { return }
        home.loop.post { home.value.keySets?.unknownKeySeen() }
    }

    /// The issuers have answered, or are not to be asked now.
    func keysArrived(areKnown: Bool) {
        let waiters = tokens.waiters
        tokens.waiters = []
        for waiter in waiters { waiter(areKnown) }
    }
}
