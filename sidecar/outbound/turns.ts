/** Whose turn it may be. */
interface InLine {
  delivery: { priority: number };
}

/**
 * Lets at most so many have their turn at a time, the lowest priority number first. What waits in line is the object alone and not a
 * suspended function: with hundreds of deliveries claimed, those were most of what the garbage collector copied back and forth.
 */
export class Turns<Item extends InLine> {
  private taken = 0;
  private readonly waiting: Item[] = [];

  /** @param begin starts an item's turn; it calls `end` when the turn is over, and throws nothing */
  constructor(
    private readonly most: number,
    private readonly begin: (item: Item, end: () => void) => void,
  ) {}

  add(item: Item): void {
    const { waiting } = this;
    const { priority } = item.delivery;
    // A claim comes in this order already, so this looks at the end.
    let place = waiting.length;
    while (place > 0 && (waiting[place - 1]?.delivery.priority ?? 0) > priority) place -= 1;
    if (place === waiting.length) waiting.push(item);
    else waiting.splice(place, 0, item);
    this.next();
  }

  private readonly end = (): void => {
    this.taken -= 1;
    this.next();
  };

  private next(): void {
    while (this.taken < this.most) {
      const item = this.waiting.shift();
      if (!item) return;
      this.taken += 1;
      this.begin(item, this.end);
    }
  }
}
