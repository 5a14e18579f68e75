#include "list.h"

void draw_pixel(int x, int y);

int helper(void)
{
    return 2;
}

void draw_list(void)
{
    draw_pixel(helper(), list_size());
}
