using DataFrames
