pub fn help() -> i32 { 42 }
