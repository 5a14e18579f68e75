module main;
  initial $display("naïve 日本 🙂");
endmodule
