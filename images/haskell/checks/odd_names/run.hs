import Geometry.Area
main = print (area 2)
