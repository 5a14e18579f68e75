import 'package:flutter/material.dart';

void main() => runApp(const Text('a page'));
