#import <Foundation/Foundation.h>
#import "Answer.h"

int main(void) {
    @autoreleasepool {
        printf("%d\n", [[[Answer alloc] init] value]);
    }
}
