(module
  (import "console" "log" (func $log (param i32)))
  (import "env" "print" (func $print (param i32 i32)))
  (import "js" "mem" (memory 1))
  (data (i32.const 0) "\c3\a4 \e6\97\a5")
  (func (export "main")
    (call $log (i32.const 42))
    (call $print (i32.const 0) (i32.const 6))))
