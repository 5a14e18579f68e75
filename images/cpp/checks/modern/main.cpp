#include <algorithm>
#include <print>
#include <ranges>
#include <vector>
int main() {
    std::vector v{3, 1, 2};
    std::ranges::sort(v);
    for (auto [i, x] : std::views::enumerate(v)) std::print("{}:{} ", i, x);
    std::println("");
}
