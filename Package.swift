// swift-tools-version: 6.2
import PackageDescription

/// Applied to every Swift target: strict by default, so that a target cannot forget a rule.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),  // SE-0458
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
    .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
]

/// For modules with views into a text, which cannot outlive it: the lifetimes of non-escapable
/// results are an experimental feature beside SE-0446.
let viewSettings = settings + [.enableExperimentalFeature("Lifetimes")]

/// A Swift module of the project with the house settings.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// An executable with the house settings.
func program(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: path, swiftSettings: settings)
}

/// The tests of a module, in a folder of the same name with "Tests" behind it.
func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources,
        swiftSettings: settings)
}

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let histogram = Target.Dependency.product(name: "Histogram", package: "hdrhistogram-swift")

let package = Package(
    name: "tradermind-gateway",
    products: [
        .executable(name: "gateway", targets: ["gateway"]),
        .executable(name: "gateway-load", targets: ["gateway-load"]),
        .library(name: "GatewayClient", targets: ["GatewayClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // C libraries: a module map and a shim each, nothing else.
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CPostgres", providers: [.apt(["libpq-dev"])]),
        // Kernel interfaces that Glibc's module map leaves out or hides behind _GNU_SOURCE.
        .target(name: "CLinux"),

        // Pure: bytes, time and random bytes in; actions and bytes out.
        module("WebSocketProtocol", ["CZlib"]),
        .target(name: "JSONRPC", swiftSettings: viewSettings),
        .target(
            name: "GatewayAPI", dependencies: ["JSONRPC"], swiftSettings: viewSettings),
        module("TradingSessions"),
        module("Streams", []),
        module("Security", ["COpenSSL", "JSONRPC"]),
        module("RedisProtocol", ["CHiredis"]),
        module("TickFeed", ["JSONRPC"]),
        // The steps of trading sessions that run inside Redis; Library leads to Protocol/redis.
        .target(
            name: "SessionFunctions", resources: [.embedInCode("Library")],
            swiftSettings: settings),

        // The migrations of the database; Files leads to Protocol/postgres.
        .target(
            name: "SchemaMigrations", resources: [.embedInCode("Files")],
            swiftSettings: settings),

        // IO: the only modules that own descriptors.
        module("EventLoop", ["CLinux", "COpenSSL"]),
        module("Redis", ["EventLoop", "RedisProtocol"]),
        module("Postgres", ["CPostgres", "EventLoop"]),
        module("HTTPFetch", ["EventLoop", "Security", "WebSocketProtocol"]),

        module("WebSocketClient", ["EventLoop", "WebSocketProtocol"]),
        module(
            "Deriv",
            [
                "EventLoop", "HTTPFetch", "JSONRPC", "Security", "TickFeed", "WebSocketClient",
                "WebSocketProtocol",
            ]),

        // Composition.
        .target(
            name: "GatewayServer",
            dependencies: [
                "Deriv", "EventLoop", "GatewayAPI", "HTTPFetch", "JSONRPC", "Postgres", "Redis",
                "RedisProtocol", "SchemaMigrations", "Security", "SessionFunctions", "Streams",
                "TickFeed", "WebSocketProtocol", logging,
            ],
            resources: [.embedInCode("Console/console.html")], swiftSettings: settings),
        module(
            "GatewayClient",
            ["EventLoop", "GatewayAPI", "JSONRPC", "WebSocketClient", "WebSocketProtocol"]),
        program(
            "gateway",
            [
                "Deriv", "EventLoop", "GatewayAPI", "GatewayServer", "JSONRPC", "Postgres",
                "Redis", "RedisProtocol", "Security", "Streams", "TickFeed", "WebSocketClient",
                "WebSocketProtocol", argumentParser, logging,
            ]),
        // The load tester's pure parts: schedules, checks, statistics.
        module("LoadTesting", ["CLinux", "EventLoop", histogram], path: "LoadTests/LoadTesting"),
        program(
            "gateway-load",
            [
                "EventLoop", "GatewayAPI", "GatewayClient", "JSONRPC", "LoadTesting", "Redis",
                "RedisProtocol", "TickFeed", "WebSocketClient", "WebSocketProtocol", argumentParser,
            ],
            path: "LoadTests/gateway-load"),

        // Tests mirror Sources.
        .target(
            name: "TestSupport", dependencies: [logging], path: "Tests/Support",
            swiftSettings: settings),
        tests("WebSocketProtocolTests", ["WebSocketProtocol", "TestSupport"]),
        tests("JSONRPCTests", ["JSONRPC", "TestSupport"]),
        tests("GatewayAPITests", ["GatewayAPI", "JSONRPC", "TestSupport"]),
        // Scripts of session commands, for the pure rules and for their steps in Redis.
        module(
            "TradingSessionsTestSupport", ["TestSupport", "TradingSessions"],
            path: "Tests/TradingSessionsSupport"),
        tests(
            "TradingSessionsTests",
            ["TradingSessions", "TestSupport", "TradingSessionsTestSupport"]),
        tests("StreamsTests", ["Streams", "TestSupport"]),
        tests("SecurityTests", ["JSONRPC", "Security", "TestSupport"]),
        tests("RedisProtocolTests", ["CHiredis", "RedisProtocol", "TestSupport"]),
        tests("TickFeedTests", ["TickFeed", "TestSupport"]),
        tests("EventLoopTests", ["EventLoop", "TestSupport"]),
        tests("RedisTests", ["EventLoop", "Redis", "RedisProtocol", "TestSupport"]),
        tests("PostgresTests", ["EventLoop", "Postgres", "TestSupport"]),
        tests(
            "DerivTests",
            [
                "Deriv", "DerivStandIn", "EventLoop", "HTTPFetch", "HTTPTestServer", "JSONRPC",
                "Security", "TestSupport", "TickFeed", "WebSocketClient", "WebSocketProtocol",
            ]),
        // What Deriv's socket and sign-in say, as documented and as a test's script says otherwise.
        module(
            "DerivStandIn",
            [
                "EventLoop", "HTTPTestServer", "JSONRPC", "Security", "TestSupport",
                "WebSocketProtocol", "WebSocketTestServer",
            ],
            path: "Tests/DerivStandIn"),
        // An HTTP server that answers as a test says.
        module(
            "HTTPTestServer", ["EventLoop", "WebSocketProtocol"], path: "Tests/HTTPTestServer"),
        tests(
            "HTTPFetchTests",
            [
                "EventLoop", "HTTPFetch", "HTTPTestServer", "Security", "TestSupport",
                "WebSocketProtocol",
            ]),
        tests(
            "GatewayServerTests",
            [
                "Deriv", "DerivStandIn", "EventLoop", "GatewayAPI", "GatewayClient",
                "GatewayServer", "HTTPFetch", "HTTPTestServer", "JSONRPC", "Postgres", "Redis",
                "RedisProtocol", "Security", "Streams", "TestSupport", "WebSocketClient",
                "WebSocketProtocol", logging,
            ]),
        tests(
            "GatewayClientTests",
            [
                "EventLoop", "GatewayAPI", "GatewayClient", "JSONRPC", "WebSocketClient",
                "WebSocketProtocol", "WebSocketTestServer", "TestSupport",
            ]),
        tests("WebSocketClientTests", ["WebSocketClient", "TestSupport"]),
        // A WebSocket server that does what a test's closure says.
        module(
            "WebSocketTestServer", ["EventLoop", "TestSupport", "WebSocketProtocol"],
            path: "Tests/WebSocketTestServer"),
        tests("LoadTestingTests", ["EventLoop", "LoadTesting", "TestSupport"]),
        tests("HouseRulesTests", ["TestSupport"]),
        tests("SessionFunctionsTests", ["SessionFunctions", "TestSupport"]),
        tests("SchemaMigrationsTests", ["SchemaMigrations", "TestSupport"]),
        tests(
            "AccountTests",
            [
                "EventLoop", "GatewayAPI", "GatewayServer", "Postgres", "SchemaMigrations",
                "Security", "TestSupport", logging,
            ]),
        // Verdicts of others' test suites, which Scripts/conformance runs.
        tests(
            "ConformanceTests", ["TestSupport"],
            exclude: ["expected-client.json", "expected-server.json"]),
        // What the fuzzer runs, and the replay of all that it found.
        module(
            "FuzzHarnesses", ["JSONRPC", "RedisProtocol", "Security", "WebSocketProtocol"],
            path: "Tests/Fuzz/Harnesses"),
        tests("FuzzTests", ["FuzzHarnesses"]),
        tests(
            "IntegrationTests",
            [
                "Deriv", "DerivStandIn", "EventLoop", "GatewayAPI", "GatewayClient",
                "GatewayServer", "JSONRPC", "Redis", "RedisProtocol", "Security",
                "SessionFunctions", "TestSupport", "TradingSessions", "TradingSessionsTestSupport",
                "WebSocketClient", "WebSocketProtocol", logging,
            ], exclude: ["Clients/Scenarios", "Interop/Peers", "Python"]),
    ]
)

// libFuzzer is linked by Scripts/fuzz alone, into a build folder of its own.
if Context.environment["TRADERMIND_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        program("gateway-fuzz", ["CLibFuzzer", "FuzzHarnesses"], path: "Tests/Fuzz/Driver"),
    ]
}
