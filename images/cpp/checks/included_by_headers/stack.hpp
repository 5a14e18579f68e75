#pragma once

#include <vector>

template <typename T>
class Stack {
public:
    void push(T value);
    T pop();

private:
    std::vector<T> values;
};

int shared();

#include "stack.cpp"
