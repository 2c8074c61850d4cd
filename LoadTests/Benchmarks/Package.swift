// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that a build of the gateway never resolves or builds it.
let package = Package(
    name: "tradermind-gateway-benchmarks",
    targets: [
        .executableTarget(
            name: "fanout-floor",
            cSettings: [
                .unsafeFlags(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"])
            ]),
        .executableTarget(
            name: "drain-client",
            cSettings: [
                .unsafeFlags(["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"])
            ]),
    ]
)
