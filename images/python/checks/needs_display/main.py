import tkinter

tkinter.Tk()
