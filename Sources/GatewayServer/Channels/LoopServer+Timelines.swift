import EventLoop
import Streams

/// The newest events of channels, for requests to subscribe that are being answered.
extension LoopServer {
    /// What is known of a channel's newest events, read from Redis where nobody else has just done
    /// it. Give it back with `leave(_:of:)`.
    ///
    /// - Parameters:
    ///   - channel: an open channel whose feed is live.
    ///   - depth: how many events are asked for.
    /// - Returns: what is known, or will be once it calls back.
    func timeline(of channel: ChannelID, depth: Int) -> ChannelTimeline {
        let now = loop.now.nanoseconds
        if let shared = timelines[channel]?.last, shared.serves(depth: depth, now: now) {
            shared.userCount += 1
            return shared
        }
        let timeline = ChannelTimeline(depth: depth, now: now)
        timeline.userCount = 1
        timelines[channel, default: []].append(timeline)
        metrics.historyReadCount += 1
        guard let functions = redis?.functions, let name = fanOut.name(of: channel) else {
            timeline.abandon()
            return timeline
        }
        functions.history(of: Array(name.utf8), count: depth) { [weak self, timeline] answer in
            let present = self?.fanOut.position(of: channel)
            // Where this loop counts by itself, what the publisher's count had before is no part
            // of it.
            let isOwnCount = present.map { self?.epochs.owns($0.epoch) ?? false } ?? false
            let known = isOwnCount ? nil : answer
            timeline.read(
                known?.messages ?? [], position: known?.position, present: present)
        }
        return timeline
    }

    /// A request has been answered.
    func leave(_ timeline: ChannelTimeline, of channel: ChannelID) {
        timeline.userCount -= 1
        guard timeline.userCount == 0 else { return }
        timelines[channel]?.removeAll { $0 === timeline }
        if timelines[channel]?.isEmpty ?? false { timelines[channel] = nil }
    }

    /// Notes an event for those that wait for a channel's events.
    func record(_ json: RawSpan, _ sequence: UInt64, on channel: ChannelID) {
        // Nearly always empty, so that the hot path pays for one comparison.
        guard !timelines.isEmpty, let waiting = timelines[channel],
            let position = fanOut.position(of: channel)
        else { return }
        for timeline in waiting {
            timeline.record(json, sequence: sequence, epoch: position.epoch)
        }
    }

    /// Nothing more comes for a while: whoever waits is answered with what there is.
    func abandonTimelines() {
        for waiting in timelines.values {
            for timeline in waiting { timeline.abandon() }
        }
    }
}
