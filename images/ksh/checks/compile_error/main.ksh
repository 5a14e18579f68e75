print before
for (
