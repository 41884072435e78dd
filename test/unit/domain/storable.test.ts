import { shortened, storableJson, storableText } from "../../../sidecar/domain/storable";

describe("what goes to Postgres or Odoo", () => {
  it.each([
    ["a zero byte", "a\u0000b", "ab"],
    ["half a character", "a\ud83d", "a\ufffd"],
    ["the other half", "\ude00b", "\ufffdb"],
    ["whole characters", "Grüße 😀", "Grüße 😀"],
    ["other control characters", "a\u0001\tb\n", "a\u0001\tb\n"],
    ["text that only looks like one of those", "\\u0000 \\\\ud83d", "\\u0000 \\\\ud83d"],
  ])("carries %s as Postgres takes it", (_, text, expected) => {
    expect(JSON.parse(storableJson({ deep: [{ [text]: text }] }))).toEqual({ deep: [{ [expected]: expected }] });
    expect(storableText(text)).toBe(expected);
  });

  it("is never cut through a character", () => {
    expect(shortened("abc", 3)).toBe("abc");
    expect(shortened("abcd", 3)).toBe("ab…");
    expect(shortened("a😀cd", 3)).toBe("a…");
  });
});
