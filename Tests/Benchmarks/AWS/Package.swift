// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "aws-benchmark",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "map-beacons", path: "../../..")],
    targets: [
        .executableTarget(
            name: "AWSBenchmark", dependencies: [.product(name: "AWSCore", package: "map-beacons")])
    ],
    swiftLanguageModes: [.v6]
)
