/** The mapping stage: snapshot → canonical object → vendor document (docs/mappings.md). */
export type { Catalogue, CatalogueObject } from "./catalogue";
export { compileMapping } from "./compile";
export type { MappingDefinition, RuleDefinition, WriteBack } from "./definition";
export type { Library, LibraryEntry } from "./library";
export { libraryOf } from "./library";
export { loadMappings, MappingPack } from "./load";
export type { ArtifactKind, Overlay } from "./pack-files";
export { artifactKind } from "./pack-files";
export type { Preview } from "./preview";
export { preview } from "./preview";
export type { PackProblem } from "./problem";
export { describeProblem, MappingPackError } from "./problem";
export type { Destination, SystemDocument } from "./mapping-registry";
export { MappingRegistry } from "./mapping-registry";
export type { Release, ReleaseContent, ReleaseSource } from "./releases";
export { Releases } from "./releases";
export type { CompiledMapping, MissingLink, RunContext, RunResult } from "./run";
export { linkedLanes, run, sourcePaths } from "./run";
