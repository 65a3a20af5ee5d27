/** What people may call a tenant, an account or an orchestrator in hub.yaml. */
import { z } from "zod";

const NAME_RULE = "must be lower-case letters, digits and hyphens, beginning with a letter or digit, at most 63 in all";
export const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, NAME_RULE);
