/**
 * `npm run chaos -- [--seed N] [--messages N] [--deaths N]`: prints the deaths at each point and the reckoning; exit code 1 when it is not clean.
 * `--postgres` keeps the store on a real server ("in migration" is the SQLite engine's even so).
 * `npm run chaos -- --approvals [--seed N] [--requests N] [--kills N]`: the same of requests that several people decide at once.
 */
import { parseArgs } from "node:util";
import { runRace } from "./approvals/race.ts";
import { runChaos } from "./chaos.ts";
import { startPostgres } from "../support/postgres.ts";
import { POINTS } from "./points.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    messages: { type: "string", default: "5000" },
    threads: { type: "string", default: "12" },
    deaths: { type: "string", default: "8" },
    postgres: { type: "boolean", default: false },
    approvals: { type: "boolean", default: false },
    requests: { type: "string", default: "1000" },
    kills: { type: "string", default: "30" },
  },
});
const seed = Number(values.seed);
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const server = values.postgres ? await startPostgres() : undefined;
if (server) process.env["MOS_HUB_DATABASE_URL"] = await server.database();
const code = await (values.approvals ? race() : messages());
await server?.end();
process.exit(code);

async function race(): Promise<number> {
  const { requests, kills } = values;
  print(`seed ${seed}: npm run chaos -- --approvals --seed ${seed} --requests ${requests} --kills ${kills}`);
  const { wrong, outcomes, used, tookMs } = await runRace({ seed, requests: Number(requests), kills: Number(kills), say: print });
  const { approved, denied, expired } = outcomes;
  print(
    `${approved} approved (${used} used by an executor), ${denied} denied, ${expired} expired; ${kills} kills, ${Math.round(tookMs / 1000)} s`,
  );
  print(`${wrong.length} wrong`);
  for (const sentence of wrong.slice(0, 50)) print(`  ${sentence}`);
  return wrong.length > 0 ? 1 : 0;
}

async function messages(): Promise<number> {
  print(
    `seed ${seed}: npm run chaos -- --seed ${seed} --messages ${values.messages} --threads ${values.threads} --deaths ${values.deaths}`,
  );
  const result = await runChaos({
    seed,
    messages: Number(values.messages),
    threads: Number(values.threads),
    deathsPerPoint: Number(values.deaths),
    say: print,
  });

  for (const { name } of POINTS) print(`${String(result.deaths.get(name)).padStart(5)}  ${name}`);
  const all = [...result.deaths.values()].reduce((sum, count) => sum + count, 0);
  print(`${all} deaths, ${result.messagesIn} messages in, ${result.messagesOut} out, ${Math.round(result.tookMs / 1000)} s`);
  print(
    `${result.redelivered} delivered again with a mark, ${result.markedCopies} shown again with a mark, ${result.givenUp} given up aloud`,
  );

  const { lost, takenTwice, shownTwice, outOfOrder } = result;
  const wrong = [...lost, ...takenTwice, ...shownTwice, ...outOfOrder];
  print(`${lost.length} lost, ${takenTwice.length} taken twice, ${shownTwice.length} shown twice, ${outOfOrder.length} out of order`);
  for (const sentence of wrong.slice(0, 50)) print(`  ${sentence}`);
  const missed = POINTS.filter(({ name }) => result.deaths.get(name) === 0);
  for (const { name } of missed) print(`  nobody died at: ${name}`);
  return wrong.length + missed.length > 0 ? 1 : 0;
}
