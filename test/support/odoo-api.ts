import type { StackState } from "../stack/state";

/** What Odoo answers when a call fails: the exception's name and the sentence a person would see. */
export class OdooRefusal extends Error {
  constructor(
    readonly exception: string,
    message: string,
  ) {
    super(message);
    this.name = "OdooRefusal";
  }
}

interface RpcAnswer {
  result?: unknown;
  error?: { message: string; data?: { name?: string; message?: string } };
}

export type OdooDomain = unknown[];

/**
 * Odoo as one signed-in person, over the calls its own web client makes. For tests only: they set things up and look at
 * results with it, and hand its session to a browser.
 */
export class OdooApi {
  private constructor(
    readonly url: string,
    /** Value of the cookie `session_id`. */
    readonly sessionId: string,
    readonly uid: number,
  ) {}

  /** Signs in. Throws `OdooRefusal` when Odoo says no. */
  static async signIn(stack: StackState, login = stack.odoo.login, password = stack.odoo.password): Promise<OdooApi> {
    const { url, database } = stack.odoo;
    const response = await post(`${url}/web/session/authenticate`, { db: database, login, password });
    const result = (await answerOf(response)) as { uid: number | null };
    const cookie = response.headers.getSetCookie().find((line) => line.startsWith("session_id="));
    if (!cookie || !result.uid)
      throw new OdooRefusal("AccessDenied", `Odoo does not know ${login}, or not this password.`);
    return new OdooApi(url, cookie.slice("session_id=".length).split(";", 1)[0] ?? "", result.uid);
  }

  /** Calls a public method of a model. */
  async call<T = unknown>(model: string, method: string, args: unknown[] = [], kwargs: object = {}): Promise<T> {
    const target = `${this.url}/web/dataset/call_kw/${model}/${method}`;
    const response = await post(target, { model, method, args, kwargs }, { Cookie: `session_id=${this.sessionId}` });
    return (await answerOf(response)) as T;
  }

  async create(model: string, values: object): Promise<number> {
    const ids = await this.call<number[]>(model, "create", [[values]]);
    const id = ids[0];
    if (id === undefined) throw new Error(`Creating a ${model} gave no id.`);
    return id;
  }

  async write(model: string, ids: number[], values: object): Promise<void> {
    await this.call(model, "write", [ids, values]);
  }

  async unlink(model: string, ids: number[]): Promise<void> {
    await this.call(model, "unlink", [ids]);
  }

  async search(model: string, domain: OdooDomain): Promise<number[]> {
    return await this.call<number[]>(model, "search", [domain], { context: { active_test: false } });
  }

  async read<T>(model: string, domain: OdooDomain, fields: (keyof T & string)[]): Promise<T[]> {
    return await this.call<T[]>(model, "search_read", [domain, fields], { context: { active_test: false } });
  }

  /** The database id behind an XML id such as `base.user_admin`. */
  async ref(xmlId: string): Promise<number> {
    const [module, name] = xmlId.split(".", 2);
    const rows = await this.read<{ res_id: number }>(
      "ir.model.data",
      [
        ["module", "=", module],
        ["name", "=", name],
      ],
      ["res_id"],
    );
    const row = rows[0];
    if (!row) throw new Error(`Odoo has no record with the XML id ${xmlId}.`);
    return row.res_id;
  }
}

async function post(url: string, params: object, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ jsonrpc: "2.0", method: "call", params }),
  });
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  let answer: RpcAnswer;
  try {
    answer = JSON.parse(text) as RpcAnswer;
  } catch {
    throw new Error(`Odoo answered ${response.status} with something that is not JSON: ${text.slice(0, 200)}`);
  }
  const { error } = answer;
  if (error) throw new OdooRefusal(error.data?.name ?? "", error.data?.message ?? error.message);
  return answer.result;
}
