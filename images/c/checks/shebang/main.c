#!/usr/bin/tcc -run
#include <stdio.h>

int main(void)
{
    puts("well");
}
