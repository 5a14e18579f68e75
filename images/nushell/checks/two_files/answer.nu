export def compute [] { 6 * 7 }
