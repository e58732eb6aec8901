// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    // A dependency may deprecate something in any minor version: that is to be seen, not to break a build.
    .treatWarning("DeprecatedDeclaration", as: .warning),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let metricsTestKit: Target.Dependency = .product(name: "MetricsTestKit", package: "swift-metrics")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioConcurrency: Target.Dependency = .product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "map-beacons",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "AWSCore", targets: ["AWSCore"]),
        .library(name: "Channels", targets: ["Channels"]),
        .executable(name: "catcher", targets: ["Catcher"]),
        .executable(name: "worker", targets: ["Worker"]),
        .executable(name: "demo", targets: ["Demo"]),
        .executable(name: "simulator", targets: ["Simulator"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        .systemLibrary(
            name: "CZlib", pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .systemLibrary(name: "CMalloc"),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),

        .target(name: "Locking", swiftSettings: strict),
        .target(name: "Channels", dependencies: ["Locking"], swiftSettings: strict),
        .target(
            name: "AWSCore",
            dependencies: ["CCurl", "COpenSSL", "CSimdJSON", "CZlib", "Locking", logging, metrics],
            swiftSettings: strict),
        .target(name: "Beacons", dependencies: ["AWSCore", "CZlib"], swiftSettings: strict),
        .target(
            name: "Operations",
            dependencies: [
                "AWSCore", "CMalloc", "Locking", argumentParser, logging, metrics, nioCore, nioPosix, nioHTTP1,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Catcher",
            dependencies: [
                "AWSCore", "Beacons", "CZlib", "Locking", "Operations", argumentParser, logging, metrics,
                nioConcurrency, nioCore, nioPosix, nioHTTP1, grdb,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Worker",
            dependencies: [
                "AWSCore", "Beacons", "Channels", "Locking", "Operations", argumentParser, logging, metrics,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "Demo",
            dependencies: ["AWSCore", "Beacons", "Locking", "Operations", argumentParser, logging],
            swiftSettings: strict),
        .executableTarget(
            name: "Simulator",
            dependencies: ["AWSCore", "CZlib", "Locking", argumentParser, nioCore, nioPosix, nioHTTP1],
            swiftSettings: strict),

        .testTarget(name: "ChannelsTests", dependencies: ["Channels"], swiftSettings: strict),
        .testTarget(name: "AWSCoreTests", dependencies: ["AWSCore", "Locking"], swiftSettings: strict),
        .testTarget(
            name: "ConformanceTests", dependencies: ["AWSCore"], exclude: ["Support/sign_requests.py"],
            swiftSettings: strict),
        .testTarget(
            name: "ClientFaultTests", dependencies: ["AWSCore", "Locking", "Simulator", metrics, metricsTestKit],
            swiftSettings: strict),
        .testTarget(
            name: "BeaconsTests", dependencies: ["Beacons"], resources: [.copy("Golden")], swiftSettings: strict),
        .testTarget(name: "OperationsTests", dependencies: ["Locking", "Operations"], swiftSettings: strict),
        .testTarget(
            name: "CatcherTests", dependencies: ["CZlib", "Catcher", "Locking", nioEmbedded, grdb],
            swiftSettings: strict),
        .testTarget(name: "WorkerTests", dependencies: ["Locking", "Worker"], swiftSettings: strict),
        .testTarget(
            name: "SimulatorTests", dependencies: ["AWSCore", "Simulator", nioCore, nioPosix],
            resources: [.copy("Resources")], swiftSettings: strict),
        .testTarget(name: "DemoTests", dependencies: ["Demo", "Locking"], swiftSettings: strict),
        .testTarget(
            name: "IntegrationTests",
            dependencies: ["AWSCore", "Beacons", "Catcher", "Demo", "Locking", "Operations", "Worker"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultTests",
            dependencies: ["AWSCore", "Beacons", "Catcher", "Demo", "Operations", "Simulator", "Worker"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
