/** The OpenAPI document, from the routes themselves. */
import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { FILE, FILE_TYPE, idempotencyKey, type Route } from "./route.ts";
import { problemShape } from "./shapes.ts";

export function openApi(routes: readonly Route[]): ReturnType<typeof createDocument> {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: operationOf(route) };
  return createDocument({
    openapi: "3.1.1",
    info: {
      title: "mos-hub",
      version: "1",
      description:
        "Connects people in chat to an AI orchestrator. Times are epoch milliseconds unless said otherwise; unknown fields are refused.",
    },
    paths: paths as ZodOpenApiPathsObject,
    components: { securitySchemes: { bearer: { type: "http", scheme: "bearer" } } },
    security: [{ bearer: [] }],
  });
}

function operationOf({ method, path, summary, scope, takesFile, takesKey, schemas, status, mediaType }: Route): ZodOpenApiOperationObject {
  const { params, query, body, answer } = schemas;
  const success = { description: "Done.", content: { [mediaType]: { schema: answer } } };
  const failure = {
    description: "Refused, with a sentence and what to do.",
    content: { "application/problem+json": { schema: problemShape } },
  };
  return {
    operationId: operationId(method, path),
    summary,
    description: `Needs the scope \`${scope}\`.`,
    requestParams: {
      ...(params && { path: params as z.ZodObject }),
      ...(query && { query: query as z.ZodObject }),
      ...(takesKey && { header: KEYED }),
    },
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    ...(takesFile && { requestBody: { required: true, content: { [FILE_TYPE]: { schema: FILE } } } }),
    responses: { [`${status}`]: success, default: failure },
  };
}

const KEYED = z.object({ "Idempotency-Key": idempotencyKey });

/** `get /v1/approvals/{code}` → `getApprovalsByCode`. */
function operationId(method: string, path: string): string {
  const parts = path.split("/").slice(2);
  const named = parts.map((part) => (part.startsWith("{") ? `By-${part.slice(1, -1)}` : part));
  return [method, ...named].join("-").replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
