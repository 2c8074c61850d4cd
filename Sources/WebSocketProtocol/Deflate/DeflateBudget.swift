/// The memory that compression contexts of all connections of a node may take together.
///
/// Connections that do not fit step down: from a compressor of their own to the shared ones, and
/// from these to no compression. Pure: a node with several loops keeps it behind a lock.
package struct DeflateBudget: Sendable {
    /// What one connection has been granted; to be released when it ends. Eight bytes.
    package struct Reservation: Sendable, Equatable {
        /// The memory that is kept for it, in bytes.
        package fileprivate(set) var byteCount: UInt32
        /// How its messages are compressed.
        package fileprivate(set) var mode: DeflateMode
    }

    /// The bound, in bytes.
    package let byteCountMax: Int

    /// What a connection without contexts of its own is charged for its part in the pools of its
    /// loop, in bytes.
    package let sharedByteCount: Int

    /// What is reserved now, in bytes.
    package private(set) var reservedByteCount = 0

    /// How many connections have a compressor of their own now.
    package private(set) var dedicatedCount = 0

    /// How many connections use the shared compressors now.
    package private(set) var sharedCount = 0

    /// How many connections have been granted less than was wanted, since the start.
    package private(set) var steppedDownCount = 0

    /// A budget of which nothing is reserved.
    ///
    /// - Parameters:
    ///   - byteCountMax: the bound, in bytes; 64 MiB hold about 300 contexts of full size.
    ///   - sharedByteCount: what a connection without contexts of its own is charged, in bytes.
    package init(byteCountMax: Int = 64 << 20, sharedByteCount: Int = 512) {
        precondition(byteCountMax >= 0 && (0...1 << 20).contains(sharedByteCount))
        self.byteCountMax = byteCountMax
        self.sharedByteCount = sharedByteCount
    }

    /// Reserves memory for a connection before its handshake.
    ///
    /// - Parameter wanted: the configuration that it is to have if memory allows.
    /// - Returns: the configuration to go into the handshake with, and what was reserved for it.
    package mutating func reserve(
        _ wanted: DeflateConfiguration
    ) -> (configuration: DeflateConfiguration, reservation: Reservation) {
        var shared = wanted
        shared.mode = .shared
        shared.allowsClientContextTakeover = false
        for candidate in wanted.mode == .off ? [] : [wanted, shared] {
            // A client that does not bound its window uses the largest.
            let byteCount = cost(
                mode: candidate.mode, serverWindowBits: candidate.serverWindowBitsMax,
                inflatedWindowBits: candidate.allowsClientContextTakeover ? 15 : nil,
                memoryLevel: candidate.memoryLevel)
            guard byteCount <= byteCountMax - reservedByteCount else { continue }
            let reservation = Reservation(byteCount: UInt32(byteCount), mode: candidate.mode)
            if candidate != wanted { steppedDownCount += 1 }
            add(reservation, sign: 1)
            return (candidate, reservation)
        }
        if wanted.mode != .off { steppedDownCount += 1 }
        var off = wanted
        off.mode = .off
        return (off, Reservation(byteCount: 0, mode: .off))
    }

    /// Adjusts a reservation to what the handshake agreed, which is never more.
    ///
    /// - Parameters:
    ///   - reservation: what ``reserve(_:)`` returned; changed to what is kept.
    ///   - parameters: what was agreed; nil if compression was declined.
    ///   - memoryLevel: the configuration's, for compressors.
    package mutating func settle(
        _ reservation: inout Reservation, parameters: DeflateParameters?, memoryLevel: Int
    ) {
        add(reservation, sign: -1)
        reservation = Reservation(byteCount: 0, mode: .off)
        if let parameters {
            let mode = parameters.serverTakesOverContext ? DeflateMode.dedicated : .shared
            let byteCount = cost(
                mode: mode, serverWindowBits: parameters.serverWindowBits,
                inflatedWindowBits: parameters.clientTakesOverContext
                    ? parameters.clientWindowBits : nil,
                memoryLevel: memoryLevel)
            reservation = Reservation(byteCount: UInt32(byteCount), mode: mode)
        }
        add(reservation, sign: 1)
    }

    /// Gives back what a connection had; once for each reservation.
    package mutating func release(_ reservation: Reservation) {
        add(reservation, sign: -1)
    }

    private mutating func add(_ reservation: Reservation, sign: Int) {
        reservedByteCount += sign * Int(reservation.byteCount)
        switch reservation.mode {
        case .off: break
        case .shared: sharedCount += sign
        case .dedicated: dedicatedCount += sign
        }
    }

    private func cost(
        mode: DeflateMode, serverWindowBits: UInt8, inflatedWindowBits: UInt8?, memoryLevel: Int
    ) -> Int {
        let outbound =
            mode == .dedicated
            ? Deflater.byteCount(windowBits: serverWindowBits, memoryLevel: memoryLevel)
            : sharedByteCount
        return outbound + (inflatedWindowBits.map(Inflater.byteCount) ?? 0)
    }
}
