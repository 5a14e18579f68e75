extern puts
global main
section .text
main:
    sub rsp, 8
    lea rdi, [rel text]
    call puts wrt ..plt
    xor eax, eax
    add rsp, 8
    ret
section .data
text: db "naïve", 0
