#import "Answer.h"

@implementation Answer
- (int)value { return 42; }
@end
