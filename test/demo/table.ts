import type { Row } from "./deliveries";

const COLUMNS = [
  ["record", 30],
  ["event", 20],
  ["target", 10],
  ["state", 11],
  ["external id", 20],
  ["ms", 6],
] as const;

const STATE_COLOURS: Partial<Record<Row["state"], number>> = {
  delivered: 32,
  held: 31,
  dead: 31,
  retry: 33,
  waiting: 36,
  processing: 36,
};

/**
 * A table that follows what happens: redrawn in place on a terminal; elsewhere each line is printed once, when its delivery is over.
 */
export class LiveTable {
  private drawn = 0;
  private readonly printed = new Set<number>();

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {
    this.out.write(
      `${line(COLUMNS.map(([title]) => title))}\n${COLUMNS.map(([, width]) => "─".repeat(width)).join("  ")}\n`,
    );
  }

  show(rows: Row[], milliseconds: (row: Row) => number | null, over: (row: Row) => boolean): void {
    const text = (row: Row): string => {
      const ms = milliseconds(row);
      return line(
        [row.record, row.event, row.target, row.state, row.externalId ?? "", ms === null ? "" : ms.toFixed(0)],
        this.colour(row),
      );
    };
    if (this.out.isTTY) {
      if (this.drawn > 0) this.out.write(`\x1b[${this.drawn}A\x1b[J`);
      for (const row of rows) this.out.write(`${text(row)}\n`);
      this.drawn = rows.length;
      return;
    }
    for (const row of rows.filter((candidate) => over(candidate) && !this.printed.has(candidate.id))) {
      this.printed.add(row.id);
      this.out.write(`${text(row)}\n`);
    }
  }

  private colour(row: Row): number | undefined {
    return this.out.isTTY ? STATE_COLOURS[row.state] : undefined;
  }
}

function line(cells: readonly string[], colour?: number): string {
  const padded = cells.map((cell, index) => {
    const width = COLUMNS[index]?.[1] ?? 10;
    const cut = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
    return index === COLUMNS.length - 1 ? cut.padStart(width) : cut.padEnd(width);
  });
  if (colour !== undefined) padded[3] = `\x1b[${colour}m${padded[3] ?? ""}\x1b[0m`;
  return padded.join("  ");
}
