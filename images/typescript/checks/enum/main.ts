enum Colour { Red, Green = 'green' }
class A { constructor(public name: string) {} }
console.log(Colour.Green, new A('x').name);
