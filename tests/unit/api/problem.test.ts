/** Which HTTP status each error of the table is answered with. */
import { expect, test } from "vitest";
import { statusOf } from "../../../src/api/problem.ts";
import { ERRORS, type ErrorCode } from "../../../src/contract/errors.ts";

/** What is wrong in the hub itself, so that whoever asks can do nothing but tell its operator. */
const THE_HUBS_OWN: readonly ErrorCode[] = [
  "internal",
  "agent_refused",
  "agent_session_lost",
  "set_aside",
  "not_shown",
  "seal_broken",
  "account_stopped",
  "no_console",
  "config_invalid",
  "config_unreadable",
  "connector_not_implemented",
  "driver_unknown",
  "tls_unusable",
  "data_dir_locked",
  "data_dir_unusable",
  "engine_not_available",
  "store_left_behind",
  "store_not_empty",
  "store_unsuitable",
];

test("nothing is a fault of the server but what is wrong in the hub itself", () => {
  const faults = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => statusOf(code) === 500);
  expect(faults.toSorted()).toEqual(THE_HUBS_OWN.toSorted());
});

test.each([
  ["ambiguous_id", 409],
  ["already_decided", 409],
  ["bad_request", 400],
  ["not_found", 404],
  ["not_allowed", 403],
  ["not_signed_in", 401],
  ["file_too_large", 413],
  ["too_many_messages", 429],
  ["hub_stopping", 503],
  ["store_unreadable", 503],
  ["agent_busy", 503],
] as const)("%s is answered with %i", (code, status) => expect(statusOf(code)).toBe(status));
