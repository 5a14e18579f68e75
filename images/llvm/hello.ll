@text = private constant [30 x i8] c"Hello from LLVM: \E4\BD\A0\E5\A5\BD, \F0\9F\8C\8D\00"

declare i32 @puts(ptr)

define i32 @main() {
  call i32 @puts(ptr @text)
  ret i32 0
}
