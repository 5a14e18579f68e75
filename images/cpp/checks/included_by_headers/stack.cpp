template <typename T>
void Stack<T>::push(T value)
{
    values.push_back(value);
}

template <typename T>
T Stack<T>::pop()
{
    T value = values.back();
    values.pop_back();
    return value;
}
