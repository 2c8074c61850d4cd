import GatewayAPI
import JSONRPC

/// `tick.publish` and `tick.history`.
extension RequestRouter {
    func publishTick(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: TickPublishParams = try read(params)
        var tick = JSONWriter()
        Tick(
            market: params.market, quote: params.quote,
            epochMilliseconds: params.epochMilliseconds, bid: params.bid, ask: params.ask,
            pipSize: params.pipSize
        ).write(to: &tick)
        let text = String(decoding: tick.byteArray, as: UTF8.self)
        return try command(
            "tick_publish", request, idempotencyKey: params.idempotencyKey
        ) { writer in
            writer.member("market", params.market)
            writer.member("epoch_ms", params.epochMilliseconds)
            writer.member("tick", text)
        }
    }

    /// Answers from the cache that every node shares.
    func tickHistory(
        _ params: JSONValue?, _ request: Request
    ) throws(GatewayError) -> RequestOutcome {
        let params: TickHistoryParams = try read(params)
        let caller = try beginWait(request)
        let target = request.target
        caller.list(
            "tradermind:ticks:\(params.market)", count: params.count
        ) { [unowned self] result in
            endWait(target)
            switch result {
            case .failure(let error): finish(target, error)
            case .success(let ticks):
                finish(target) { writer in
                    writer.beginObject()
                    writer.member("market", params.market)
                    writer.key("ticks")
                    writer.beginArray()
                    // Safety: each array lives during its call.
                    for tick in ticks where unsafe JSONValidator.isValid(tick.span.bytes) {
                        writer.raw(tick)
                    }
                    writer.endArray()
                    writer.endObject()
                }
            }
        }
        return .later
    }
}
