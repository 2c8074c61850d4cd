/// Gets the readiness of a descriptor. Called on the loop's thread only.
package protocol DescriptorHandler: AnyObject {
    /// The descriptor is ready; `failed` may come alone or with others.
    func descriptorReady(_ readiness: Readiness)
}

/// Gets timers. Called on the loop's thread only.
package protocol TimerHandler: AnyObject {
    /// A timer that this handler scheduled is due.
    ///
    /// - Parameter token: the value given when it was scheduled, to tell one handler's timers
    ///   apart.
    func timerFired(token: UInt32)
}

/// Is told of the end of each turn of a loop. Called on the loop's thread only.
package protocol TurnObserver: AnyObject {
    /// Every event, timer and job of this turn has run: the place to flush what they produced.
    func turnEnded()
}

/// Names a descriptor's registration with its loop; never reused for another.
package struct Registration: Hashable, Sendable {
    let index: UInt32
    let generation: UInt32

    init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    init(token: UInt64) {
        index = UInt32(truncatingIfNeeded: token)
        generation = UInt32(truncatingIfNeeded: token >> 32)
    }

    var token: UInt64 {
        UInt64(generation) << 32 | UInt64(index)
    }
}
