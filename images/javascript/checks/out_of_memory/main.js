const kept = [];
for (;;) kept.push(Array.from({ length: 100000 }, (_, i) => ({ i })));
