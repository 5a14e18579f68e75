#import "Account.h"

#import <Foundation/Foundation.h>

// #import "Account.m"
int doubled(int);

int main(void)
{
    @autoreleasepool {
        Account *account = [Account new];
        [account main];
        printf("%d\n", doubled([account balance]));
    }
}
