// Eight queens on a chessboard, none of which can take another: count the ways, draw the first.

function* place(size, rows = []) {
  if (rows.length === size) {
    yield rows;
    return;
  }
  for (let column = 0; column < size; column++) {
    const safe = rows.every((other, row) => {
      const distance = rows.length - row;
      return other !== column && Math.abs(other - column) !== distance;
    });
    if (safe) yield* place(size, [...rows, column]);
  }
}

const solutions = [...place(8)];
for (const column of solutions[0]) {
  console.log([...Array(8).keys()].map((i) => (i === column ? "♛" : "·")).join(" "));
}
console.log(`\nthe first of ${solutions.length} solutions`);
