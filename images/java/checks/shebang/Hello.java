#!/usr/bin/env -S java --source 21
public class Hello {
    public static void main(String[] args) {
        System.out.println("ok");
    }
}
