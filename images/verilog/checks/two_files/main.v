module main;
  wire y;
  not_gate g(.a(1'b0), .y(y));
  initial #1 $display("%b", y);
endmodule
