use POSIX;
print setlocale(LC_ALL, "en_US.UTF-8"), "\n";
system("LC_ALL=en_US.UTF-8 perl -e 1");
