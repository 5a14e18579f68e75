"""Ten seconds to launch. Every line appears when it is printed, not when the program ends."""

import time

CALLS = {
    10: "ground crew clears the pad",
    8: "tanks pressurised",
    6: "internal power",
    4: "guidance is go",
    3: "main engine start",
    1: "clamps release",
}

for second in range(10, 0, -1):
    bar = "█" * second + "░" * (10 - second)
    print(f"T-{second:02}  {bar}  {CALLS.get(second, '')}".rstrip())
    time.sleep(1)
print("Lift-off! 🚀")
