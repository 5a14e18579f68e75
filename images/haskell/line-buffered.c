/* Linked into Haskell programs. GHC's runtime holds back output unless it goes to a terminal, for which it asks isatty();
 * a visitor waits for each line. */
int isatty(int fd)
{
    return fd == 1 || fd == 2;
}
