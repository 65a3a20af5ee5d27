/** The settings that a variable may give, checked by the same rules as their keys in the file. A variable goes before the file. */
import { z } from "zod";
import { pinProblem } from "../people/pin.ts";
import { type Problem, problemsOf } from "./problems.ts";
import { settings } from "./schema.ts";

const number = z.string().regex(/^\d+$/, "must be a whole number").transform(Number);

const FROM_ENVIRONMENT = z.object({
  MOS_HUB_DATA_DIR: settings.data_dir.optional(),
  MOS_HUB_HOST: settings.host.optional(),
  MOS_HUB_PORT: number.pipe(settings.port).optional(),
  MOS_HUB_DATABASE_URL: settings.database_url.optional(),
  MOS_HUB_PUBLIC_URL: settings.public_url.optional(),
  MOS_HUB_SEAL_KEY: z
    .string()
    .regex(/^[\w-]{43}$/, "must be 32 bytes in base64url, such as `openssl rand -base64 32 | tr '+/' '-_' | tr -d '='` prints")
    .optional(),
  MOS_HUB_PIN: z
    .string()
    .superRefine((pin, context) => {
      const wrong = pinProblem(pin);
      if (wrong) context.addIssue({ code: "custom", message: wrong });
    })
    .describe("the local operator's PIN, such as six digits from a dice app.")
    .optional(),
  MOS_HUB_LOG_LEVEL: settings.log_level.optional(),
});
export type EnvironmentSettings = z.infer<typeof FROM_ENVIRONMENT>;

export function settingsProblems(values: Readonly<Record<string, string>>): Problem[] {
  return problemsOf({ schema: FROM_ENVIRONMENT, value: values, at: [], lineOf: () => undefined });
}

/** Only after `settingsProblems` found none. */
export function parseSettings(values: Readonly<Record<string, string>>): EnvironmentSettings {
  return FROM_ENVIRONMENT.parse(values);
}
