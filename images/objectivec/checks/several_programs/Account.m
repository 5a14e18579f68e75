#import "Account.h"

@implementation Account
- (int)balance
{
    return 21;
}

- (void)main
{
}
@end

#if defined(TEST)
int main(void)
{
    return [[Account new] balance] != 21;
}
#endif
