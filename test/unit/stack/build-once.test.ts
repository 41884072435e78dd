import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildOnce } from "../../stack/machine/build-once";
import { withLock } from "../../stack/machine/lock";
import { self } from "../../stack/machine/proc";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "hub-build-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("building a cached folder", () => {
  it("builds once for several that want it at the same time", async () => {
    let builds = 0;
    const build = async (into: string): Promise<void> => {
      builds += 1;
      await sleep(50);
      writeFileSync(path.join(into, "file"), "x");
    };
    const target = path.join(folder, "thing");
    await Promise.all([buildOnce(target, build), buildOnce(target, build), buildOnce(target, build)]);
    expect(builds).toBe(1);
    expect(readdirSync(target)).toEqual(["file"]);
    expect(readdirSync(folder)).toEqual(["thing"]);
  });

  it("leaves nothing behind when building fails", async () => {
    const target = path.join(folder, "thing");
    await expect(buildOnce(target, () => Promise.reject(new Error("no space")))).rejects.toThrow("no space");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("sweeps what a killed run left, after stopping what runs in it", async () => {
    const target = path.join(folder, "thing");
    const leftover = `${target}.tmp-1`;
    mkdirSync(leftover);
    const reaped: string[] = [];
    await buildOnce(target, () => Promise.resolve(), {
      reap: (dir) => {
        reaped.push(dir);
        return Promise.resolve();
      },
    });
    expect(reaped).toEqual([leftover]);
    expect(existsSync(leftover)).toBe(false);
  });
});

describe("the lock", () => {
  it("is taken over from a process that has died", async () => {
    const file = path.join(folder, "lock");
    writeFileSync(file, JSON.stringify({ pid: 999_999_999, startTicks: "1" }));
    expect(await withLock(file, () => Promise.resolve("worked"))).toBe("worked");
    expect(existsSync(file)).toBe(false);
  });

  it("is taken over when its owner's number belongs to another process now", async () => {
    const file = path.join(folder, "lock");
    writeFileSync(file, JSON.stringify({ ...self(), startTicks: "1" }));
    expect(await withLock(file, () => Promise.resolve("worked"))).toBe("worked");
  });

  it("is waited for while its owner lives, and says whose it is", async () => {
    const file = path.join(folder, "lock");
    const order: string[] = [];
    const owners: number[] = [];
    const first = withLock(file, async () => {
      await sleep(300);
      order.push("first");
    });
    await sleep(20);
    const second = withLock(file, () => Promise.resolve(order.push("second")), {
      onWait: (owner) => owners.push(owner),
    });
    await Promise.all([first, second]);
    expect(order).toEqual(["first", "second"]);
    expect(owners).toEqual([process.pid]);
  });

  it("stops waiting when interrupted", async () => {
    const file = path.join(folder, "lock");
    writeFileSync(file, JSON.stringify(self()));
    await expect(withLock(file, () => Promise.resolve(), { signal: AbortSignal.timeout(50) })).rejects.toThrow();
  });
});
