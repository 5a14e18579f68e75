  integer, parameter :: included = 1
