function logged<T extends (...values: number[]) => number>(method: T, context: ClassMethodDecoratorContext) {
  return function (this: unknown, ...values: number[]): number {
    console.log(`calling ${String(context.name)}`);
    return method.apply(this, values);
  };
}

class Calculator {
  @logged
  add(a: number, b: number): number {
    return a + b;
  }
}

console.log(new Calculator().add(40, 2));
