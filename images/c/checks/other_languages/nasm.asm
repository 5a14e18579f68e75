global in_nasm
section .data
one: dd 1
section .text
in_nasm:
    mov eax, [one]
    ret
