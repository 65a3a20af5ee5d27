/** Whether the services that carry out what is approved can be reached. Asked with HEAD, which sets nothing off; that the secret is the right one only a hand-over shows. */
import { foregroundClock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { CheckResult } from "../contract/connector.ts";
import { createCaller } from "../web/call.ts";
import { failureWords } from "../web/failures.ts";

const ANSWER_MS = 5000;

export async function checkCarriers({ deploys: { carriers } }: Config): Promise<CheckResult[]> {
  const caller = createCaller({ clock: foregroundClock, answerWithinMs: ANSWER_MS });
  return Promise.all(
    carriers.map(async ({ app, environment, url }): Promise<CheckResult> => {
      const name = `carrier of ${app} in ${environment}`;
      const { host } = new URL(url);
      const result = await caller.call(url, { method: "HEAD" });
      if (!("failed" in result)) return { name, ok: true, detail: `${host} can be reached` };
      const detail = `${host} cannot be reached: ${failureWords(result.failed) ?? result.failed}`;
      return { name, ok: false, detail, remedy: "Start it, or correct post under deploys.carriers in hub.yaml." };
    }),
  );
}
