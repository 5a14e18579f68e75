void main() => print('naïve ${String.fromCharCodes([0x65e5, 0x672c])} 🙂');
