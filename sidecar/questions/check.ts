import type { Json, JsonObject } from "../domain/json";
import type { SettingsCheck } from "../settings-check";
import { coverageOf, MappingPackError, type MappingPack, type MappingRegistry } from "../mapping/registry";

/**
 * Whether the pack compiles with `overlay` ({path: content}) laid over it. Request: `{"overlay", "path"?}`. Answer:
 * `{"ok", "problems": [{"path", "pointer", "reason", "fix"}], "objects": {object: {"model", "paths"}}, "unmapped_required",
 * "unused_source"}`. `objects` says what is to be captured under it, and is empty when it does not compile; the last two
 * are about the mapping at `path`: required target fields that no line writes, source fields that no line reads.
 * `connectors`: those of the connected systems; `settingsCheck`: whether connectors can take their settings.
 */
export function check(
  pack: MappingPack,
  request: JsonObject,
  connectors: readonly string[],
  settingsCheck: SettingsCheck,
): JsonObject {
  const overlay = overlayOf(request);
  const path = typeof request["path"] === "string" ? request["path"] : null;
  const coverage = path === null ? { unmappedRequired: [], unusedSource: [] } : coverageOf(pack, overlay, path);
  const about = { unmapped_required: coverage.unmappedRequired, unused_source: coverage.unusedSource };
  try {
    const registry = pack.registry(overlay);
    const problems = settingsCheck(registry.settings);
    if (problems.length > 0) throw new MappingPackError(problems);
    return { ok: true, problems: [], objects: objectsOf(registry, connectors), ...about };
  } catch (thrown) {
    if (!(thrown instanceof MappingPackError)) throw thrown;
    const problems = thrown.problems.map(({ file, path: pointer, reason, fix }) => ({
      path: file,
      pointer,
      reason,
      fix,
    }));
    return { ok: false, problems, objects: {}, ...about };
  }
}

export function overlayOf(request: JsonObject): Record<string, Json> {
  const overlay = request["overlay"];
  return typeof overlay === "object" && overlay !== null && !Array.isArray(overlay) ? overlay : {};
}

function objectsOf(registry: MappingRegistry, connectors: readonly string[]): JsonObject {
  return Object.fromEntries(
    registry.catalogue(connectors).objects.map(({ object, model, paths }) => [object, { model, paths }]),
  );
}
