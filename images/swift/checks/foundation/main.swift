import Foundation

struct Pair: Codable {
    let a: Int
    let b: String
}

let encoder = JSONEncoder()
encoder.outputFormatting = .sortedKeys
let text = String(data: try encoder.encode(Pair(a: 1, b: "ä日")), encoding: .utf8)!
let number = "abc 123".firstMatch(of: /(\d+)/)!.1
DispatchQueue.main.async {
    print(text, String(format: "%.3f", sqrt(2.0)), number, "done")
    exit(0)
}
RunLoop.main.run()
