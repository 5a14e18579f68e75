#include <SDL2/SDL.h>

int main(void)
{
    return SDL_Init(0);
}
