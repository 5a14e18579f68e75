(module (func (export "main") (result i32) (f32.const 1)))
