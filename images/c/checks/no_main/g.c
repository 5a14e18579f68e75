// What follows belongs to this comment \
int main(void) { return 1; }
const char *text = "a text \
int main(void) { return 1; }";

int g(void) { return 7; }
