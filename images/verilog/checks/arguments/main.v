module main;
  integer n;
  initial if ($value$plusargs("n=%d", n)) $display("%0d", 2 * n);
endmodule
