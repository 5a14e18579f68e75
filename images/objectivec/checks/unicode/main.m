#import <Foundation/Foundation.h>

int main(void) {
    @autoreleasepool {
        NSString *text = @"naïve 日本 🙂";
        printf("%s\n", [text UTF8String]);
    }
}
