import EventLoop
import GatewayServer
import Postgres
import Redis
import Security
import WebSocketProtocol

// What a person reads about a setting or file that cannot be used: what is wrong, and what helps.
// None of it holds a part of a URL or key, which may be a secret.

extension RedisURLError {
    /// What is wrong, and what it should be.
    var advice: String {
        switch self {
        case .unknownScheme: "it has to begin with redis://, rediss:// or unix:"
        case .unexpectedQuery: "only unix: takes a query, ?db=N, and nothing takes a fragment"
        case .invalidHost: "the host is missing or has characters that no host has"
        case .invalidPort: "the port has to be 1 to 65535"
        case .invalidDatabase: "behind the host comes the number of a database, such as /0"
        case .invalidCredentials:
            "before the @ comes user:password, :password, or user where redis.password_file is set"
        case .invalidPath: "behind unix: comes an absolute path"
        case .invalidPercentEncoding: "a % has to be followed by two hexadecimal digits"
        }
    }
}

extension PostgresURLError {
    /// What is wrong, and what it should be.
    var advice: String {
        switch self {
        case .unknownScheme: "it has to begin with postgresql://"
        case .missingUser: "who signs in is missing: postgresql://user@host/database"
        case .emptyPassword: "behind user: comes a password, which may be in a file instead"
        case .missingDatabase: "the database is missing: postgresql://user@host/database"
        case .invalidHost:
            "the host is missing or has characters that no host has; a socket's folder is absolute"
        case .invalidPort: "the port has to be 1 to 65535"
        case .unknownTLSMode:
            "sslmode has to be verify-full, verify-ca, require or disable: the others would fall "
                + "back to no encryption without a word"
        case .unexpectedOption: "sslmode, and host and port of a socket, are the only options"
        case .invalidPercentEncoding: "a % has to be followed by two hexadecimal digits"
        case .weakTLS:
            "another machine needs sslmode=verify-full, or allow_weak_tls set to true"
        }
    }
}

extension HTTPURL.Failure {
    /// What is wrong, and what it should be.
    var advice: String {
        switch self {
        case .unknownScheme: "it has to begin with https://"
        case .invalidHost: "the host is missing or has characters that no host has"
        case .invalidPort: "the port has to be 1 to 65535"
        case .invalidPath: "a path's special characters have to be percent-encoded"
        case .hasFragment: "it has a fragment (#), which is never sent"
        case .hasCredentials: "it names a user or password"
        case .tooLong: "it is longer than \(HTTPURL.byteCountMax) bytes"
        }
    }
}

extension OriginPolicyError {
    /// What is wrong, and what it should be.
    var advice: String {
        switch self {
        case .notAnOrigin(let text):
            "\(text) is no origin: those are https://app.example, without a path"
        case .tooMany(let max): "there are more than \(max)"
        }
    }
}

extension TrustedProxiesError {
    /// What is wrong, and what it should be.
    var advice: String {
        switch self {
        case .notABlock(let text, .invalidAddress):
            "\(text) is neither an address nor a block such as 10.0.0.0/8"
        case .notABlock(let text, .invalidPrefixLength):
            "behind the slash of \(text) comes a number from 1 to 32, or to 128 for IPv6"
        case .notABlock(let text, .hasBitsBehindPrefix):
            "\(text) has an address that goes on behind its prefix: a block is named by its first"
        case .tooMany(let max): "there are more than \(max)"
        }
    }
}

extension JSONWebKeySet.DocumentError {
    /// What is wrong.
    var advice: String {
        switch self {
        case .tooLong(let byteCountMax): "it is longer than \(byteCountMax) bytes"
        case .malformed: "it is not JSON with a list \"keys\""
        case .tooManyKeys(let max): "it has more than \(max) keys"
        }
    }
}

extension KeyringError {
    /// What is wrong, and what helps.
    var advice: String {
        switch self {
        case .fileTooLong(let byteCountMax): "it is longer than \(byteCountMax) bytes"
        case .unknownFormat(let expected): "its first line is not `\(expected)`"
        case .invalidLine(let number): "line \(number) is damaged"
        case .tooManyKeys(let max): "it has \(max) keys, and no more fit: remove old ones"
        case .duplicateKey(let id): "it has key \(id) twice"
        case .unusableKey(let id): "key \(id) has a wrong length or is not random"
        case .noPrimaryKey: "it has no key, or several, to be used first"
        case .noSuchKey(let id): "it has no key \(id)"
        case .keyIsInUse(let id): "key \(id) is in use"
        }
    }
}
