import { HubError, isHubError } from "../domain/errors";
import type { Json } from "../domain/json";
import type { MappingPack } from "./load";
import type { MappingRegistry } from "./mapping-registry";
import { describeProblem, MappingPackError } from "./problem";

/** One file that a release lays over the pack. */
export interface ReleaseContent {
  path: string;
  content: Json;
}

/** Where releases are kept: Odoo's database. */
export interface ReleaseSource {
  /** The number of the one in force; 0: the pack alone. */
  current(): Promise<number>;
  files(release: number): Promise<readonly ReleaseContent[]>;
}

/** A release and its mappings. */
export interface Release {
  number: number;
  mappings: MappingRegistry;
  /** What it lays over the pack. */
  overlay: ReadonlyMap<string, Json>;
}

/** Releases kept compiled: the one in force, and those under which deliveries still wait. */
const KEPT = 12;

/**
 * The mappings by release: the pack with what administrators activated in Odoo laid over it. A delivery goes under the
 * release it names, so several are in use at a time; the one in force is swapped in whole.
 */
export class Releases {
  private readonly shipped: MappingRegistry;
  /** In the order of their last use. Of one that cannot be used, why. */
  private readonly known = new Map<number, MappingRegistry | HubError>();
  private readonly loading = new Map<number, Promise<MappingRegistry>>();
  private inForce: Omit<Release, "overlay">;
  private readonly overlays = new WeakMap<MappingRegistry, Release["overlay"]>();
  private looking: Promise<unknown> = Promise.resolve();
  /** What is behind the numbers may have changed. */
  private stale = false;
  private fault: HubError | null = null;

  /** Throws MappingPackError when the pack itself cannot be used. */
  constructor(
    private readonly pack: MappingPack,
    private readonly source: ReleaseSource,
  ) {
    this.shipped = pack.registry();
    this.inForce = { number: 0, mappings: this.shipped };
  }

  /** The newest release that can be used. */
  get current(): Release {
    const { number, mappings } = this.inForce;
    return { number, mappings, overlay: this.overlays.get(mappings) ?? new Map() };
  }

  /** Why the release in force in Odoo cannot be used here; null when it is `current`. */
  get problem(): HubError | null {
    return this.fault;
  }

  /**
   * The mappings of a release; at once where it was used before. Throws, or rejects with, `release_unusable` when they do
   * not compile, and what the queue throws when it cannot be asked.
   */
  of(number: number): MappingRegistry | Promise<MappingRegistry> {
    if (number === this.inForce.number) return this.inForce.mappings;
    if (number === 0) return this.shipped;
    const known = this.known.get(number);
    if (known === undefined) return this.load(number);
    this.known.delete(number);
    this.known.set(number, known);
    if (isHubError(known)) throw known;
    return known;
  }

  /**
   * Looks which release is in force, and makes it `current` once it is compiled. True when that is another one than before.
   * One look at a time; whoever asks during a look waits for the next.
   */
  async follow(): Promise<boolean> {
    const look = this.looking.then(() => this.look());
    this.looking = look.catch(() => undefined);
    return look;
  }

  /** Forgets what was compiled: behind the same numbers may be another content, in a database that was restored. */
  forget(): void {
    this.known.clear();
    this.stale = true;
  }

  private async look(): Promise<boolean> {
    const number = await this.source.current();
    try {
      const mappings = await (this.stale && number !== 0 ? this.load(number) : this.of(number));
      this.stale = false;
      this.fault = null;
      const another = mappings !== this.inForce.mappings;
      this.inForce = { number, mappings };
      return another;
    } catch (thrown) {
      if (!isHubError(thrown) || thrown.kind !== "data") throw thrown;
      this.fault = thrown;
      return false;
    }
  }

  private async load(number: number): Promise<MappingRegistry> {
    const running = this.loading.get(number);
    if (running) return running;
    const loading = this.compile(number).finally(() => this.loading.delete(number));
    this.loading.set(number, loading);
    return loading;
  }

  private async compile(number: number): Promise<MappingRegistry> {
    const files = await this.source.files(number);
    try {
      const overlay = new Map(files.map(({ path, content }) => [path, content]));
      const mappings = overlay.size === 0 ? this.shipped : this.pack.registry(overlay);
      if (mappings !== this.shipped) this.overlays.set(mappings, overlay);
      this.keep(number, mappings);
      return mappings;
    } catch (thrown) {
      if (!(thrown instanceof MappingPackError)) throw thrown;
      const unusable = releaseUnusable(number, thrown);
      this.keep(number, unusable);
      throw unusable;
    }
  }

  private keep(number: number, known: MappingRegistry | HubError): void {
    this.known.set(number, known);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= KEPT) return;
      this.known.delete(oldest);
    }
  }
}

function releaseUnusable(number: number, { problems }: MappingPackError): HubError {
  const [first] = problems;
  const more = problems.length > 1 ? ` There are ${problems.length - 1} more problems.` : "";
  return new HubError({
    kind: "data",
    code: "release_unusable",
    message: `The mappings of release ${number} cannot be used: ${first ? describeProblem(first) : "unknown"}.${more}`,
    hint: "Activate a corrected version in Odoo, or roll back, then try these again.",
    field: first?.file ?? "",
  });
}
