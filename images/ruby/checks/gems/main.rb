%w[abbrev base64 bigdecimal csv drb getoptlong matrix mutex_m observer prime racc rss].each { |name| require name }
puts CSV.parse("1;2;3", col_sep: ";").flatten.sum { |cell| BigDecimal(cell) }.to_s("F")
