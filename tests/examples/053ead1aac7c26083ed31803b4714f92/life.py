"""Conway's Game of Life: a glider crosses a small torus."""

WIDTH, HEIGHT, GENERATIONS = 16, 8, 12
GLIDER = {(1, 0), (2, 1), (0, 2), (1, 2), (2, 2)}


def neighbours(x, y):
    return [((x + dx) % WIDTH, (y + dy) % HEIGHT) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (dx, dy) != (0, 0)]


def step(alive):
    counts = {}
    for cell in alive:
        for near in neighbours(*cell):
            counts[near] = counts.get(near, 0) + 1
    return {cell for cell, count in counts.items() if count == 3 or (count == 2 and cell in alive)}


def show(alive):
    for y in range(HEIGHT):
        print("".join(" ●" if (x, y) in alive else " ·" for x in range(WIDTH)))


alive = GLIDER
for generation in range(GENERATIONS + 1):
    if generation % 4 == 0:
        print(f"\ngeneration {generation}")
        show(alive)
    alive = step(alive)
