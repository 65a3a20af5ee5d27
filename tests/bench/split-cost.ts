/** How long it takes to split a long answer for a platform that has text and entities. */
import { encodeEntities } from "../../connectors/shared/markdown/entities.ts";
import { splitMarkdown } from "../../src/delivery/markdown/split-markdown.ts";

const ANSWER = `A paragraph of an answer, which explains what was done and why, in **quite** a number of words and with \`code\` in it.

\`\`\`ts
const value = compute(first, second);
\`\`\`

- an item of a list
- another one, with [a link](https://example.org/page)

`;
const ROOM = { measure: (text: string) => encodeEntities(text).text.length, max: 4096 };

/** Milliseconds for a text of so many characters, split into all its parts; the best of some. */
export function splitMs(characters: number): number {
  const text = ANSWER.repeat(Math.ceil(characters / ANSWER.length));
  const once = (): number => {
    const started = performance.now();
    splitMarkdown(text, ROOM);
    return performance.now() - started;
  };
  return Math.min(...Array.from({ length: 3 }, once));
}
