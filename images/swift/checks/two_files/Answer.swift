func answer() async -> Int { 6 * 7 }
