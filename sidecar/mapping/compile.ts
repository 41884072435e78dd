import type { Json, JsonObject } from "../domain/json";
import type { Test } from "./conditions";
import { compileCondition } from "./conditions";
import type { MappingDefinition, MappingLine, Tables, WhenEmpty } from "./definition";
import { dataFailure, inWords } from "./fault";
import { LIMITS } from "./limits";
import type { LineSurroundings } from "./line";
import { compileValue, missing } from "./line";
import { compileLinkCollectors } from "./link-collectors";
import { compileReader, isObject, parsePath } from "./paths";
import type { PackProblem } from "./problem";
import { MappingPackError } from "./problem";
import type { CompiledMapping, RunState, Step } from "./run";
import { countWritten, runSteps } from "./run";
import { checkMappingShape } from "./shapes";
import { collectSourcePaths } from "./source-paths";

export interface CompileOptions {
  /** Name of the file in messages. */
  file: string;
  tables?: Tables;
}

/** Compiles a mapping to closures, once. Throws MappingPackError with every problem, each with its place and fix. */
export function compileMapping(definition: unknown, options: CompileOptions): CompiledMapping {
  const problems = checkMappingShape(definition, options.file);
  if (problems.length > 0) throw new MappingPackError(problems);
  const mapping = definition as MappingDefinition;
  const compiler = new Compiler(mapping, options.file, options.tables ?? new Map());
  const steps = compiler.lines(mapping.lines, { place: "lines", field: compiler.object, target: "", depth: 0 });
  if (compiler.problems.length > 0) throw new MappingPackError(compiler.problems);
  return {
    file: options.file,
    definition: mapping,
    steps,
    linkCollectors: compileLinkCollectors(mapping.lines),
    sourcePaths: collectSourcePaths(mapping.lines),
    writeBack: mapping.writeBack ?? [],
  };
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
  readonly object: string;
  private readonly toSystem: boolean;
  private readonly whenEmpty: WhenEmpty;
  private count = 0;

  constructor(
    mapping: MappingDefinition,
    private readonly file: string,
    private readonly tables: Tables,
  ) {
    this.whenEmpty = mapping.whenEmpty ?? "omit";
    const canonical =
      "object" in mapping.source ? mapping.source : "object" in mapping.target ? mapping.target : undefined;
    this.object = canonical?.object ?? "record";
    this.toSystem = "object" in mapping.source && "type" in mapping.target;
    if ("object" in mapping.source === "object" in mapping.target) {
      this.report(
        "source",
        "a mapping goes from an Odoo model to an object, or from an object to a type",
        "See docs/mappings.md.",
      );
    }
  }

  lines(lines: readonly MappingLine[], level: Level): Step[] {
    const nodes: Node[] = [];
    for (const [index, line] of lines.entries()) {
      this.count += 1;
      if (this.count === LIMITS.lines + 1) {
        this.report(level.place, `there are more than ${LIMITS.lines} lines`, "Split the mapping.");
      }
      this.place(nodes, line, `${level.place}[${index}]`);
    }
    return nodes.map((node) => this.node(node, level));
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

  private node(node: Node, level: Level): Step {
    if ("leaf" in node) {
      const steps = node.leaf.map(({ line, place }) => this.leaf(node.key, line, place, level));
      const [only] = steps;
      return steps.length === 1 && only !== undefined
        ? only
        : (input, out, state) => runSteps(steps, input, out, state);
    }
    const steps = node.group.map((inner) => this.node(inner, level));
    const key = node.key;
    return (input, out, state) => {
      const inner: JsonObject = {};
      const before = state.written;
      runSteps(steps, input, inner, state);
      if (state.written !== before) out[key] = inner;
    };
  }

  private leaf(key: string, line: MappingLine, place: string, level: Level): Step {
    const around = this.surroundings(line, place, level);
    const step =
      line.each === undefined ? this.valueStep(key, line, around) : this.eachStep(key, line, line.each, around, level);
    if (line.when === undefined) return step;
    const holds = this.condition(line.when, `${place}.when`);
    return (input, out, state) => {
      if (holds(input)) step(input, out, state);
    };
  }

  private valueStep(key: string, line: MappingLine, around: LineSurroundings): Step {
    this.checkSource(line, around);
    const value = compileValue(line, around);
    const blank: Json | undefined = around.whenEmpty === "null" ? null : around.whenEmpty === "blank" ? "" : undefined;
    const required = line.required === true;
    const appends = line.append === true;
    const isLink = line.link !== undefined;
    const field = around.field;
    return (input, out, state) => {
      const linksMissing = isLink ? state.missingLinks.length : 0;
      const found = value(input, state);
      if (found === undefined || found === null || found === "") {
        // A link that is still to come is reported as such; the line has a value, just not yet.
        if (required && !(isLink && state.missingLinks.length > linksMissing)) throw missing(around, state);
        if (found === undefined || blank === undefined || appends) return;
        out[key] = blank;
        state.written += 1;
        return;
      }
      if (appends) append(out, key, found);
      else out[key] = found;
      if (typeof found === "object") countWritten(found, state, field);
      else state.written += 1;
    };
  }

  private eachStep(key: string, line: MappingLine, each: string, around: LineSurroundings, level: Level): Step {
    const parsed = parsePath(each);
    if ("reason" in parsed) this.report(`${around.place}.each`, parsed.reason, "Write the path of a list, order_line.");
    if (level.depth >= LIMITS.eachDepth) {
      this.report(`${around.place}.each`, `lists are nested more than ${LIMITS.eachDepth} deep`, "Map fewer levels.");
      return () => undefined;
    }
    this.checkEach(line, around);
    const read = compileReader("segments" in parsed ? parsed.segments : []);
    const takes = line.where === undefined ? undefined : this.condition(line.where, `${around.place}.where`);
    const inner: Level = {
      place: `${around.place}.lines`,
      field: `${around.field}[]`,
      target: `${around.target}[].`,
      depth: level.depth + 1,
    };
    const steps = this.lines(line.lines ?? [], inner);
    return (input, out, state) => {
      const list = read(input) ?? undefined;
      if (list === undefined) {
        if (line.required === true) throw missing(around, state);
        return;
      }
      out[key] = mapItems(list, steps, takes, around.field, state);
      state.written += 1;
    };
  }

  private checkSource(line: MappingLine, around: LineSurroundings): void {
    const sources = ["from", "const", "link"].filter((name) => line[name as "from" | "const" | "link"] !== undefined);
    if (sources.length !== 1) {
      this.report(around.place, "a line needs exactly one of from, const, link and each", "Keep one of them.");
    }
    if (line.lines !== undefined || line.where !== undefined) {
      this.report(around.place, "lines and where belong to each", "Add each, or take them out.");
    }
    if (line.link !== undefined && !this.toSystem) {
      this.report(
        `${around.place}.link`,
        "links exist only in system mappings",
        "Use from with the function reference.",
      );
    }
  }

  private checkEach(line: MappingLine, around: LineSurroundings): void {
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
      // A person looks for the canonical name: the target of an Odoo mapping, the source of a system mapping.
      field: `${level.field}.${(this.toSystem ? source : undefined) ?? line.to}`,
      target: level.target + line.to,
      file: this.file,
      tables: this.tables,
      whenEmpty: line.whenEmpty ?? this.whenEmpty,
      report: (path, reason, fix) => this.report(path, reason, fix),
    };
  }

  private report(path: string, reason: string, fix: string): void {
    this.problems.push({ file: this.file, path, reason, fix });
  }
}

/** A new list each time: the one that is there may be the source's own, or a constant of the mapping. */
function append(out: JsonObject, key: string, value: Json): void {
  const list = Object.hasOwn(out, key) ? out[key] : undefined;
  out[key] = Array.isArray(list) ? [...list, value] : [value];
}

function mapItems(list: Json, steps: Step[], takes: Test | undefined, field: string, state: RunState): Json[] {
  if (!Array.isArray(list)) {
    throw dataFailure(
      "mapping_value_unusable",
      field,
      `${inWords(field)} is not a list.`,
      "Correct the path of each in the mapping.",
    );
  }
  const items: Json[] = [];
  for (let index = 0; index < list.length; index += 1) {
    const item = list[index];
    if (!isObject(item)) {
      throw dataFailure(
        "mapping_value_unusable",
        field,
        `${inWords(field)} holds something that is not a record.`,
        "Correct the path of each in the mapping.",
      );
    }
    if (takes !== undefined && !takes(item)) continue;
    const made: JsonObject = {};
    state.indices.push(index);
    runSteps(steps, item, made, state);
    state.indices.pop();
    countWritten(null, state, field);
    items.push(made);
  }
  return items;
}
