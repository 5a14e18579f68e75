// Makes blocks objects, which may be copied, retained and put into an array: GCC's runtime does not know them.
#import <Foundation/Foundation.h>
#include <Block.h>
#include <string.h>

extern void *_NSConcreteStackBlock[32], *_NSConcreteGlobalBlock[32], *_NSConcreteMallocBlock[32];

@interface NSBlock : NSObject
@end

@implementation NSBlock

// What a block says its class is, is memory that the library of blocks leaves for one.
+ (void)load {
    enum { size_of_a_class = 13 * sizeof(void *) };
    id class = [NSBlock self];
    [NSBlock instanceMethodForSelector:@selector(copy)]; // so that the class is ready for messages
    memcpy(_NSConcreteStackBlock, class, size_of_a_class);
    memcpy(_NSConcreteGlobalBlock, class, size_of_a_class);
    memcpy(_NSConcreteMallocBlock, class, size_of_a_class);
}

- (id)copy {
    return (id)Block_copy((void *)self);
}

- (id)copyWithZone:(NSZone *)zone {
    return (id)Block_copy((void *)self);
}

- (id)retain {
    return (id)Block_copy((void *)self);
}

- (oneway void)release {
    Block_release((void *)self);
}

@end
