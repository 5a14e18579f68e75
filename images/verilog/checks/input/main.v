module main;
  integer n, found;
  initial begin
    found = $fscanf('h8000_0000, "%d", n);
    $display("%0d", 2 * n);
  end
endmodule
