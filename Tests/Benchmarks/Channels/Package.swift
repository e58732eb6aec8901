// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the product does not depend on the rival.
let package = Package(
    name: "channels-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "map-beacons", path: "../../.."),
        .package(url: "https://github.com/apple/swift-async-algorithms", from: "1.1.4"),
    ],
    targets: [
        .executableTarget(
            name: "ChannelsBenchmark",
            dependencies: [
                .product(name: "Channels", package: "map-beacons"),
                .product(name: "AsyncAlgorithms", package: "swift-async-algorithms"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
