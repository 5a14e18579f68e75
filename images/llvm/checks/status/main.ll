@text = private constant [7 x i8] c"before\00"

declare i32 @puts(ptr)

define i32 @main() {
  call i32 @puts(ptr @text)
  ret i32 3
}
