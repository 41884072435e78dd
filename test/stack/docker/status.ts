import { readInstance } from "../instance";
import { DEFAULT_STACK } from "../state";
import { openProject } from "./up";

/** What is read here of a line that `docker compose ps --format json` prints. */
interface Container {
  Service: string;
  State: string;
  /** Empty for one that does not run. */
  Health: string;
  Publishers: { URL: string; PublishedPort: number }[] | null;
}

/** Print the containers as Compose knows them, each with what to do where it does not work. False when one does not, or none is there. */
export async function printContainers(name: string): Promise<boolean> {
  const instance = await readInstance(name);
  if (!instance) return false;
  const project = await openProject(instance);
  const { stdout } = await project.run(["ps", "--all", "--format", "json"]);
  const containers = stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Container);
  for (const { Service, State, Health, Publishers } of containers) {
    const condition = Health || State;
    const addresses = new Set((Publishers ?? []).filter(published).map((port) => `${port.URL}:${port.PublishedPort}`));
    console.log(`${Service.padEnd(10)}${condition.padEnd(15)}${[...addresses].join(" ")}`.trimEnd());
    if (condition !== "healthy") console.log(`    ${whatToDo(name, Service, State, project.logCommand(Service))}`);
  }
  if (containers.length === 0) console.log("The stack is down.");
  return containers.length > 0 && containers.every(({ Health }) => Health === "healthy");
}

const published = ({ PublishedPort }: { PublishedPort: number }): boolean => PublishedPort > 0;

function whatToDo(name: string, service: string, state: string, log: string): string {
  const which = name === DEFAULT_STACK ? "" : ` --name ${name}`;
  if (state === "paused") return `It is blocked; let it go on with: npm run stack -- unblock ${service}${which}`;
  if (state === "exited")
    return `It has ended; start it with: npm run stack -- restart ${service}${which}. Its log: ${log}`;
  return `It runs but is not ready. Its log: ${log}`;
}
