declare i32 @puts(ptr)

define i32 @main(i32 %count, ptr %arguments) {
  %place = getelementptr ptr, ptr %arguments, i32 2
  %argument = load ptr, ptr %place
  call i32 @puts(ptr %argument)
  ret i32 0
}
