package com.x;

public class Main {
    public static void main(String[] args) {
        System.out.println(Half.half(84) + Quarter.WORDS.length() - Quarter.WORDS.length());
    }
}
