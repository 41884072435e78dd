import { chown } from "node:fs/promises";
import { userInfo } from "node:os";
import { run } from "./run";

/** The user Odoo and Postgres run as. `drop` is set when that is not the current one. */
export interface ServiceUser {
  name: string;
  uid: number;
  gid: number;
  drop: boolean;
}

const SYSTEM_USER = "odoo-hub";

/** Odoo and Postgres refuse root, so root gets a system user of its own for them; anybody else runs them as themselves. */
export async function ensureServiceUser(): Promise<ServiceUser> {
  const me = currentUser();
  return me.uid === 0 ? ((await lookUp()) ?? (await create())) : me;
}

/** Whoever runs this. */
export function currentUser(): ServiceUser {
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid, drop: false };
}

/** Options for a child process that has to run as the service user. */
export function asUser(user: ServiceUser): { uid?: number; gid?: number } {
  return user.drop ? { uid: user.uid, gid: user.gid } : {};
}

/** Hand one file or folder over to the service user. */
export async function giveTo(user: ServiceUser, target: string): Promise<void> {
  if (user.drop) await chown(target, user.uid, user.gid);
}

async function lookUp(): Promise<ServiceUser | undefined> {
  const { code, stdout } = await run("getent", ["passwd", SYSTEM_USER], { allowFailure: true });
  if (code !== 0) return undefined;
  const [name, , uid, gid] = stdout.trim().split(":");
  return { name: name ?? SYSTEM_USER, uid: Number(uid), gid: Number(gid), drop: true };
}

async function create(): Promise<ServiceUser> {
  const args = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"];
  await run("useradd", [...args, "--shell", "/usr/sbin/nologin", SYSTEM_USER]);
  const user = await lookUp();
  if (!user) throw new Error(`The system user ${SYSTEM_USER} could not be created.`);
  return user;
}
