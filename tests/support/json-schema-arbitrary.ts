/** Values that fit a JSON Schema as the hub's OpenAPI document writes them, and values that do not. For property tests. */
import fc from "fast-check";

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
}

/** Throws for a schema it does not know how to fill, so that none is passed over in silence. */
export function fits(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.properties ? undefined : (schema.anyOf ?? schema.oneOf);
  if (choices) return fc.oneof(...choices.map(fits));
  switch (schema.type) {
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer({
        min: schema.minimum ?? (schema.exclusiveMinimum ?? -1001) + 1,
        max: Math.min(schema.maximum ?? 1000, 2 ** 31 - 1),
      });
    case "number":
      return fc.double({
        noNaN: true,
        noDefaultInfinity: true,
        min: schema.minimum ?? -Number.MAX_VALUE,
        max: schema.maximum ?? Number.MAX_VALUE,
      });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(fits(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? 4, 4) });
    case "object":
      return objectOf(schema);
    default:
      throw new Error(`no values are known for ${JSON.stringify(schema)}`);
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = 200 }: JsonSchema): fc.Arbitrary<string> {
  if (format === "uri") {
    const schemes = ["http", "https"].filter((scheme) => new RegExp(pattern ?? "", "u").test(`${scheme}://`));
    return fc.webUrl({ validSchemes: schemes });
  }
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
  return fc.string({ minLength, maxLength: Math.min(maxLength, 200), unit: "grapheme" });
}

/** `oneOf` beside properties says which of them exclude each other, `anyOf` which of them one at least must be there. */
function objectOf({ properties = {}, required = [], oneOf = [], anyOf = [], minProperties = 0 }: JsonSchema): fc.Arbitrary<unknown> {
  const exclusive = oneOf.flatMap((way) => way.required ?? []);
  const alternatives: readonly JsonSchema[] = [...oneOf, ...anyOf];
  const ways = (alternatives.length > 0 ? alternatives : [{} as JsonSchema]).map(({ required: own = [] }) => {
    const open = Object.entries(properties).filter(([key]) => own.includes(key) || !exclusive.includes(key));
    return fc.record(Object.fromEntries(open.map(([key, schema]) => [key, fits(schema)])), { requiredKeys: [...required, ...own] });
  });
  return fc.oneof(...ways).filter((value) => Object.keys(value).length >= minProperties);
}

/** Anything JSON, often a fitting value with one thing about it wrong. */
export function anything(schema: JsonSchema | undefined): fc.Arbitrary<unknown> {
  const wild = fc.jsonValue({ maxDepth: 3 });
  if (schema?.properties === undefined) return wild;
  const broken = fc
    .tuple(fits(schema), fc.constantFrom(...Object.keys(schema.properties), "__proto__", "extra"), wild)
    .map(([value, key, wrong]) => ({ ...(value as object), [key]: wrong }));
  return fc.oneof(wild, broken);
}
