# Perl holds back output to a pipe; a visitor waits for it.
package Unbuffered;
$| = 1;
1;
