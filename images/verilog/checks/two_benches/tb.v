module tb; reg a; wire b; inv i(a, b);
  initial begin a = 0; #1 $display("%b", b); $finish; end endmodule
