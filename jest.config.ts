import type { Config } from "jest";

// Odoo stores UTC without a zone, which pg would read in the machine's own.
process.env["TZ"] = "UTC";

/** Every suite runs with the same compiler; `--selectProjects` picks one by the folder's name. */
const project = (name: string): Record<string, unknown> => ({
  displayName: name,
  rootDir: ".",
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" } }] },
  testEnvironment: "node",
});

const config: Config = {
  projects: ["unit", "mappings", "contract", "integration", "e2e"].map((name) => project(name)),
  testTimeout: 60_000,
  verbose: false,
};

export default config;
