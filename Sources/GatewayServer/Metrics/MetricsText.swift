import EventLoop
import Redis
import Streams
import WebSocketProtocol

/// Writes the metrics of a node.
enum MetricsText {
    /// The text of what the loops said, summed up.
    static func text(of snapshots: [LoopSnapshot], budget: DeflateBudget) -> String {
        var sum = LoopMetrics()
        var redis = RedisCounters()
        var compression = CompressionCounters()
        for snapshot in snapshots {
            sum.add(snapshot.metrics)
            redis.add(snapshot.redis)
            compression.add(snapshot.compression)
        }
        var text = PrometheusText()
        addConnections(sum, snapshots, to: &text)
        addRequests(sum, snapshots, to: &text)
        addStreams(sum, snapshots, to: &text)
        addRedis(redis, snapshots, to: &text)
        addCompression(compression, budget, to: &text)
        addSessions(sum, snapshots, to: &text)
        addDatabase(snapshots.compactMap(\.database), to: &text)
        addFeed(snapshots.compactMap(\.feed).first ?? BrokerFeedMetrics(), to: &text)
        return text.text
    }

    private static func addSessions(
        _ sum: LoopMetrics, _ snapshots: [LoopSnapshot], to text: inout PrometheusText
    ) {
        text.add(
            "tradermind_session_function_loads_total", .counter,
            help: "How often the session functions were loaded into Redis.",
            snapshots.reduce(0) { $0 + $1.functionLoadCount })
        text.add(
            "tradermind_session_keeper_errors_total", .counter,
            help: "Timer, feed and repair steps that failed.", sum.keeperErrorCount)
        text.add(
            "tradermind_session_repair_checked_total", .counter,
            help: "Stored entries that repairs looked at.", sum.repairCheckedCount)
        text.add(
            "tradermind_session_repaired_total", .counter,
            help: "Stored entries that repairs put right.", sum.repairedCount)
        text.add(
            "tradermind_session_quarantined_total", .counter,
            help: "Damaged entries that repairs moved away.", sum.quarantinedCount)
    }

    private static func addCompression(
        _ counters: CompressionCounters, _ budget: DeflateBudget, to text: inout PrometheusText
    ) {
        text.add(
            "tradermind_compressions_total", .counter,
            help: "Payloads compressed for all their subscribers of the node together.",
            counters.compressedCount)
        text.add(
            "tradermind_compressions_reused_total", .counter,
            help: "Payloads for which a loop took what another had compressed.",
            counters.reusedCount)
        text.add(
            "tradermind_dedicated_compressions_total", .counter,
            help: "Messages compressed for one connection with a compressor of its own.",
            counters.dedicatedCount)
        text.add(
            "tradermind_compression_input_bytes_total", .counter,
            help: "Bytes that were compressed, before.", counters.inputByteCount)
        text.add(
            "tradermind_compression_output_bytes_total", .counter,
            help: "Bytes that were compressed, after.", counters.outputByteCount)
        text.add(
            "tradermind_deflate_reserved_bytes", .gauge,
            help: "Memory reserved for the compression of all connections.",
            budget.reservedByteCount)
        text.add(
            "tradermind_deflate_connections", .gauge, help: "Connections that compress, by mode.",
            [
                ([("mode", "dedicated")], Double(budget.dedicatedCount)),
                ([("mode", "shared")], Double(budget.sharedCount)),
            ])
        text.add(
            "tradermind_deflate_step_downs_total", .counter,
            help: "Connections that were granted less compression than configured.",
            budget.steppedDownCount)
    }

    private static func addConnections(
        _ sum: LoopMetrics, _ snapshots: [LoopSnapshot], to text: inout PrometheusText
    ) {
        text.add(
            "tradermind_connections", .gauge, help: "Open WebSocket connections.",
            snapshots.reduce(0) { $0 + $1.gauges.connectionCount })
        text.add(
            "tradermind_accepted_total", .counter, help: "Connections taken from the listener.",
            sum.acceptedCount)
        text.add(
            "tradermind_accept_failures_total", .counter,
            help: "Connections that could not be taken.", sum.acceptFailureCount)
        text.add(
            "tradermind_tls_failures_total", .counter,
            help: "TLS handshakes that failed, took too long or were too many.",
            sum.tlsFailureCount)
        text.add(
            "tradermind_dropped_connections_total", .counter,
            help: "Connections closed at once: too many, or too many handshakes under way.",
            sum.droppedConnectionCount)
        text.add(
            "tradermind_handshakes_total", .counter, help: "Opening handshakes that succeeded.",
            sum.handshakeCount)
        text.add(
            "tradermind_http_responses_total", .counter,
            help: "HTTP answers, refused handshakes included.",
            sum.httpResponseCounts.sorted { $0.key < $1.key }.map {
                ([("status", String($0.key))], Double($0.value))
            })
        text.add(
            "tradermind_closes_total", .counter, help: "Closed WebSocket connections.",
            sum.closeCounts.sorted { $0.key < $1.key }.map {
                ([("code", String($0.key))], Double($0.value))
            })
        text.add(
            "tradermind_received_bytes_total", .counter, help: "Bytes read from clients.",
            sum.receivedByteCount)
        text.add(
            "tradermind_sent_bytes_total", .counter, help: "Bytes written to clients.",
            sum.sentByteCount)
        text.add(
            "tradermind_flushes_total", .counter, help: "Writes to clients.", sum.flushCount)
        text.add(
            "tradermind_blocked_flushes_total", .counter,
            help: "Writes that found a client's socket full.", sum.blockedFlushCount)
        text.add(
            "tradermind_loop_stalls_total", .counter,
            help: "How often a loop did nothing for more than half a second.", sum.stallCount)
    }

    private static func addRequests(
        _ sum: LoopMetrics, _ snapshots: [LoopSnapshot], to text: inout PrometheusText
    ) {
        var requests: [String: Int] = [:]
        for snapshot in snapshots { requests.merge(snapshot.requestCounts, uniquingKeysWith: +) }
        text.add(
            "tradermind_received_messages_total", .counter, help: "Messages from clients.",
            sum.receivedMessageCount)
        text.add(
            "tradermind_requests_total", .counter, help: "Requests by method.",
            requests.sorted { $0.key < $1.key }.map {
                ([("method", $0.key)], Double($0.value))
            })
        text.add(
            "tradermind_request_errors_total", .counter, help: "Requests answered with an error.",
            sum.requestErrorCounts.sorted { $0.key < $1.key }.map {
                ([("code", String($0.key))], Double($0.value))
            })
    }

    private static func addStreams(
        _ sum: LoopMetrics, _ snapshots: [LoopSnapshot], to text: inout PrometheusText
    ) {
        func total(_ value: (LoopSnapshot) -> Int) -> Int { snapshots.reduce(0) { $0 + value($1) } }
        text.add(
            "tradermind_publications_total", .counter, help: "Events received from Redis.",
            sum.publicationCount)
        text.add(
            "tradermind_invalid_publications_total", .counter,
            help: "Events that were no JSON or too large, and were not delivered.",
            sum.invalidPublicationCount)
        text.add(
            "tradermind_deliveries_total", .counter, help: "Events queued for subscribers.",
            sum.deliveryCount)
        text.add(
            "tradermind_history_reads_total", .counter,
            help: "Readings of a channel's newest events, each for all who asked together.",
            sum.historyReadCount)
        text.add(
            "tradermind_merged_events_total", .counter,
            help: "Events that a newer one replaced for a slow client, which was told.",
            total { Int(clamping: $0.counters.merged) })
        text.add(
            "tradermind_dropped_events_total", .counter,
            help: "Events dropped for a slow client, which was told.",
            total { Int(clamping: $0.counters.dropped) })
        text.add(
            "tradermind_slow_consumers_total", .counter,
            help: "Connections closed because they did not keep up.",
            total { Int(clamping: $0.counters.overflowed) })
        text.add(
            "tradermind_channels", .gauge, help: "Channels with subscribers, per loop summed.",
            total { $0.gauges.channelCount })
        text.add(
            "tradermind_subscriptions", .gauge, help: "Subscriptions of all connections.",
            total { $0.gauges.subscriptionCount })
        text.add(
            "tradermind_queued_frames", .gauge, help: "Frames that wait for clients' sockets.",
            total { $0.gauges.queuedFrameCount })
    }

    private static func addRedis(
        _ redis: RedisCounters, _ snapshots: [LoopSnapshot], to text: inout PrometheusText
    ) {
        text.add(
            "tradermind_redis_commands_total", .counter, help: "Commands sent to Redis.",
            Int(clamping: redis.commandCount))
        text.add(
            "tradermind_redis_errors_total", .counter, help: "Commands that Redis refused.",
            Int(clamping: redis.errorReplyCount))
        text.add(
            "tradermind_redis_losses_total", .counter, help: "Lost connections to Redis.",
            Int(clamping: redis.lossCount))
        text.add(
            "tradermind_redis_round_trip_seconds", .gauge,
            help: "How long the last probe took from publish to receipt.",
            snapshots.enumerated().compactMap { index, snapshot in
                snapshot.roundTrip.map {
                    ([("loop", String(index))], Double($0.wholeNanoseconds) / 1e9)
                }
            })
    }
}
