/**
 * As much of JSON Schema as `mapping.schema.json` uses, for completion and for what is wrong while somebody types. The
 * sidecar's check remains the judge.
 */

/** The schema with its reference to `#/$defs/…` followed. */
export function resolve(root, schema) {
  if (!schema?.$ref) {
    return schema;
  }
  const name = schema.$ref.replace("#/$defs/", "");
  return { ...resolve(root, root.$defs?.[name]), ...schema, $ref: undefined };
}

/** The schema of what stands at a place; undefined where anything may stand. */
export function schemaAt(root, place) {
  let schema = root;
  for (const key of place) {
    schema = resolve(root, schema);
    schema = typeof key === "number" ? schema?.items : schema?.properties?.[key];
    if (!schema) {
      return undefined;
    }
  }
  return resolve(root, schema);
}

const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);

/** What is wrong with the form of a content: a list of `{place, code, detail}`; see `form_words.js` for the sentences. */
export function checkForm(root, value) {
  const problems = [];
  check(root, root, value, [], problems);
  return problems;
}

function check(root, unresolved, value, place, problems) {
  const schema = resolve(root, unresolved);
  if (!schema) {
    return;
  }
  const type = typeOf(value);
  const wanted = schema.type && [schema.type].flat();
  if (wanted && !wanted.includes(type) && !(wanted.includes("integer") && Number.isInteger(value))) {
    problems.push({ place, code: "type", detail: wanted.join(", ") });
    return;
  }
  if (schema.enum && !schema.enum.includes(value)) {
    problems.push({ place, code: "enum", detail: schema.enum.join(", ") });
  }
  if (type === "string" && value.length < (schema.minLength ?? 0)) {
    problems.push({ place, code: "blank" });
  }
  if (type === "array") {
    if (value.length < (schema.minItems ?? 0)) {
      problems.push({ place, code: "blank" });
    }
    value.forEach((item, index) => check(root, schema.items, item, [...place, index], problems));
  }
  if (type === "object") {
    for (const key of schema.required || []) {
      if (!Object.hasOwn(value, key)) {
        problems.push({ place, code: "required", detail: key });
      }
    }
    for (const [key, inner] of Object.entries(value)) {
      const own = schema.properties?.[key];
      if (own) {
        check(root, own, inner, [...place, key], problems);
      } else if (schema.additionalProperties === false) {
        problems.push({ place: [...place, key], code: "unknown", detail: key });
      }
    }
  }
}
