package com.x;

class Quarter {
    static final String WORDS = "public static void main(String[] args) {";
}
