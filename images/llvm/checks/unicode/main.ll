@text = private constant [19 x i8] c"na\C3\AFve \E6\97\A5\E6\9C\AC \F0\9F\99\82\00"

declare i32 @puts(ptr)

define i32 @main() {
  call i32 @puts(ptr @text)
  ret i32 0
}
