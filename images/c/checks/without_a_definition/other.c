int nowhere(void);

int main(void)
{
    return nowhere() + another_error;
}
