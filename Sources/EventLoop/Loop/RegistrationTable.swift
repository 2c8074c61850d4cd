/// The descriptors that a loop watches, with their handlers.
struct RegistrationTable: ~Copyable {
    private struct Slot {
        var handler: (any DescriptorHandler)?
        var descriptor: Int32
        var generation: UInt32
        var interest: Readiness
    }

    private var slots: ContiguousArray<Slot> = []
    private var free: ContiguousArray<UInt32> = []

    /// Descriptors that are registered.
    var count: Int { slots.count - free.count }

    mutating func insert(
        _ descriptor: Int32, interest: Readiness, handler: any DescriptorHandler
    ) -> Registration {
        if let index = free.popLast() {
            let position = Int(index)
            slots[position].handler = handler
            slots[position].descriptor = descriptor
            slots[position].interest = interest
            return Registration(index: index, generation: slots[position].generation)
        }
        slots.append(
            Slot(handler: handler, descriptor: descriptor, generation: 0, interest: interest))
        return Registration(index: UInt32(slots.count - 1), generation: 0)
    }

    /// The handler of a registration, nil where it has ended: an event of the same batch may name
    /// a descriptor that an earlier handler closed.
    func handler(of registration: Registration) -> (any DescriptorHandler)? {
        guard isCurrent(registration) else { return nil }
        return slots[Int(registration.index)].handler
    }

    /// Notes the new interest.
    ///
    /// - Returns: the descriptor where the interest differs from before, else nil.
    mutating func update(_ registration: Registration, interest: Readiness) -> Int32? {
        guard isCurrent(registration) else { return nil }
        let position = Int(registration.index)
        guard slots[position].interest != interest else { return nil }
        slots[position].interest = interest
        return slots[position].descriptor
    }

    /// Ends a registration.
    ///
    /// - Returns: its descriptor, nil where it had ended before.
    mutating func remove(_ registration: Registration) -> Int32? {
        guard isCurrent(registration) else { return nil }
        let position = Int(registration.index)
        slots[position].handler = nil
        slots[position].generation &+= 1
        free.append(registration.index)
        return slots[position].descriptor
    }

    private func isCurrent(_ registration: Registration) -> Bool {
        let position = Int(registration.index)
        return position < slots.count && slots[position].generation == registration.generation
            && slots[position].handler != nil
    }
}
