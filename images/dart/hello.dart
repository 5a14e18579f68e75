void main() {
  print('Hello from Dart: äöü 日本 🙂');
}
