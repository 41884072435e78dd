import { readFile } from "node:fs/promises";
import path from "node:path";

/** How a script's answer is told from whatever else Odoo prints. */
const ANSWER = "HUB_ANSWER ";

/**
 * A script of the `python` folder as text for the standard input of `odoo shell`. Its input goes the same way: neither a
 * command line nor an environment keeps a password to itself.
 */
export async function scriptText(script: string, input: object): Promise<string> {
  const code = await readFile(path.join(__dirname, "python", script), "utf8");
  // A JSON text written as a JSON text is a valid Python string.
  return `import json\nHUB_INPUT = json.loads(${JSON.stringify(JSON.stringify(input))})\n${code}`;
}

/** What the script printed as its answer. */
export function scriptAnswer<T>(script: string, stdout: string): T {
  const answer = stdout.split("\n").findLast((line) => line.startsWith(ANSWER));
  if (answer === undefined) throw new Error(`${script} gave no answer:\n${stdout}`);
  return JSON.parse(answer.slice(ANSWER.length)) as T;
}
