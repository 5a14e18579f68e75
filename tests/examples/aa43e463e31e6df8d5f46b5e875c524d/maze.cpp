// Carves a maze with a fixed seed, then finds the shortest way through it.
#include <algorithm>
#include <cstddef>
#include <iostream>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

constexpr int width = 41, height = 15;
using Cell = std::pair<int, int>;
const std::vector<Cell> directions{{0, 1}, {1, 0}, {0, -1}, {-1, 0}};

std::vector<std::string> maze(height, std::string(width, '#'));

unsigned next_random()  // small and the same everywhere, unlike std::shuffle
{
    static unsigned state = 2024;
    state = state * 1103515245u + 12345u;
    return state >> 16;
}

void carve(Cell at)
{
    maze[at.second][at.first] = ' ';
    auto order = directions;
    for (std::size_t i = order.size() - 1; i > 0; --i)
        std::swap(order[i], order[next_random() % (i + 1)]);
    for (auto [dx, dy] : order) {
        const int x = at.first + 2 * dx, y = at.second + 2 * dy;
        if (x > 0 && y > 0 && x < width && y < height && maze[y][x] == '#') {
            maze[at.second + dy][at.first + dx] = ' ';
            carve({x, y});
        }
    }
}

int solve(Cell start, Cell goal)
{
    std::map<Cell, Cell> from{{start, start}};
    std::queue<Cell> open({start});
    while (!open.empty() && open.front() != goal) {
        const Cell at = open.front();
        open.pop();
        for (auto [dx, dy] : directions) {
            const Cell to{at.first + dx, at.second + dy};
            if (maze[to.second][to.first] == ' ' && from.emplace(to, at).second)
                open.push(to);
        }
    }
    int steps = 0;
    for (Cell at = goal; at != start; at = from[at], ++steps)
        maze[at.second][at.first] = '.';
    maze[start.second][start.first] = 'S';
    maze[goal.second][goal.first] = 'G';
    return steps;
}

int main()
{
    carve({1, 1});
    const int steps = solve({1, 1}, {width - 2, height - 2});
    for (const auto &row : maze)
        std::cout << row << '\n';
    std::cout << "from S to G in " << steps << " steps\n";
}
