/// Subscriptions with a minimum interval between events.
///
/// An event that comes too early is held, and a newer one takes its place as in the merge policy,
/// until the interval has passed. Held events are not in a queue yet, so the policies for slow
/// consumers apply to them when they are sent.
extension FanOut {
    /// When ``sendHeldEvents(now:)`` has something to do: monotonic, in nanoseconds.
    package var nextDeadline: UInt64? {
        paces.first.map { paces[$0].nextTime }
    }

    /// Queues the held events whose time has come.
    package mutating func sendHeldEvents(now: UInt64) {
        while let pace = paces.first, paces[pace].nextTime <= now {
            sendHeldEvent(of: pace)
            paces[pace].nextTime = now &+ paces[pace].interval
        }
    }

    /// Queues or holds an event for the paced subscribers of a channel.
    mutating func deliverPaced(_ frame: UInt32, to list: SubscriberList, now: UInt64) {
        // Safety: the list is a copy of its channel's, which does not change in this call.
        guard let subscribers = unsafe list.base else { return }
        for position in 0..<Int(list.count) {
            // Safety: the position is below the count, and delivering changes no list.
            let subscriber = unsafe subscribers[position]
            guard
                outbound[subscriber.slot].flags.isDisjoint(with: [.closing, .overflowed])
            else { continue }
            let pace = subscriptions[subscriber.subscription].pace
            let held = paces[pace].held
            if held == noIndex, paces[pace].nextTime <= now {
                deliverExceptionally(frame, to: subscriber)
                paces[pace].nextTime = now &+ paces[pace].interval
            } else if held == noIndex {
                frames.retain(frame)
                paces.hold(frame, in: pace)
            } else if frames[held].era == frames[frame].era {
                paces[pace].held = frames.annotate(newer: frame, skipping: held, merged: true)
                outbound[subscriber.slot].mergedCount &+= 1
                counters.merged &+= 1
            } else {
                // Events of two epochs are never merged.
                sendHeldEvent(of: pace)
                frames.retain(frame)
                paces.hold(frame, in: pace)
            }
        }
    }

    /// Queues a notice for the paced subscribers of a channel, after what is held for them.
    mutating func deliverNotice(_ frame: UInt32, toPaced list: SubscriberList) {
        // Safety: the list is a copy of its channel's, which does not change in this call.
        guard let subscribers = unsafe list.base else { return }
        for position in 0..<Int(list.count) {
            // Safety: as above.
            let subscriber = unsafe subscribers[position]
            sendHeldEvent(of: subscriptions[subscriber.subscription].pace)
            deliverExceptionally(frame, to: subscriber)
        }
    }

    /// Queues the event that a rate state holds, if any.
    mutating func sendHeldEvent(of pace: UInt32) {
        guard paces[pace].held != noIndex else { return }
        let frame = paces.takeHeld(from: pace)
        let subscription = paces[pace].subscription
        deliverExceptionally(
            frame,
            to: Subscriber(slot: subscriptions[subscription].slot, subscription: subscription)
        )
        frames.release(frame)
    }

    /// Puts a subscription into the list of its channel that fits its interval.
    mutating func enlist(_ subscription: UInt32, minimumInterval: UInt64) {
        let subscriber = Subscriber(
            slot: subscriptions[subscription].slot, subscription: subscription)
        // Safety: a subscription's channel is live.
        let channel = unsafe channels.record(subscriptions[subscription].channel)
        if minimumInterval == 0 {
            subscriptions[subscription].position =
                unsafe channel.pointee.subscribers.append(subscriber)
        } else {
            subscriptions[subscription].pace = paces.add(subscription, interval: minimumInterval)
            subscriptions[subscription].position =
                unsafe channel.pointee.pacedSubscribers.append(subscriber)
        }
    }

    /// Takes a subscription out of its channel's list; what is held for it is discarded.
    mutating func delist(_ subscription: UInt32) {
        let record = subscriptions[subscription]
        // Safety: a subscription's channel is live.
        let channel = unsafe channels.record(record.channel)
        let moved: Subscriber?
        if record.isHeld {
            unsafe channel.pointee.heldCount -= 1
            subscriptions[subscription].isHeld = false
            moved = nil
        } else if record.pace == noIndex {
            moved = unsafe channel.pointee.subscribers.remove(at: record.position)
        } else {
            moved = unsafe channel.pointee.pacedSubscribers.remove(at: record.position)
            if paces[record.pace].held != noIndex {
                frames.release(paces.takeHeld(from: record.pace))
            }
            paces.remove(record.pace)
            subscriptions[subscription].pace = noIndex
        }
        if let moved {
            subscriptions[moved.subscription].position = record.position
        }
    }

    /// Changes the interval of a subscription. What is held is sent at once.
    mutating func changeInterval(of subscription: UInt32, to minimumInterval: UInt64) {
        let pace = subscriptions[subscription].pace
        guard minimumInterval != interval(of: subscription) else { return }
        if pace != noIndex {
            sendHeldEvent(of: pace)
        }
        delist(subscription)
        enlist(subscription, minimumInterval: minimumInterval)
    }

    /// The minimum interval of a subscription in nanoseconds, 0 if it has none.
    func interval(of subscription: UInt32) -> UInt64 {
        let pace = subscriptions[subscription].pace
        return pace == noIndex ? 0 : paces[pace].interval
    }
}
