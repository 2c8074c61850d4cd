import EventLoop

/// How many of something each address has; addresses that have none take no memory. Those of one
/// IPv6 network are one.
struct AddressCounts {
    private var counts: [PeerAddress: Int] = [:]

    /// How many an address has.
    func count(of address: PeerAddress) -> Int { counts[address.network, default: 0] }

    /// An address has one more.
    mutating func add(_ address: PeerAddress) {
        counts[address.network, default: 0] += 1
    }

    /// An address has one less; one that has none is left alone.
    mutating func remove(_ address: PeerAddress) {
        guard let count = counts[address.network] else { return }
        counts[address.network] = count > 1 ? count - 1 : nil
    }
}
