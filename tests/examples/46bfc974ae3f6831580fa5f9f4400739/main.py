"""The shortest way to visit a few cities; main.py runs, the other files are at hand."""

import csv
from pathlib import Path

from tour import length, shortest

with Path("cities.csv").open(encoding="utf-8", newline="") as file:
    cities = {row["city"]: (float(row["lat"]), float(row["lon"])) for row in csv.DictReader(file)}

way = shortest(cities)
total = 0.0
print(f"Starting in {way[0]}")
for here, there in zip(way, way[1:] + way[:1], strict=True):
    leg = length(cities[here], cities[there])
    total += leg
    print(f"  {here:>10} → {there:<10} {leg:5.0f} km")
print(f"{total:.0f} km in all, the shortest of all round trips")
