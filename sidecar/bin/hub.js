#!/usr/bin/env node
// Starts the command line: the compiled form when it is there and not older than the sources, else the sources themselves.
"use strict";

const { existsSync, readdirSync, statSync } = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "..", "..");
const built = path.join(root, "dist", "sidecar", "main.js");
const source = path.join(root, "sidecar", "main.ts");

function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(file));
    else if (/\.(ts|json)$/.test(entry.name)) latest = Math.max(latest, statSync(file).mtimeMs);
  }
  return latest;
}

function entry() {
  if (existsSync(built) && (!existsSync(source) || statSync(built).mtimeMs >= newest(path.join(root, "sidecar")))) {
    return built;
  }
  try {
    require("tsx/cjs");
  } catch {
    process.stderr.write(
      "hub: it is not built, and tsx is not installed to run the sources.\nfix: npm ci && npm run build\n",
    );
    process.exit(1);
  }
  return source;
}

require(entry())
  .main(process.argv)
  .then((code) => {
    process.exitCode = code;
  });
