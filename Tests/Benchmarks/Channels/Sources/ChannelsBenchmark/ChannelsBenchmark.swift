import Channels
import Glibc

/// Moves integers through a shape of channels, and prints the CPU of each in microseconds, of all threads:
///
///     ChannelsBenchmark ours|theirs queues|pool workers <workers> <count>
///     ChannelsBenchmark ours|theirs queues|pool spsc|mpsc|mpmc <capacity> <count>
@main
struct ChannelsBenchmark {
    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 6, let home = Home(rawValue: arguments[2]), let size = Int(arguments[4]),
            let count = Int(arguments[5])
        else { return print("ours|theirs queues|pool workers|spsc|mpsc|mpmc <workers or capacity> <count>") }
        let isOurs = arguments[1] == "ours"
        let before = cpu()
        if arguments[3] == "workers" {
            if isOurs {
                await channelOfChannels(Channel<Channel<Int>>.self, workers: size, count: count, home: home)
            } else {
                await channelOfChannels(Theirs<Theirs<Int>>.self, workers: size, count: count, home: home)
            }
        } else {
            let senders = arguments[3] == "spsc" ? 1 : 4
            let receivers = arguments[3] == "mpmc" ? 4 : 1
            if isOurs {
                await manyToMany(
                    Channel<Int>.self, senders: senders, receivers: receivers, capacity: size, count: count, home: home)
            } else {
                await manyToMany(
                    Theirs<Int>.self, senders: senders, receivers: receivers, capacity: size, count: count, home: home)
            }
        }
        print(Double(cpu() - before) / Double(count))
    }

    /// Microseconds of user and system time so far, of all threads.
    private static func cpu() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
