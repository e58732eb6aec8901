import Operations

@main
struct Main {
    static func main() async {
        await Launch.main(CatcherCommand.self)
    }
}
