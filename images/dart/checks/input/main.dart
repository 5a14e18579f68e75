import 'dart:io';

void main() {
  var count = 0;
  String? last, line;
  while ((line = stdin.readLineSync()) != null) {
    count++;
    last = line;
  }
  print('$count lines, the last is $last');
}
