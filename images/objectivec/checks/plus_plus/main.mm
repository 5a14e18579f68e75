#import <Foundation/Foundation.h>

#include <iostream>
#include <vector>

int main()
{
    @autoreleasepool {
        std::vector<NSString *> words = {@"one", @"two"};
        std::cout << words.size() << " " << [words[1] UTF8String] << std::endl;
    }
}
