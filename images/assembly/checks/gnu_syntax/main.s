.globl main
.text
main:
    subq $8, %rsp
    leaq text(%rip), %rdi
    call puts@PLT
    xorl %eax, %eax
    addq $8, %rsp
    ret
.data
text: .asciz "gas"
