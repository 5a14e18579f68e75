package com.x;

// unlike Main it has no: public static void main
class Half {
    static int half(int number) {
        return number / 2;
    }
}
