module main;
  initial begin
    $display("before");
    $fatal(1, "no");
  end
endmodule
