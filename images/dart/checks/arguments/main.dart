void main(List<String> arguments) {
  print('${arguments.length} arguments: ${arguments.map((each) => '[$each]').join(' ')}');
}
