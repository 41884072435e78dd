import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureServiceUser, giveTo } from "../../../stack/machine/os-user";
import { run } from "../../../stack/machine/run";

const SIZE = "24m";

/** A file system of its own, so small that it can be filled. Only root can mount one. */
export class SmallDisk {
  private constructor(readonly dir: string) {}

  /** Null where this user may not mount. */
  static async mount(): Promise<SmallDisk | null> {
    if (process.getuid?.() !== 0) return null;
    const dir = await mkdtemp(path.join(tmpdir(), "hub-small-disk-"));
    const mounted = await run("mount", ["-t", "tmpfs", "-o", `size=${SIZE}`, "tmpfs", dir], { allowFailure: true });
    if (mounted.code !== 0) {
      await rm(dir, { recursive: true });
      return null;
    }
    await giveTo(await ensureServiceUser(), dir);
    return new SmallDisk(dir);
  }

  /** Leaves not a byte. */
  async fill(): Promise<void> {
    await run("dd", ["if=/dev/zero", `of=${this.ballast}`, "bs=4k"], { allowFailure: true });
    await stat(this.ballast);
  }

  async free(): Promise<void> {
    await writeFile(this.ballast, "");
  }

  async unmount(): Promise<void> {
    await run("umount", [this.dir], { allowFailure: true });
    await rm(this.dir, { recursive: true, force: true });
  }

  private get ballast(): string {
    return path.join(this.dir, "ballast");
  }
}
