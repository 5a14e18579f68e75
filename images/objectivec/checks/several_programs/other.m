#import "Account.h"

int main(void)
{
    return [[Account new] nothing] + ;
}
