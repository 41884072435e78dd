import type { Config } from "jest";

// Odoo stores UTC without a zone, which pg would read in the machine's own.
process.env["TZ"] = "UTC";

type Project = Record<string, unknown>;

/** Every suite is a folder of `test/` and runs with the same compiler; `--selectProjects` picks one by the folder's name. */
const project = (name: string, extra: Project = {}): Project => ({
  displayName: name,
  rootDir: ".",
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" } }] },
  testEnvironment: "node",
  ...extra,
});

const config: Config = {
  projects: [
    ...["unit", "mappings", "contract", "integration"].map((name) => project(name)),
    project("e2e", {
      globalSetup: "<rootDir>/test/support/e2e-setup.ts",
      globalTeardown: "<rootDir>/test/support/e2e-teardown.ts",
    }),
  ],
  testTimeout: 60_000,
};

export default config;
