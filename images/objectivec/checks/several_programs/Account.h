#import <Foundation/Foundation.h>

@interface Account : NSObject
- (int)balance;
- (void)main;
@end
