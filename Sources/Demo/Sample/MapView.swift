#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a visitor sees of a map: MapLibre's camera over a viewport.
struct MapView: Sendable {
    var center: Coordinate
    var zoom: Double
    var bearing = 0.0
    var pitch = 0.0
    let width: Int
    let height: Int

    /// Degrees of longitude from left to right, in the Mercator projection with tiles of 512 pixels.
    var lngSpan: Double { min(360, 360 * Double(width) / (512 * pow(2, zoom))) }

    /// Degrees of latitude from bottom to top; close enough away from the poles.
    var latSpan: Double {
        min(170, 360 * Double(height) / (512 * pow(2, zoom)) * cos(center.lat * .pi / 180))
    }

    /// How many tiles cover the viewport.
    var tiles: Int { (width / 512 + 2) * (height / 512 + 2) }

    /// A place in the viewport, by its distance from the centre in halves of the viewport.
    func place(x: Double, y: Double) -> Coordinate {
        Coordinate(lng: center.lng + x * lngSpan / 2, lat: clamped(center.lat + y * latSpan / 2))
    }

    mutating func pan(x: Double, y: Double) {
        let target = place(x: x, y: y)
        // West of the antimeridian and east of it: MapLibre wraps the centre.
        center = Coordinate(lng: target.lng - 360 * ((target.lng + 180) / 360).rounded(.down), lat: target.lat)
    }

    mutating func zoom(by change: Double) {
        zoom = min(max(zoom + change, 2), 19)
    }

    private func clamped(_ lat: Double) -> Double { min(max(lat, -85), 85) }
}
