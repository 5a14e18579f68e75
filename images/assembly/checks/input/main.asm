global _start
section .bss
buffer: resb 100
section .text
_start:
    mov rax, 0          ; read
    mov rdi, 0
    mov rsi, buffer
    mov rdx, 100
    syscall
    mov rdx, rax
    mov rax, 1          ; write
    mov rdi, 1
    mov rsi, buffer
    syscall
    mov rax, 60
    mov rdi, 0
    syscall
