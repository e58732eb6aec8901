import Testing

/// One after the other: each measures what the whole process does.
@Suite("The client under the simulator's faults", .serialized)
struct UnderFaults {}
