class Helper { static int x() { return 1; } 
  // public static void main is in App
}
