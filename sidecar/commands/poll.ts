import type { Config } from "../config/config";
import type { Look } from "../inbound/poller";
import { EXIT } from "./exit-codes";
import { table } from "./report";
import { inboundOf, withHub } from "./with-hub";

export interface PollOptions {
  system: string;
  object?: string;
  sweep?: boolean;
}

/** Looks at what changed in a system, now, and prints what was found. The sidecars that serve fetch and apply it. */
export async function pollCommand(config: Config, { system, object, sweep = false }: PollOptions): Promise<number> {
  return withHub(config, async (hub) => {
    const looks = await inboundOf(hub).look(system, sweep ? 0 : null, object);
    process.stdout.write(table([["list", "found", "no webhook told of", ""], ...looks.map(row)]));
    for (const { object: list, failure } of looks)
      if (failure) process.stderr.write(`${list}: ${failure.message}\n  fix    ${failure.hint}\n`);
    return looks.some(({ failure }) => failure) ? EXIT.failed : EXIT.done;
  });
}

function row({ object, found, missed, first, swept, failure }: Look): string[] {
  const notes = [
    ...(first ? ["first look: what was there before is for hub load"] : []),
    ...(swept ? ["all that is there was gone through"] : []),
    ...(failure ? [`not read to its end (${failure.code})`] : []),
  ];
  return [object, String(found), String(missed), notes.join("; ")];
}
