extern printf
global main
section .data
text: db "%s %s", 10, 0
section .text
main:
    push rbp
    mov rdx, [rsi + 16]
    mov rsi, [rsi + 8]
    mov rdi, text
    xor eax, eax
    call printf
    xor eax, eax
    pop rbp
    ret
