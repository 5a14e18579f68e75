; calls C, and a procedure of another file
extern add_one
extern twice
extern exit
global main
section .text
main:
    sub rsp, 8
    mov edi, 20
    call add_one
    mov edi, eax
    call twice
    mov edi, eax
    call exit
