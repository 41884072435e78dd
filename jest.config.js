// Odoo stores UTC without a zone, which pg would read in the machine's own.
process.env.TZ = "UTC";

/** Every suite is a folder of `test/` and runs with the same compiler; `--selectProjects` picks one by the folder's name. */
const project = (name, extra = {}) => ({
  displayName: name,
  rootDir: __dirname,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  transform: { "\\.ts$": ["@swc/jest", { jsc: { target: "es2023" } }] },
  testEnvironment: "node",
  // A compiled copy is not a second set of modules.
  modulePathIgnorePatterns: ["<rootDir>/dist/"],
  ...extra,
});

/** @type {import("jest").Config} */
module.exports = {
  projects: [
    ...["unit", "mappings", "contract", "integration", "chaos"].map((name) => project(name)),
    project("e2e", {
      globalSetup: "<rootDir>/test/support/e2e-setup.ts",
      globalTeardown: "<rootDir>/test/support/e2e-teardown.ts",
    }),
  ],
  testTimeout: 60_000,
};
