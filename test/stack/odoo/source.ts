import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { cachedPackage, debianCodename, downloadPackages, ensureInstalled, MissingPrerequisite } from "../machine/apt";
import { buildOnce } from "../machine/build-once";
import { PYTHON_PACKAGES, UNPACKED_FROM_SUITE, UNPACKED_FROM_UNSTABLE } from "./packages";
import { cachePaths } from "../machine/paths";
import type { Progress } from "../progress";
import { run } from "../machine/run";

/** Raise when the steps below change, so that trees unpacked by an older version are not used. */
const LAYOUT = "1";

/** An unpacked Odoo: a root folder that `/usr/bin/python3` is pointed at. */
export interface OdooSource {
  version: string;
  root: string;
}

/** Fetch, unpack and mend Odoo from Debian's package; seconds when it is cached. */
export async function ensureOdooSource(progress: Progress, signal?: AbortSignal): Promise<OdooSource> {
  const codename = await debianCodename();
  if (!codename) {
    throw new MissingPrerequisite(
      "Running Odoo without Docker needs Debian with its archive keyring. Install Docker, or use Debian.",
    );
  }
  await progress.step("Python packages for Odoo", async (detail) => {
    const installed = await ensureInstalled(PYTHON_PACKAGES, signal);
    if (installed.length > 0) detail(`installed ${installed.length}`);
  });
  await progress.step("Odoo 19 package", async () => {
    await downloadPackages(UNPACKED_FROM_UNSTABLE, "sid", signal);
    await downloadPackages(UNPACKED_FROM_SUITE, codename, signal);
  });
  const deb = await cachedPackage("odoo-19");
  if (!deb) throw new Error("apt reported success, but the odoo-19 package is not in the cache.");
  const { stdout } = await run("dpkg-deb", ["-f", deb, "Version"]);
  const version = `${stdout.trim()}-r${LAYOUT}`;
  const root = await progress.step(
    "Odoo 19 unpacked",
    async () => await buildOnce(cachePaths.odoo(version), async (into) => await unpack(into, signal), { signal }),
  );
  return { version, root };
}

async function unpack(into: string, signal?: AbortSignal): Promise<void> {
  for (const name of [...UNPACKED_FROM_UNSTABLE, ...UNPACKED_FROM_SUITE]) {
    const deb = await cachedPackage(name);
    if (!deb) throw new Error(`The package ${name} is not in the cache.`);
    await unpackOne(deb, into, signal);
  }
  await mendSelfieSegmentation(into);
}

/** Two thirds of the package are translations and shop pages that nothing here reads; app icons stay. */
async function unpackOne(deb: string, into: string, signal?: AbortSignal): Promise<void> {
  const options = signal ? { signal } : {};
  const exclude = [
    "*/i18n/*.po",
    "*/static/description/*.gif",
    "*/static/description/*.jpg",
    "*/static/description/*.html",
  ];
  const dpkg = spawn("dpkg-deb", ["--fsys-tarfile", deb], { stdio: ["ignore", "pipe", "inherit"], ...options });
  const tar = spawn("tar", ["-x", "-C", into, "--no-same-owner", ...exclude.map((pattern) => `--exclude=${pattern}`)], {
    stdio: ["pipe", "ignore", "inherit"],
    ...options,
  });
  dpkg.stdout.pipe(tar.stdin);
  const [[read], [wrote]] = (await Promise.all([once(dpkg, "close"), once(tar, "close")])) as [[number], [number]];
  if (read !== 0 || wrote !== 0) throw new Error(`${path.basename(deb)} could not be unpacked.`);
}

/** Debian leaves this non-free file out, yet pages still ask for it, and Odoo's browser tests fail on the console error. */
async function mendSelfieSegmentation(root: string): Promise<void> {
  const folder = path.join(root, "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib/selfie_segmentation");
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, "selfie_segmentation.js"),
    "/* Not part of Debian's package; background blur in calls is off. */\n",
  );
}
