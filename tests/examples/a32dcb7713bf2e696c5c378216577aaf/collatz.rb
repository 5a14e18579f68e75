# Halve an even number, triple an odd one and add one: how many steps until it is 1?

def journey(number)
  steps = [number]
  steps << (steps.last.even? ? steps.last / 2 : steps.last * 3 + 1) until steps.last == 1
  steps
end

longest = (1..30).map { |number| journey(number) }.max_by(8, &:size)

longest.each do |steps|
  puts format("%2d  %-56s %3d steps, up to %d", steps.first, "▪" * (steps.size / 2), steps.size - 1, steps.max)
end

puts
puts "#{longest.last.first}: #{longest.last.join(' → ')}"
