module m;
  initial $display("x"
endmodule
