/// Recognizes RSA keys made by the flawed library of CVE-2017-15361 ("ROCA"), whose private key
/// can be computed from the public one.
///
/// Its primes are powers of 65537 modulo a product of the first primes, and so is the modulus. A
/// random modulus is a power of 65537 modulo all of these primes by a chance of about 2^-28
/// (Nemec et al., "The Return of Coppersmith's Attack", §2).
enum ROCA {
    private static let primes: [Int] = (2...167).filter { number in
        number > 2 && !(2..<number).contains { number.isMultiple(of: $0) }
    }

    /// Whether a modulus, in big-endian bytes, has the mark of the flaw.
    static func isWeak(modulus: Span<UInt8>) -> Bool {
        primes.allSatisfy { prime in
            var remainder = 0
            for index in modulus.indices {
                remainder = (remainder << 8 | Int(modulus[index])) % prime
            }
            var power = 1
            repeat {
                if power == remainder { return true }
                power = power * 65537 % prime
            } while power != 1
            return false
        }
    }
}
