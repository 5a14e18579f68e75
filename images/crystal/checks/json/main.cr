require "json"

record Point, x : Int32, y : Int32 do
  include JSON::Serializable
end

channel = Channel(Point).new
spawn { channel.send(Point.from_json(%({"x": 40, "y": 2}))) }
point = channel.receive
puts({"sum" => point.x + point.y}.to_json)
