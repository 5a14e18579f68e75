main(argc, argv)
    char **argv;
{
    return shared();
}
