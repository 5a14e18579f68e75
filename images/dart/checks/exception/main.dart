void main() {
  print('before');
  throw StateError('broken');
}
