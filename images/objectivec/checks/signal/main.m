#import <Foundation/Foundation.h>

int main(void) {
    puts("before");
    fflush(stdout);
    raise(SIGTERM);
}
