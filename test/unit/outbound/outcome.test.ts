import type { ErrorKind } from "../../../sidecar/domain/errors";
import { outcomeOf } from "../../../sidecar/outbound/outcome";

const failure = (kind: ErrorKind, code = "x") => ({ kind, code, message: "m", hint: "h" });

describe("the error's kind decides (D5)", () => {
  it.each([
    ["technical", "retry"],
    ["credential", "released"],
    ["data", "held"],
    ["business", "held"],
    ["policy", "held"],
    ["unknown", "unknown"],
  ] as const)("%s: %s", (kind, outcome) => {
    expect(outcomeOf(failure(kind))).toBe(outcome);
  });

  it("holds for a person what nobody can look up (D4)", () => {
    expect(outcomeOf(failure("unknown", "outcome_unknown"))).toBe("held");
  });

  it("hands back what can be looked up later, so that others go meanwhile (D4)", () => {
    expect(outcomeOf(failure("unknown", "waiting_to_settle"))).toBe("released");
  });

  it.each(["circuit_open", "rate_limit_wait"])(
    "%s counts no try, because nothing was sent (RES-08, RES-12)",
    (code) => {
      expect(outcomeOf(failure("technical", code))).toBe("released");
    },
  );
});
