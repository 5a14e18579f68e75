import 'dart:io';

void main() {
  print('before');
  exit(3);
}
