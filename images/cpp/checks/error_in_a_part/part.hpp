struct Part {
    int answer();
};
