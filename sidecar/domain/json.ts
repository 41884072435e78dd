/** A JSON value as it travels between the queue, the mappings and the vendors. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** A JSON object. Keys are data from outside: read them with `Object.hasOwn`, never through the prototype. */
export interface JsonObject {
  [key: string]: Json;
}
