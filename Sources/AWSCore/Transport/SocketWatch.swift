internal import CCurl

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The sockets that libcurl waits for and the time at which it wants to be called, as it says itself.
///
/// So a wake-up costs what its sockets cost: curl_multi_perform asks the system about every transfer under way, each
/// time, which with thirty of them is more work than the request.
// @unchecked Sendable: all but `wake` belongs to the transport's thread; the pipe's ends never change.
final class SocketWatch: @unchecked Sendable {
    /// The first is the end of the pipe that wakes the thread.
    private var watched: [pollfd] = []
    private var ready: [pollfd] = []
    private var deadline: ContinuousClock.Instant?
    private let wakeEnds: (reading: Int32, writing: Int32)

    init() throws(TransportError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw TransportError(.invalid, "no pipe: \(String(cString: strerror(errno)))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeEnds = (ends[0], ends[1])
        watched.append(pollfd(fd: wakeEnds.reading, events: Int16(POLLIN), revents: 0))
    }

    deinit {
        close(wakeEnds.reading)
        close(wakeEnds.writing)
    }

    /// Has libcurl say what to watch; the multi handle must not outlive this.
    func attach(to multi: UnsafeMutableRawPointer) throws(TransportError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        let code = map_beacons_curl_multi_set_watch(multi, Self.socketChanged, Self.timerChanged, context)
        guard code == CURLM_OK else { throw TransportError(.invalid, "libcurl does not tell its sockets") }
    }

    /// Ends ``wait(atMost:)``, from any thread.
    func wake() {
        var byte: UInt8 = 0
        // A full pipe wakes as well.
        _ = write(wakeEnds.writing, &byte, 1)
    }

    /// Waits until a socket is ready, libcurl's time has come or somebody wakes the thread.
    func wait(atMost milliseconds: Int32) {
        var limit = milliseconds
        if let deadline {
            let left = ContinuousClock.now.duration(to: deadline)
            limit = left > .zero ? Int32(min(Int(limit), left.wholeMilliseconds)) : 0
        }
        ready.removeAll(keepingCapacity: true)
        guard poll(&watched, nfds_t(watched.count), limit) > 0 else { return }
        if watched[0].revents != 0 { drainPipe() }
        for entry in watched.dropFirst() where entry.revents != 0 { ready.append(entry) }
    }

    /// Lets libcurl work on what is ready or due.
    func drive(_ multi: UnsafeMutableRawPointer) {
        var running: Int32 = 0
        // A copy: libcurl changes what is watched, and may make a new socket under an old number.
        for entry in ready { curl_multi_socket_action(multi, entry.fd, Self.mask(entry.revents), &running) }
        ready.removeAll(keepingCapacity: true)
        guard let deadline, deadline <= .now else { return }
        self.deadline = nil
        curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    /// What libcurl is told of a socket; zero has it look itself, at what has gone wrong.
    private static func mask(_ events: Int16) -> Int32 {
        let events = Int32(events)
        guard events & ~Int32(POLLIN | POLLOUT) == 0 else { return 0 }
        return (events & Int32(POLLIN) != 0 ? CURL_CSELECT_IN : 0)
            | (events & Int32(POLLOUT) != 0 ? CURL_CSELECT_OUT : 0)
    }

    private func drainPipe() {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { buffer in
            while read(wakeEnds.reading, buffer.baseAddress, buffer.count) == buffer.count {}
        }
    }

    private func watch(_ socket: Int32, _ what: Int32) {
        var events: Int32 = 0
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events |= Int32(POLLIN) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events |= Int32(POLLOUT) }
        let place = watched.firstIndex { $0.fd == socket }
        if events == 0 {
            guard let place else { return }
            watched.swapAt(place, watched.count - 1)
            watched.removeLast()
        } else if let place {
            watched[place].events = Int16(events)
        } else {
            watched.append(pollfd(fd: socket, events: Int16(events), revents: 0))
        }
    }

    private static let socketChanged: curl_socket_callback = { _, socket, what, context, _ in
        guard let context else { return 0 }
        Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
        return 0
    }

    private static let timerChanged: curl_multi_timer_callback = { _, milliseconds, context in
        guard let context else { return 0 }
        Unmanaged<SocketWatch>.fromOpaque(context).takeUnretainedValue().deadline =
            milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
        return 0
    }
}
