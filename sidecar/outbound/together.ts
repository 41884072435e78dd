interface Waiting<Item, Answer> {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (reason: unknown) => void;
}

/**
 * Collects what is asked within a few milliseconds and asks it in one call: Odoo takes 30 to 100 calls a second, however
 * little each of them carries. `ask` answers in the order of the items.
 */
export class Together<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly ask: (items: Item[]) => Promise<Answer[]>,
    private readonly waitMs = 5,
    private readonly most = 200,
  ) {}

  async one(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (this.waiting.length >= this.most) void this.flush();
      else this.timer ??= setTimeout(() => void this.flush(), this.waitMs);
    });
  }

  private async flush(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const batch = this.waiting.splice(0);
    if (batch.length === 0) return;
    try {
      const answers = await this.ask(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const answer = answers[index];
        if (answer === undefined) reject(new Error("Odoo answered for fewer records than it was asked for."));
        else resolve(answer);
      });
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }
}
