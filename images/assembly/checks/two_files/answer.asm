global answer
section .text
answer:
    mov rax, 42
    ret
