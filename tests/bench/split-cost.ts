/** How long it takes to split a long answer for a platform that has text and entities. */
import { encodeEntities } from "../../connectors/shared/markdown/entities.ts";
import { splitSteps } from "../../src/delivery/markdown/split-markdown.ts";

const ANSWER = `A paragraph of an answer, which explains what was done and why, in **quite** a number of words and with \`code\` in it.

\`\`\`ts
const value = compute(first, second);
\`\`\`

- an item of a list
- another one, with [a link](https://example.org/page)

`;
const ROOM = { measure: (text: string) => encodeEntities(text).text.length, max: 4096 };

export interface SplitCost {
  readonly allMs: number;
  /** Of the pieces of work between which others have their turn. */
  readonly longestMs: number;
}

/** For a text of so many characters, split into all its parts; the best of some. */
export function splitCost(characters: number): SplitCost {
  const text = ANSWER.repeat(Math.ceil(characters / ANSWER.length));
  const tries = Array.from({ length: 3 }, () => stepsMs(text));
  const best = (of: (steps: readonly number[]) => number): number => Math.min(...tries.map(of));
  return { allMs: best((steps) => steps.reduce((sum, ms) => sum + ms, 0)), longestMs: best((steps) => Math.max(...steps)) };
}

function stepsMs(text: string): number[] {
  const steps: number[] = [];
  let before = performance.now();
  for (const _ of splitSteps(text, ROOM)) {
    steps.push(performance.now() - before);
    before = performance.now();
  }
  return steps;
}
