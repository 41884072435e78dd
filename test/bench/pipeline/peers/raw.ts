/** The limit: a loop that posts documents with undici and does nothing else; with `map`, it also parses, maps and writes each. */
import { Pool } from "undici";
import { serveParent } from "../child";
import { recordByHand, snapshot, type CompanySnapshot } from "../events";

const CONNECTIONS = 64;

serveParent({
  run: async (argument) => {
    const { url, ids, map } = argument as { url: string; ids: number[]; map: boolean };
    const texts = ids.map((id, version) =>
      JSON.stringify(map ? snapshot(id, version) : recordByHand(snapshot(id, version))),
    );
    const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let text = texts[next++]; text !== undefined; text = texts[next++]) {
        const body = map ? JSON.stringify(recordByHand(JSON.parse(text) as CompanySnapshot)) : text;
        const headers = { "content-type": "application/json" };
        const answer = await pool.request({ method: "POST", path: "/records", headers, body });
        await answer.body.json();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));
    await pool.close();
  },
});
