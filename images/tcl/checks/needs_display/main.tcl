package require Tk
