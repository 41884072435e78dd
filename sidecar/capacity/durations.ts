const UNITS = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90s`, `10m`, `2h`, `1d`, `500ms` in seconds. NaN for any other text. */
export function seconds(text: string): number {
  const [, value, unit] = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return unit === undefined ? Number.NaN : Number(value) * UNITS[unit as keyof typeof UNITS];
}

/** For people, in the two largest units that count: `2 h 5 min`, `40 s`, `0.3 s`. */
export function inWords(value: number): string {
  if (value < 10) return `${Number(value.toFixed(1))} s`;
  const whole = Math.round(value);
  const parts = [
    [Math.floor(whole / 86_400), "d"],
    [Math.floor((whole % 86_400) / 3_600), "h"],
    [Math.floor((whole % 3_600) / 60), "min"],
    [whole % 60, "s"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(" ");
}
