bool wants[2]; byte inside;
active [2] proctype p() {
  wants[_pid] = true;
  inside++;
  assert(inside == 1);
  inside--
}
