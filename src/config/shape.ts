/** What a zod schema says about a place in the data: the keys there and their description. Read from its JSON Schema. */
import { z } from "zod";

/** The parts of JSON Schema that are looked at. */
interface Shape {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly additionalProperties?: Shape | boolean;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
}

type Path = readonly PropertyKey[];

/** Of what is written, before defaults and conversions. */
export function schemaShape(schema: z.ZodType): Shape {
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any", reused: "inline" }) as Shape;
}

/** The keys known at a place; none where any key may stand. */
export function keysAt(shape: Shape, path: Path): string[] {
  return [...new Set(shapesAt(shape, path).flatMap((at) => Object.keys(at.properties ?? {})))];
}

/** Of the place itself; of an entry of a list, else that of the list. */
export function descriptionAt(shape: Shape, path: Path): string | undefined {
  const description = shapesAt(shape, path).find((at) => at.description)?.description;
  return description === undefined && typeof path.at(-1) === "number" ? descriptionAt(shape, path.slice(0, -1)) : description;
}

function shapesAt(shape: Shape, path: Path): Shape[] {
  return path.reduce<Shape[]>((shapes, part) => shapes.flatMap((at) => alternatives(childOf(at, part))), alternatives(shape));
}

function childOf(shape: Shape, part: PropertyKey): Shape | undefined {
  if (typeof part === "number") return shape.items;
  const properties = shape.properties ?? {};
  if (Object.hasOwn(properties, part)) return properties[String(part)];
  return typeof shape.additionalProperties === "object" ? shape.additionalProperties : undefined;
}

/** The shape itself and those it may be instead. */
function alternatives(shape: Shape | undefined): Shape[] {
  if (!shape) return [];
  return [shape, ...[...(shape.anyOf ?? []), ...(shape.oneOf ?? []), ...(shape.allOf ?? [])].flatMap(alternatives)];
}
