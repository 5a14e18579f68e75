declare i32 @getchar()
declare i32 @putchar(i32)

define i32 @main() {
  %letter = call i32 @getchar()
  call i32 @putchar(i32 %letter)
  call i32 @putchar(i32 10)
  ret i32 0
}
