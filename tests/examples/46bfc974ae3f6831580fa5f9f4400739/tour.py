"""Distances on the globe, and the shortest round trip by trying them all."""

from itertools import pairwise, permutations
from math import acos, cos, radians, sin

EARTH_KM = 6371


def length(a, b):
    (lat_a, lon_a), (lat_b, lon_b) = (tuple(map(radians, place)) for place in (a, b))
    return EARTH_KM * acos(min(1, sin(lat_a) * sin(lat_b) + cos(lat_a) * cos(lat_b) * cos(lon_a - lon_b)))


def shortest(cities):
    first, *others = cities
    ways = ([first, *way] for way in permutations(others))
    return min(ways, key=lambda way: sum(length(cities[a], cities[b]) for a, b in pairwise([*way, first])))
