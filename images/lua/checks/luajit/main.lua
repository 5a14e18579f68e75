#!/usr/bin/luajit
print(jit and 'jit')
