import nothing;

int main() {}
