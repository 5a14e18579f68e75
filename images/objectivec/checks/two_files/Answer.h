#import <Foundation/Foundation.h>

@interface Answer : NSObject
- (int)value;
@end
