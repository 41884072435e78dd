import type { Json } from "../domain/json";
import { ValueFault } from "./fault";
import type { MappingFunction } from "./mapping-function";

/** A finite number, from a number or a text that is one. */
function numberOf(value: Json): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  throw new ValueFault("mapping_value_unusable", "the value is not a number");
}

/** Rounds half away from zero on the decimal digits people see: 1.005 at two digits is 1.01. */
export function roundDecimal(value: number, digits: number): number {
  if (Number.isInteger(value)) return value;
  const places = Math.min(Math.max(digits, 0), 12);
  if (Math.abs(value) < 1e-6) return Math.abs(value) * 10 ** places < 0.5 ? 0 : value;
  const shifted = Number(`${Math.abs(value)}e${places}`);
  // Beyond this a number has no decimals left, and its text form may already carry an exponent.
  if (!Number.isFinite(shifted) || shifted > Number.MAX_SAFE_INTEGER) return value;
  const rounded = Number(`${Math.round(shifted)}e-${places}`);
  return rounded === 0 ? 0 : Math.sign(value) * rounded;
}

export const numberFunctions: Record<string, MappingFunction> = {
  number: {
    description: "The value as a number; a text must be one, with a point for decimals. An empty text is no value.",
    arguments: [],
    call: (value) => (typeof value === "string" && value.trim() === "" ? null : numberOf(value)),
  },
  round: {
    description: "Rounds to so many decimals (none when not given), half away from zero.",
    arguments: [{ name: "decimals", type: "integer", optional: true }],
    call: (value, args) => roundDecimal(numberOf(value), Number(args[0] ?? 0)),
  },
  multiply: {
    description: "Multiplies, for instance hours by 60 to get minutes.",
    arguments: [{ name: "by", type: "number" }],
    call: (value, args) => roundDecimal(numberOf(value) * Number(args[0]), 9),
  },
  decimals: {
    description: "A number as text with exactly so many decimals: 10 becomes “10.00”.",
    arguments: [{ name: "decimals", type: "integer" }],
    call: (value, args) => {
      const digits = Math.min(Math.max(Number(args[0]), 0), 12);
      return roundDecimal(numberOf(value), digits).toFixed(digits);
    },
  },
  isoHours: {
    description: "An ISO 8601 duration in hours: “PT1H30M” becomes 1.5.",
    arguments: [],
    call: (value) => {
      const parts =
        typeof value === "string" ? /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(value) : null;
      if (!parts) throw new ValueFault("mapping_value_unusable", "the value is no duration like PT1H30M");
      const [days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
      return roundDecimal(days * 24 + hours + minutes / 60 + seconds / 3600, 9);
    },
  },
  boolean: {
    description: "True for true, a number other than 0 and the texts “true”, “yes”, “1”; false for their opposites.",
    arguments: [],
    call: (value) => {
      if (typeof value === "boolean") return value;
      if (typeof value === "number") return value !== 0;
      if (typeof value === "string") {
        const text = value.trim().toLowerCase();
        if (["true", "yes", "1"].includes(text)) return true;
        if (["false", "no", "0", ""].includes(text)) return false;
      }
      throw new ValueFault("mapping_value_unusable", "the value is neither yes nor no");
    },
  },
};
