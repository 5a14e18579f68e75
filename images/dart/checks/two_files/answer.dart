Future<int> answer() async => 6 * 7;
