import 'answer.dart';

Future<void> main() async {
  print(await answer());
}
