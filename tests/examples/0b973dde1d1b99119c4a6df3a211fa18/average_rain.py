"""The average rainfall of each town. One town forgot to measure."""

RAIN_MM = {
    "Bergen": [25, 18, 31, 22],
    "Lisbon": [0, 3, 1, 0],
    "Atacama": [],
}


def average(values):
    return sum(values) / len(values)


for town, values in RAIN_MM.items():
    print(f"{town:8} {average(values):5.1f} mm a day")
