struct App {
    int main();
};

int call(bool really);
const char *text();
