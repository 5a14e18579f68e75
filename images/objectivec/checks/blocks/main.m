#import <Foundation/Foundation.h>

typedef int (^Change)(int);

static Change adder(int by) {
    return [[^(int value) { return value + by; } copy] autorelease];
}

int main(void) {
    @autoreleasepool {
        __block int sum = 0;
        NSArray *numbers = @[@3, @1, @2];
        [numbers enumerateObjectsUsingBlock:^(id number, NSUInteger index, BOOL *stop) {
            sum += [number intValue];
        }];
        NSArray *sorted = [numbers sortedArrayUsingComparator:^NSComparisonResult(id one, id other) {
            return [one compare:other];
        }];
        NSMutableArray *changes = [NSMutableArray array];
        [changes addObject:adder(40)];
        [changes addObject:^(int value) { return value * 2; }];
        for (Change change in changes) {
            sum = change(sum);
        }
        printf("%d %s\n", sum, [[sorted componentsJoinedByString:@" "] UTF8String]);
    }
    return 0;
}
