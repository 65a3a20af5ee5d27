/** Every route of the hub's port against the document it publishes: what fits is taken, what does not is refused in words, nothing is 500. */
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runFile } from "../../src/cli/hub-client.ts";
import { startInProcess, type InProcessHub } from "../support/in-process-hub.ts";
import { anything, fits, type JsonSchema } from "../support/json-schema-arbitrary.ts";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly parameters?: readonly {
    readonly in: "path" | "query";
    readonly name: string;
    readonly schema: JsonSchema;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>>;
}

let inside: InProcessHub;
let token: string;
let operations: Operation[];
const ajv = new Ajv2020({ strict: false });

beforeAll(async () => {
  inside = await startInProcess("limits: { requests_per_second: 100000 }");
  ({ token } = runFile.parse(JSON.parse(await readFile(join(inside.dataDir, "run.json"), "utf8"))));
  const document = (await (await fetch(`${inside.url}/openapi.json`)).json()) as { paths: Record<string, Record<string, Operation>> };
  ajv.addSchema(document, "api");
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );
});
afterAll(() => inside.end());

const bodySchema = (operation: Operation): JsonSchema | undefined => operation.requestBody?.content["application/json"]?.schema;

interface Given {
  readonly path: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
}

async function call(operation: Operation, { path, query, body }: Given): Promise<Response> {
  const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const url = new URL(`${inside.url}${filled}`);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return fetch(url, { method: operation.method.toUpperCase(), headers, signal: AbortSignal.timeout(20_000), ...sent });
}

/** The body as the document describes it for this status; problem documents too. */
async function checkAnswer(operation: Operation, response: Response): Promise<void> {
  const key = operation.responses[String(response.status)] ? String(response.status) : "default";
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  if (type === "text/event-stream") return response.body?.cancel();
  const pointer = ["paths", operation.path, operation.method, "responses", key, "content", type, "schema"];
  const ref = `api#/${pointer.map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
  const answer: unknown = type === "application/jsonl" ? lineOf(await response.text()) : await response.json();
  if (answer === undefined || ajv.validate({ $ref: ref }, answer)) return;
  throw new Error(`${operation.operationId} answered ${response.status} with ${JSON.stringify(answer).slice(0, 500)}: ${ajv.errorsText()}`);
}

/** The first of JSON Lines; undefined where there is none. */
function lineOf(text: string): unknown {
  const [first = ""] = text.split("\n");
  return first === "" ? undefined : JSON.parse(first);
}

function valid(operation: Operation): fc.Arbitrary<Given> {
  const part = (where: "path" | "query") =>
    fc.record(
      Object.fromEntries(
        (operation.parameters ?? []).filter((one) => one.in === where).map(({ name, schema }) => [name, fits(shortWait(name, schema))]),
      ),
    );
  const schema = bodySchema(operation);
  return fc.record({ path: part("path"), query: part("query"), body: schema ? fits(schema) : fc.constant(undefined) });
}

/** A long poll is a long poll: here it need not be. */
const shortWait = (name: string, schema: JsonSchema): JsonSchema => (name === "wait_ms" ? { ...schema, maximum: 5 } : schema);

/** What says that the caller asked for something that is not there or not theirs; all else than these and success is a fault. */
const REFUSALS = [403, 404, 409, 429];
/** A PIN must be hard to guess, which no schema says. */
const refusalsOf = ({ operationId }: Operation): number[] => (operationId === "putPeoplePin" ? [400, ...REFUSALS] : REFUSALS);

test("the document names every route, and each has a summary and answers", () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const path of [
    "/v1/health",
    "/v1/messages",
    "/v1/inbox",
    "/v1/approvals",
    "/v1/deploys",
    "/v1/usage",
    "/v1/trace/{id}",
    "/v1/tokens",
  ])
    expect(operations.map((operation) => operation.path)).toContain(path);
});

test("generated valid requests are answered as the document says", async () => {
  for (const operation of operations) {
    await fc.assert(
      fc.asyncProperty(valid(operation), async (given) => {
        const response = await call(operation, given);
        if (!response.ok) expect(refusalsOf(operation), `${operation.operationId} ${JSON.stringify(given)}`).toContain(response.status);
        await checkAnswer(operation, response);
      }),
      { numRuns: 25 },
    );
  }
}, 120_000);

test("generated invalid bodies are refused in words: 20,000 of them, none is 500", async () => {
  const taking = operations.filter((operation) => bodySchema(operation));
  const each = Math.ceil(20_000 / taking.length / 10);
  const statuses = new Map<number, number>();
  for (const operation of taking) {
    const body = fc.oneof(
      anything(bodySchema(operation)),
      fc.string({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    );
    const path = fc.constant(Object.fromEntries((operation.parameters ?? []).map(({ name }) => [name, "K7Q-M2X"])));
    const ten = fc.array(fc.record({ path, query: fc.constant({}), body }), { minLength: 10, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(ten, async (batch) => {
        for (const response of await Promise.all(batch.map((given) => call(operation, given)))) {
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
          expect(response.status, operation.operationId).toBeLessThan(500);
          await checkAnswer(operation, response);
        }
      }),
      { numRuns: each },
    );
  }
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${total} bodies: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  expect(total).toBeGreaterThanOrEqual(20_000);
}, 600_000);
