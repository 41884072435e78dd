import { randomBytes } from "node:crypto";
import type { StackState } from "../stack/state";
import { OdooApi } from "./odoo-api";

/**
 * Groups of the addon, from the one that may do least to the one that may do most; `nobody` has none of them, `sidecar` is the
 * service user's.
 */
export type Role = "nobody" | "viewer" | "operator" | "mapping" | "administrator" | "sidecar";

export interface Person {
  api: OdooApi;
  name: string;
  id: number;
  login: string;
  password: string;
  remove(): Promise<void>;
}

/**
 * A user of the given role who can also read and write contacts and orders, signed in.
 * `admin` makes the user and takes it away again with `remove`.
 */
export async function hirePerson(stack: StackState, admin: OdooApi, role: Role): Promise<Person> {
  const suffix = randomBytes(4).toString("hex");
  const login = `${role}-${suffix}`;
  const password = randomBytes(12).toString("hex");
  const groups = ["base.group_user", "base.group_partner_manager", "sales_team.group_sale_salesman_all_leads"];
  if (role !== "nobody") groups.push(`integration_hub.group_${role}`);
  const groupIds = await Promise.all(groups.map((group) => admin.ref(group)));
  const name = `${role} ${suffix}`;
  const ids = await admin.call<number[]>(
    "res.users",
    "create",
    [[{ name, login, password, group_ids: [[6, 0, groupIds]] }]],
    { context: { no_reset_password: true } },
  );
  const [id = 0] = ids;
  return {
    name,
    id,
    login,
    password,
    api: await OdooApi.signIn(stack, login, password),
    async remove() {
      // A user who has done something is referred to: archived like in real life.
      await admin.write("res.users", ids, { active: false });
    },
  };
}
