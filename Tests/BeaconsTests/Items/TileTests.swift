import Testing

@testable import Beacons

struct TileTests {
    private func quadkey(_ longitude: Double, _ latitude: Double, _ zoom: Double) -> String {
        var buffer = OutputBuffer()
        Tile(longitude: longitude, latitude: latitude, zoom: zoom).append(to: &buffer)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(
        "A tile is the quadkey of the centre at the zoom rounded down",
        arguments: [
            // Of the Bing Maps tile system's own example: tile (3, 5) at level 3 is 213.
            (-22.5, -55.0, 3.0, "213"),
            (0.0, 0.0, 1.0, "3"), (-0.001, 0.001, 1.0, "0"), (0.001, 0.001, 1.0, "1"), (-0.001, -0.001, 1.0, "2"),
            (-122.75, 53.91, 11.4, "02121020121"), (-122.75, 53.91, 11.999, "02121020121"),
            (-122.75, 53.91, 3.0, "021"),
            // Zoom is clamped to 0…16, and at 0 there are no digits.
            (10.0, 50.0, 0.0, "-"), (10.0, 50.0, 0.99, "-"), (10.0, 50.0, -3.0, "-"),
            (-180.0, 90.0, 16.0, "0000000000000000"), (-180.0, 90.0, 30.0, "0000000000000000"),
            // Poles are clamped to the map's edge.
            (179.9999, -90.0, 16.0, "3333333333333333"), (179.9999, 90.0, 4.0, "1111"), (-180.0, -90.0, 4.0, "2222"),
            (-180.0, 85.05112878, 16.0, "0000000000000000"), (-180.0, -85.05112878, 16.0, "2222222222222222"),
            // Longitudes wrap around the antimeridian.
            (180.0, 0.001, 2.0, "02"), (-180.0, 0.001, 2.0, "02"), (180.001, 0.001, 2.0, "02"),
            (-180.001, 0.001, 2.0, "13"), (540.0, 0.001, 2.0, "02"), (360.001, 0.001, 1.0, "1"),
            (-360.001, 0.001, 1.0, "0"), (999_999_999_999_999.0, 0.001, 1.0, "0"),
        ])
    func tile(longitude: Double, latitude: Double, zoom: Double, expected: String) {
        #expect(quadkey(longitude, latitude, zoom) == expected)
    }

    @Test("A tile lies within the tile of a smaller zoom, and copies of the world are one")
    func nested() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let longitude = Double.random(in: -180..<180, using: &random)
            let latitude = Double.random(in: -90...90, using: &random)
            let deepest = quadkey(longitude, latitude, 16)
            #expect(deepest.utf8.count == 16)
            for zoom in 1..<16 { #expect(deepest.hasPrefix(quadkey(longitude, latitude, Double(zoom)))) }
        }
        for degrees in -180..<180 {
            for turns in [-720.0, -360, 360, 1080] {
                #expect(quadkey(Double(degrees) + turns, 10, 16) == quadkey(Double(degrees), 10, 16))
            }
        }
    }

    @Test("There is a tile where there are centre and zoom")
    func attributes() throws {
        let outcome = try process(
            #"{"events":[{"name":"x","center":[1,2],"zoom":3},{"name":"x","center":[1,2]},{"name":"x","zoom":3}]}"#)
        #expect(outcome.events.map { $0[string: "tile"] } == ["122", nil, nil])
        // Counted of map.load and map.moveend alone.
        #expect(outcome.rollups.first?["tiles"] == nil)
    }
}
