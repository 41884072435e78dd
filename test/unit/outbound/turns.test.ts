import { Turns } from "../../../sidecar/outbound/turns";

interface Item {
  name: string;
  delivery: { priority: number };
}

describe("turns", () => {
  let begun: string[];
  let ends: Map<string, () => void>;
  let turns: Turns<Item>;

  beforeEach(() => {
    begun = [];
    ends = new Map();
    turns = new Turns(2, (item, end) => {
      begun.push(item.name);
      ends.set(item.name, end);
    });
  });

  const add = (name: string, priority = 50): void => turns.add({ name, delivery: { priority } });

  it("lets so many begin at a time, and the next one when one has ended", () => {
    for (const name of ["a", "b", "c", "d"]) add(name);
    expect(begun).toEqual(["a", "b"]);
    ends.get("b")?.();
    expect(begun).toEqual(["a", "b", "c"]);
  });

  it("lets the lowest number go first, and among equals who came first", () => {
    for (const name of ["a", "b", "later", "later still"]) add(name);
    add("bulk", 90);
    add("urgent", 10);
    for (let ended = 0; ended < 4; ended += 1) ends.get(begun[ended] ?? "")?.();
    expect(begun.slice(2)).toEqual(["urgent", "later", "later still", "bulk"]);
  });
});
