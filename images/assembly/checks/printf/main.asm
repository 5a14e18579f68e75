extern printf
global main
section .data
text: db "%d", 10, 0
section .text
main:
    push rbp
    mov rdi, text
    mov esi, 42
    xor eax, eax
    call printf
    pop rbp
    xor eax, eax
    ret
