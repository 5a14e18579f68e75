proc helped*(): string = "helped"
