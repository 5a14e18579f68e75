failwith "broken"
