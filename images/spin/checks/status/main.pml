init {
  printf("before\n");
  assert(1 == 2);
  printf("never\n")
}
