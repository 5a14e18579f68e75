import 'dart:io';

void main() {
  stdout.writeln('before');
  Process.killPid(pid);
  sleep(Duration(seconds: 5));
}
