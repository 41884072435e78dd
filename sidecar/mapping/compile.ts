import type { Json } from "../domain/json";
import type { Test } from "./conditions";
import { compileCondition } from "./conditions";
import type { MappingDefinition, MappingLine, WhenEmpty } from "./definition";
import { LIMITS } from "./limits";
import type { Direction, LineSurroundings } from "./line";
import { lazyObjectStep } from "./emit";
import { compileValue, isCopy, isFilledConstant, keyReader, missing } from "./line";
import { compileLinkCollectors } from "./link-collectors";
import { compileReader, entriesOf, isPlainName, parsePath } from "./paths";
import type { LinePlan, ObjectPlan, TargetPlan } from "./plan";
import type { PackProblem } from "./problem";
import { MappingPackError } from "./problem";
import type { CompiledMapping, Step } from "./run";
import { countWritten } from "./run";
import { checkMappingShape } from "./shapes";
import { collectSourcePaths } from "./source-paths";
import type { Tables } from "./tables";

export interface CompileOptions {
  /** Path of the file in the pack, for messages. */
  file: string;
  tables?: Tables;
  /** Lines that are checked but not run: what they carry belongs to the target (ownership.ts). */
  leaveOut?: ReadonlySet<MappingLine>;
}

/** Compiles a mapping, once: what a line does to its closures, and what they make together to one function. Throws MappingPackError with every problem, each with its place and fix. */
export function compileMapping(definition: unknown, options: CompileOptions): CompiledMapping {
  const problems = checkMappingShape(definition, options.file);
  if (problems.length > 0) throw new MappingPackError(problems);
  const mapping = definition as MappingDefinition;
  const leaveOut = options.leaveOut ?? new Set();
  const compiler = new Compiler(mapping, options.file, options.tables ?? new Map(), leaveOut);
  const plan = compiler.object(mapping.lines, { place: "lines", field: compiler.name, target: "", depth: 0 });
  const lines = without(mapping.lines, leaveOut);
  if (compiler.problems.length > 0) throw new MappingPackError(compiler.problems);
  return {
    file: options.file,
    definition: mapping,
    lines,
    plan,
    make: lazyObjectStep(plan),
    linkCollectors: compileLinkCollectors(lines),
    sourcePaths: collectSourcePaths(lines),
    writeBack: mapping.writeBack ?? [],
  };
}

function without(lines: readonly MappingLine[], leaveOut: ReadonlySet<MappingLine>): readonly MappingLine[] {
  if (leaveOut.size === 0) return lines;
  return lines
    .filter((line) => !leaveOut.has(line))
    .map((line) => (line.lines === undefined ? line : { ...line, lines: [...without(line.lines, leaveOut)] }));
}

function directionOf({ source, target }: MappingDefinition): Direction | undefined {
  if ("model" in source && "object" in target) return "fromOdoo";
  if ("type" in source && "object" in target) return "fromSystem";
  if ("object" in source && "type" in target) return "toSystem";
  if ("object" in source && "model" in target) return "toOdoo";
  return undefined;
}

/** Where a list of lines stands: in the file, in the words of the canonical object, and how deep. */
interface Level {
  place: string;
  field: string;
  /** What the targets of the lines hang below, `people[].`. */
  target: string;
  depth: number;
}

/** Lines that write into one object: a leaf by its key, or a nested object with lines of its own. */
type Node = { key: string; leaf: { line: MappingLine; place: string }[] } | { key: string; group: Node[] };

class Compiler {
  readonly problems: PackProblem[] = [];
  /** The canonical object the mapping is about. */
  readonly name: string;
  private readonly direction: Direction | undefined;
  private readonly whenEmpty: WhenEmpty;
  private count = 0;

  constructor(
    mapping: MappingDefinition,
    private readonly file: string,
    private readonly tables: Tables,
    private readonly leaveOut: ReadonlySet<MappingLine>,
  ) {
    this.whenEmpty = mapping.whenEmpty ?? "omit";
    const canonical =
      "object" in mapping.source ? mapping.source : "object" in mapping.target ? mapping.target : undefined;
    this.name = canonical?.object ?? "record";
    this.direction = directionOf(mapping);
    if (this.direction === undefined) {
      this.report(
        "source",
        "a mapping goes from an Odoo model or a system's type to an object, or from an object to a type or model",
        "See docs/mappings.md.",
      );
    }
  }

  /** Compiles lines that write into one object. */
  object(lines: readonly MappingLine[], level: Level): ObjectPlan {
    const nodes: Node[] = [];
    for (const [index, line] of lines.entries()) {
      this.count += 1;
      if (this.count === LIMITS.lines + 1) {
        this.report(level.place, `there are more than ${LIMITS.lines} lines`, "Split the mapping.");
      }
      this.place(nodes, line, `${level.place}[${index}]`);
    }
    return this.targets(nodes, level);
  }

  /** Puts a line at its place in the tree of target objects. */
  private place(nodes: Node[], line: MappingLine, place: string): void {
    const parsed = parsePath(line.to);
    if ("reason" in parsed)
      return this.report(`${place}.to`, parsed.reason, "Write a dotted path such as properties.name.");
    let level = nodes;
    for (const [depth, key] of parsed.segments.entries()) {
      const last = depth === parsed.segments.length - 1;
      const found = level.find((node) => node.key === key);
      if (found !== undefined && "leaf" in found !== last) {
        return this.report(
          `${place}.to`,
          `"${line.to}" is both a value and an object with values in it`,
          "Rename one of them.",
        );
      }
      if (last) {
        if (found !== undefined && "leaf" in found) {
          const appends = line.append === true && found.leaf.every((other) => other.line.append === true);
          if (line.when === undefined && !appends) {
            this.report(
              `${place}.to`,
              `"${line.to}" is written twice`,
              "Give the later line a condition (when), or remove it.",
            );
          }
          found.leaf.push({ line, place });
        } else level.push({ key, leaf: [{ line, place }] });
      } else if (found !== undefined && "group" in found) level = found.group;
      else {
        const group: Node = { key, group: [] };
        level.push(group);
        level = group.group;
      }
    }
  }

  private targets(nodes: readonly Node[], level: Level): ObjectPlan {
    return nodes.flatMap((node): TargetPlan[] => {
      if ("group" in node) {
        const inner = this.targets(node.group, level);
        return inner.length === 0 ? [] : [{ key: node.key, group: inner }];
      }
      // Left-out lines are compiled as well: a mistake in them is a mistake of the file.
      const compiled = node.leaf.map(({ line, place }) => ({ line, plan: this.leaf(line, place, level) }));
      const lines = compiled.filter(({ line }) => !this.leaveOut.has(line)).map(({ plan }) => plan);
      return lines.length === 0 ? [] : [{ key: node.key, lines }];
    });
  }

  private leaf(line: MappingLine, place: string, level: Level): LinePlan {
    const around = this.surroundings(line, place, level);
    return {
      value: line.each === undefined ? this.value(line, around) : this.each(line, line.each, around, level),
      when: line.when === undefined ? undefined : this.condition(line.when, `${place}.when`),
      append: line.append === true,
    };
  }

  private value(line: MappingLine, around: LineSurroundings): LinePlan["value"] {
    this.checkSource(line, around);
    const blank = around.whenEmpty === "null" ? null : around.whenEmpty === "blank" ? "" : undefined;
    const whenEmpty = line.append === true ? undefined : blank;
    if (isCopy(line)) {
      const path = parsePath(line.from);
      if ("segments" in path && path.segments.every(isPlainName))
        return { kind: "copy", segments: path.segments, whenEmpty, field: around.field };
    }
    if (isFilledConstant(line)) return { kind: "constant", value: line.const };
    return { kind: "value", step: this.valueStep(line, around, whenEmpty) };
  }

  private valueStep(line: MappingLine, around: LineSurroundings, whenEmpty: Json | undefined): Step {
    const value = compileValue(line, around);
    const required = line.required === true;
    const isLink = line.link !== undefined;
    const field = around.field;
    return (input, state) => {
      const linksMissing = isLink ? state.missingLinks.length : 0;
      const found = value(input, state);
      if (found === undefined || found === null || found === "") {
        // A link that is still to come is reported as such; the line has a value, just not yet.
        if (required && !(isLink && state.missingLinks.length > linksMissing)) throw missing(around, state);
        return found === undefined ? undefined : whenEmpty;
      }
      if (typeof found === "object") countWritten(found, state, field);
      return found;
    };
  }

  private each(line: MappingLine, each: string, around: LineSurroundings, level: Level): LinePlan["value"] {
    const parsed = parsePath(each);
    if ("reason" in parsed) this.report(`${around.place}.each`, parsed.reason, "Write the path of a list, order_line.");
    if (level.depth >= LIMITS.eachDepth) {
      this.report(`${around.place}.each`, `lists are nested more than ${LIMITS.eachDepth} deep`, "Map fewer levels.");
      return { kind: "value", step: () => undefined };
    }
    this.checkEach(line, around);
    const read = compileReader("segments" in parsed ? parsed.segments : []);
    const inner: Level = {
      place: `${around.place}.lines`,
      field: `${around.field}[]`,
      target: `${around.target}[].`,
      depth: level.depth + 1,
    };
    return {
      kind: "each",
      read: line.entries === true ? (input) => entriesOf(read(input)) : read,
      takes: line.where === undefined ? undefined : this.condition(line.where, `${around.place}.where`),
      item: this.object(line.lines ?? [], inner),
      key: line.key === undefined ? undefined : keyReader(line.key, around),
      field: around.field,
      depth: level.depth,
      missing: line.required === true ? (state) => missing(around, state) : undefined,
    };
  }

  private checkSource(line: MappingLine, around: LineSurroundings): void {
    const sources = ["from", "const", "link"].filter((name) => line[name as "from" | "const" | "link"] !== undefined);
    if (sources.length !== 1) {
      this.report(around.place, "a line needs exactly one of from, const, link and each", "Keep one of them.");
    }
    if (line.lines !== undefined || line.where !== undefined || line.key !== undefined) {
      this.report(around.place, "lines, where, entries and key belong to each", "Add each, or take them out.");
    }
    if (line.link !== undefined && this.direction !== "toSystem") {
      this.report(
        `${around.place}.link`,
        "links exist only in system mappings",
        "Use from with the function reference.",
      );
    }
  }

  private checkEach(line: MappingLine, around: LineSurroundings): void {
    if (line.key !== undefined && this.direction !== "toOdoo")
      this.report(`${around.place}.key`, "key exists only in mappings from an object to an Odoo model", "Take it out.");
    if (line.lines === undefined) this.report(around.place, "each needs lines", "Say what is made of one item.");
    for (const key of ["append", "from", "const", "link", "apply", "lookup", "default", "whenEmpty"] as const) {
      if (line[key] !== undefined)
        this.report(`${around.place}.${key}`, `${key} does not go with each`, "Move it into lines.");
    }
  }

  private condition(condition: NonNullable<MappingLine["when"]>, place: string): Test {
    return compileCondition(condition, (path, reason, fix) => this.report(`${place}${path}`, reason, fix));
  }

  private surroundings(line: MappingLine, place: string, level: Level): LineSurroundings {
    const source = line.link?.from ?? line.each ?? (Array.isArray(line.from) ? line.from[0] : line.from);
    return {
      place,
      // A person looks for the canonical name, whichever end of the mapping it stands at.
      field: `${level.field}.${(this.fromCanonical ? source : undefined) ?? line.to}`,
      target: level.target + line.to,
      file: this.file,
      tables: this.tables,
      whenEmpty: line.whenEmpty ?? this.whenEmpty,
      direction: this.direction ?? "fromOdoo",
      report: (path, reason, fix) => this.report(path, reason, fix),
    };
  }

  private get fromCanonical(): boolean {
    return this.direction === "toSystem" || this.direction === "toOdoo";
  }

  private report(path: string, reason: string, fix: string): void {
    this.problems.push({ file: this.file, path, reason, fix });
  }
}
