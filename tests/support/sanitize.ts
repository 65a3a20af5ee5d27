/**
 * The sanitisation gate (`npm run sanitize`): no secret, private host or address, mail address of a person or path of somebody's machine
 * in any tracked or packed file. Examples use example.internal and example.org. Exits 1 and names file and line, never the value.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { lintSource } from "@secretlint/core";
import { creator as recommended } from "@secretlint/secretlint-rule-preset-recommend";
import { readFiles, repositoryFiles, ROOT, type TextFile } from "./repository.ts";
import { lineAt } from "./source.ts";

interface Pattern {
  readonly problem: string;
  readonly pattern: RegExp;
  /** Where it applies; everywhere when absent. */
  readonly files?: RegExp;
  readonly allowed?: (found: string) => boolean;
}

const PRIVATE_SUFFIX = "(?:internal|local|lan|corp|intranet|home\\.arpa)";
const HOST = `[a-z0-9](?:[a-z0-9-]*\\.)+${PRIVATE_SUFFIX}(?![\\w-]|\\.\\w)`;
const CODE = /\.(?:ts|mjs|js|json)$/;
const isExampleHost = (host: string): boolean => /(?:^|\.)example\.internal$/i.test(host);
/** The ranges themselves (RFC 1918, RFC 6598) may be written: a rule about private addresses must name them. */
const RANGES: readonly string[] = ["10.0.0.0", "172.16.0.0", "192.168.0.0", "100.64.0.0"];

/** A user and password for a host that does not exist. */
const EXAMPLE_LOGIN = /^[a-z]+:\/\/[^\s@]+@(?:[a-z0-9-]+\.)*example\.(?:internal|org|com|net)(?![\w.-])/i;

const PATTERNS: readonly Pattern[] = [
  {
    problem: "private address",
    pattern:
      /(?<![\d.])(?:10\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])|192\.168|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.\d{1,3}\.\d{1,3}(?![\d.])/g,
    allowed: (address) => RANGES.includes(address),
  },
  {
    problem: "private address",
    pattern: /(?<![\w:])f[cd][0-9a-f]{2}(?::[0-9a-f]{0,4}){2,7}(?![\w:])/gi,
    // The range itself (RFC 4193).
    allowed: (address) => address === "fc00::",
  },
  // In code the name of a field may end like this: there a host stands in quotes or after a slash or an at sign.
  { problem: "private host", pattern: new RegExp(`(?<=["'\`/@])${HOST}`, "gi"), files: CODE, allowed: isExampleHost },
  {
    problem: "private host",
    pattern: new RegExp(`(?<![\\w.-])${HOST}`, "gi"),
    files: /^(?!.*\.(?:ts|mjs|js|json)$)/,
    allowed: isExampleHost,
  },
  {
    problem: "mail address",
    pattern: /(?<![\w.%+-])[a-z0-9][\w.%+-]*@(?:[a-z0-9-]+\.)+[a-z]{2,}(?![\w-])/gi,
    // `name@instance.service` is a systemd unit.
    allowed: (address) => /[@.]example\.[a-z]+$/i.test(address) || /\.(?:service|socket|target|timer)$/.test(address),
  },
  {
    problem: "path of one machine",
    pattern: /(?<![\w.~})\]-])\/(?:(?:home|Users)\/[a-z_][\w-]*|(?:root|work)(?=\/))/gi,
    // Names that are nobody's.
    allowed: (found) => /^\/(?:home|Users)\/(?:a|me|user)$/.test(found),
  },
];

/** One line for each finding, "file:line: what". */
export async function findLeaks(file: TextFile): Promise<string[]> {
  if (file.text.includes("\0")) return [];
  const found = PATTERNS.flatMap(({ problem, pattern, files, allowed }) => {
    if (files !== undefined && !files.test(file.path)) return [];
    const matches = [...file.text.matchAll(pattern)].filter(([text]) => allowed?.(text) !== true);
    return matches.map((match) => `${file.path}:${lineAt(file.text, match.index)}: ${problem}`);
  });
  return [...found, ...(await findSecrets(file))];
}

async function findSecrets({ path: filePath, text }: TextFile): Promise<string[]> {
  const result = await lintSource({
    source: { filePath, content: text, ext: path.extname(filePath), contentType: "text" },
    options: {
      noPhysicFilePath: true,
      maskSecrets: true,
      config: { rules: [{ id: "@secretlint/secretlint-rule-preset-recommend", rule: recommended }] },
    },
  });
  const meant = result.messages.filter(({ range }) => !EXAMPLE_LOGIN.test(text.slice(...range)));
  return meant.map((message) => `${filePath}:${message.loc.start.line}: secret (${message.messageId})`);
}

/** What `npm publish` would carry, also when git does not know it. */
function packedFiles(): string[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    shell: process.platform === "win32",
  });
  const packages = JSON.parse(output) as
    readonly { files: readonly { path: string }[] }[] | Record<string, { files: readonly { path: string }[] }>;
  return Object.values(packages).flatMap((packed) => packed.files.map((file) => file.path));
}

export async function checkRepository(): Promise<{ files: number; leaks: string[] }> {
  const paths = [...new Set([...repositoryFiles(), ...packedFiles()])].filter((file) => existsSync(path.join(ROOT, file)));
  const leaks: string[] = [];
  for (const file of readFiles(paths)) leaks.push(...(await findLeaks(file)));
  return { files: paths.length, leaks };
}

if (process.argv[1] === import.meta.filename) {
  const { files, leaks } = await checkRepository();
  for (const leak of leaks) console.error(leak);
  console.log(`sanitize: ${files} files, ${leaks.length} findings`);
  if (leaks.length > 0) process.exitCode = 1;
}
