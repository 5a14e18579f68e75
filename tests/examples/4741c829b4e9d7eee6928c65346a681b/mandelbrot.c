/* The Mandelbrot set in characters: the longer a point stays, the darker it is. */
#include <complex.h>
#include <stdio.h>

static int steps(double complex c)
{
    double complex z = 0;
    int n = 0;
    while (n < 90 && cabs(z) <= 2) {
        z = z * z + c;
        n++;
    }
    return n;
}

int main(void)
{
    const char shades[] = " .:-=+*%#@";
    for (double y = -1.2; y <= 1.2; y += 0.1) {
        for (double x = -2.1; x <= 0.7; x += 0.04)
            putchar(shades[steps(x + y * I) / 10]);
        putchar('\n');
    }
    return 0;
}
