module tb_other; initial begin $display("other"); end endmodule
