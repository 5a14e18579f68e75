section .data
message: db "Hello from Assembly (x86-64): 你好, 🌍", 10
size: equ $ - message

section .text
global _start
_start:
    mov rax, 1
    mov rdi, 1
    mov rsi, message
    mov rdx, size
    syscall
    mov rax, 60
    xor rdi, rdi
    syscall
