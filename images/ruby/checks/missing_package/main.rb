require "rails"
puts Rails
