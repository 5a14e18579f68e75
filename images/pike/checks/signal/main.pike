int main() {
    write("before\n");
    kill(getpid(), signum("SIGKILL"));
    sleep(5);
}
