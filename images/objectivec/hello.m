#import <Foundation/Foundation.h>

int main(void) {
    @autoreleasepool {
        puts([@"Hello from Objective-C: 你好, 🌍" UTF8String]);
    }
    return 0;
}
