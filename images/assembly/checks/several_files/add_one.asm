; part of main.asm
global add_one
section .text
add_one:
    lea eax, [edi + 1]
    ret
