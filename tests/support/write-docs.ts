/** `npm run docs`: writes the files that are made from tables. A rule fails while one of them is out of step. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { CONNECTORS } from "../../connectors/index.ts";
import { ENVIRONMENT } from "../../src/config/environment.ts";
import { ERRORS } from "../../src/contract/errors.ts";
import { renderEnvExample } from "./env-example.ts";
import { renderErrorsDoc } from "./errors-doc.ts";
import { ROOT } from "./repository.ts";

/** Path in the repository → what should stand in it. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const connectors = await Promise.all(CONNECTORS.map(({ load }) => load()));
  const groups = [
    { title: "The hub", variables: ENVIRONMENT },
    ...connectors.map(({ default: { kind, environment } }) => ({ title: `The ${kind} connector`, variables: environment })),
  ];
  return { ".env.example": renderEnvExample(groups), "docs/errors.md": await renderErrorsDoc(ERRORS) };
}

if (process.argv[1] === import.meta.filename) {
  for (const [file, text] of Object.entries(await generatedFiles())) {
    writeFileSync(path.join(ROOT, file), text);
    console.log(`written: ${file}`);
  }
}
