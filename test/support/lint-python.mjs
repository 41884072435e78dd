/** Lints the addon's Python with ruff's WebAssembly build, so that no Python tool has to be installed. `--fix-format` rewrites formatting. */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { PositionEncoding, Workspace } from "@astral-sh/ruff-wasm-nodejs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const settings = {
  "line-length": 120,
  "target-version": "py310",
  lint: { select: ["E", "F", "W", "I", "B", "UP", "C4", "SIM", "PLE"], ignore: ["SIM108", "B018"] },
};
const workspace = new Workspace(settings, PositionEncoding.Utf16);
const rewrite = process.argv.includes("--fix-format");

const files = readdirSync(path.join(root, "odoo_addon"), { recursive: true })
  .filter((name) => name.endsWith(".py"))
  .map((name) => path.join("odoo_addon", name));

let findings = 0;
for (const file of files) {
  const source = readFileSync(path.join(root, file), "utf8");
  for (const { code, message, start_location: at } of workspace.check(source)) {
    // Odoo's package files import modules only to register them, and a manifest is a bare dictionary.
    if (code === "F401" && path.basename(file) === "__init__.py") continue;
    findings += 1;
    console.error(`${file}:${at.row}:${at.column}: ${code ?? "syntax"} ${message}`);
  }
  const formatted = workspace.format(source);
  if (formatted === source) continue;
  if (rewrite) writeFileSync(path.join(root, file), formatted);
  else {
    findings += 1;
    console.error(`${file}: not formatted (npm run format)`);
  }
}
if (findings > 0) process.exitCode = 1;
