/** One thing wrong with a file of the mapping pack: where, what, and what to do. */
export interface PackProblem {
  /** File, relative to the pack, `odoo/customer.json`. */
  file: string;
  /** JSON path inside the file, `lines[3].from`; empty for the whole file. */
  path: string;
  reason: string;
  fix: string;
}

/** Every problem of a pack at once: whoever edits mappings sees all of them, not the first. */
export class MappingPackError extends Error {
  readonly problems: readonly PackProblem[];

  constructor(problems: readonly PackProblem[]) {
    super(`The mappings cannot be used: ${problems.map(describeProblem).join("; ")}`);
    this.name = "MappingPackError";
    this.problems = problems;
  }
}

export function describeProblem(problem: PackProblem): string {
  const place = problem.path === "" ? problem.file : `${problem.file} at ${problem.path}`;
  return `${place}: ${problem.reason} (${problem.fix})`;
}
