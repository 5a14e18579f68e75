int part(void)
{
    return undeclared_thing;
}
