import { readInstance } from "../instance";
import { openProject } from "./up";

/** Print what Compose says of the containers. False when one of them is missing or not healthy. */
export async function printContainers(name: string): Promise<boolean> {
  const instance = await readInstance(name);
  if (!instance) return false;
  const project = await openProject(instance);
  const table = ["ps", "--all", "--format", "table {{.Service}}\t{{.State}}\t{{.Health}}\t{{.Ports}}"];
  process.stdout.write((await project.run(table)).stdout);
  const { stdout } = await project.run(["ps", "--all", "--format", "{{.Service}} {{.Health}}"]);
  const containers = stdout.split("\n").filter(Boolean);
  const ill = containers.filter((line) => !line.endsWith(" healthy")).map((line) => line.split(" ")[0] ?? "");
  for (const service of ill) console.log(`    ${service} is not healthy; see: ${project.logCommand(service)}`);
  if (containers.length === 0) console.log("The stack is down.");
  return containers.length > 0 && ill.length === 0;
}
