/// A web map of the sample: who shows it and where it opens.
struct SampleMap: Sendable, Hashable {
    let id: String
    let page: String
    /// Where visitors look: a city's centre, as longitude and latitude.
    let center: Coordinate
    /// Its layers, the first with features to click.
    let layers: [String]

    private init(_ id: String, _ page: String, _ lng: Double, _ lat: Double, _ layers: [String]) {
        self.id = id
        self.page = "https://\(page)"
        self.center = Coordinate(lng: lng, lat: lat)
        self.layers = layers
    }

    /// A map by Zipf's law: the second is visited half as much as the first, the third a third as much.
    ///
    /// - Parameter fraction: Which, from 0 up to but not with 1.
    /// - Returns: The map.
    static func visited(_ fraction: Double) -> SampleMap {
        var rest = fraction * weights.reduce(0, +)
        for (map, weight) in zip(all, weights) {
            if rest < weight { return map }
            rest -= weight
        }
        return all[0]
    }

    private static let weights = all.indices.map { 1 / Double($0 + 1) }

    /// The sample's twenty maps, the most visited first.
    static let all: [SampleMap] = [
        SampleMap("stores", "shop.example.com/stores", -122.7650, 53.9171, ["stores", "parking"]),
        SampleMap("transit", "transit.example.org/live", 13.4050, 52.5200, ["stops", "lines", "vehicles"]),
        SampleMap("parks", "city.example.org/parks", -0.1276, 51.5072, ["parks", "paths"]),
        SampleMap("homes", "homes.example.com/search", 2.3522, 48.8566, ["offers", "schools"]),
        SampleMap("trails", "trails.example.com/map", 8.5417, 47.3769, ["trails", "huts"]),
        SampleMap("bikes", "bikes.example.org/stations", 4.9041, 52.3676, ["stations"]),
        SampleMap("restaurants", "eat.example.com/near", 139.6917, 35.6895, ["restaurants"]),
        SampleMap("air-quality", "air.example.org", 77.2090, 28.6139, ["sensors", "heat"]),
        SampleMap("events", "events.example.com/map", -73.9857, 40.7484, ["venues"]),
        SampleMap("charging", "charge.example.com/map", 10.7522, 59.9139, ["chargers"]),
        SampleMap("flood-zones", "water.example.org/zones", -90.0715, 29.9511, ["zones", "gauges"]),
        SampleMap("hotels", "stay.example.com/map", 12.4964, 41.9028, ["hotels"]),
        SampleMap("wind", "weather.example.org/wind", -21.8277, 64.1283, ["wind"]),
        SampleMap("markets", "markets.example.com", -99.1332, 19.4326, ["stalls"]),
        SampleMap("harbour", "port.example.org/berths", 103.8198, 1.3521, ["ships", "berths"]),
        SampleMap("campus", "campus.example.edu/map", 18.4241, -33.9249, ["buildings", "rooms"]),
        SampleMap("surf", "surf.example.com/spots", 151.2093, -33.8688, ["spots"]),
        SampleMap("heritage", "heritage.example.org", 31.2357, 30.0444, ["sites"]),
        SampleMap("delivery", "parcels.example.com/track", -46.6333, -23.5505, ["couriers"]),
        SampleMap("festival", "festival.example.com/site", 178.0176, -38.6623, ["stages", "water"]),
    ]
}

/// A place: degrees east and north.
struct Coordinate: Sendable, Hashable {
    var lng: Double
    var lat: Double
}
