/// A seeded source of random numbers: the same numbers for a seed on every platform and release.
///
/// The generator is xoshiro256** (Blackman and Vigna, 2018), seeded through SplitMix64. It is for
/// prices only, never for secrets.
struct RandomNumberSource: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)
    private var spareNormal: Double?

    init(seed: UInt64) {
        var seed = seed
        func next() -> UInt64 {
            seed &+= 0x9e37_79b9_7f4a_7c15
            var mixed = seed
            mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 31)
        }
        state = (next(), next(), next(), next())
    }

    /// 64 uniform bits.
    mutating func nextBits() -> UInt64 {
        let product = state.1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
    }

    /// A number uniform in [−1, 1).
    private mutating func nextSymmetric() -> Double {
        Double(nextBits() >> 11) * 0x1p-52 - 1
    }

    /// A number of the standard normal distribution (Marsaglia's polar method).
    mutating func nextNormal() -> Double {
        if let spare = spareNormal {
            spareNormal = nil
            return spare
        }
        while true {
            let first = nextSymmetric()
            let second = nextSymmetric()
            let square = first * first + second * second
            guard square > 0, square < 1 else { continue }
            let scale = (-2 * PortableMath.logarithm(square) / square).squareRoot()
            spareNormal = second * scale
            return first * scale
        }
    }
}

/// The two functions that a price path needs, from correctly rounded operations alone.
///
/// A C library may round `log` and `exp` its own way, so the same seed could give another price
/// on another platform. Sums, products, quotients and square roots may not (IEEE 754).
enum PortableMath {
    /// The natural logarithm of a positive, normal number.
    static func logarithm(_ value: Double) -> Double {
        // log(s·2^e) = e·log 2 + 2·atanh((s−1)/(s+1)); with s in [1, 2) the quotient is at most
        // 1/3, and 17 terms reach the last bit.
        let quotient = (value.significand - 1) / (value.significand + 1)
        let square = quotient * quotient
        var sum = 0.0
        var term = 16
        while term >= 0 {
            sum = sum * square + 1 / Double(2 * term + 1)
            term -= 1
        }
        return Double(value.exponent) * 0.693_147_180_559_945_3 + 2 * quotient * sum
    }

    /// The exponential of a number of at most 1 in magnitude.
    static func exponential(_ value: Double) -> Double {
        var sum = 1.0
        var term = 18
        while term >= 1 {
            sum = 1 + value / Double(term) * sum
            term -= 1
        }
        return sum
    }
}
