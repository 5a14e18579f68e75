module hello;
  initial begin
    $display("Hello from Verilog: 你好, 🌍");
    $finish(0);
  end
endmodule
