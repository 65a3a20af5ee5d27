/**
 * Secrets as issuers make them, put into the texts in which they turn up, drawn from a seed. Written from the issuers' public descriptions;
 * knows no rule of the hub, imports nothing of it, and holds no literal that is a token: every one is put together here.
 */
import { ALNUM, B64, B64URL, createRandom, DIGITS, HEX, LOWER, type Random, UPPER } from "./random.ts";

export interface CorpusSecret {
  readonly kind: string;
  /** What must not be seen. */
  readonly value: string;
  /** A text of a person, program or log with the value in it once. */
  readonly text: string;
}

type Make = (random: Random) => string;

/** A prefix and so many letters. */
const after =
  (prefix: string, count: number, alphabet = ALNUM): Make =>
  ({ letters }) =>
    prefix + letters(count, alphabet);
const uuid: Make = ({ letters }) => [8, 4, 4, 4, 12].map((count) => letters(count, HEX)).join("-");
const base64Json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Recognised wherever they stand. */
const TOKENS: Readonly<Record<string, Make>> = {
  "github classic": (random) => after(`gh${random.pick([..."pousr"])}_`, 36)(random),
  "github fine-grained": (random) => `github_pat_${random.letters(22, ALNUM)}_${random.letters(59, ALNUM)}`,
  "gitlab personal": after("glpat-", 20, B64URL),
  "gitlab runner": after("glrt-", 20, B64URL),
  "slack bot": (random) => `xoxb-${random.letters(12, DIGITS)}-${random.letters(13, DIGITS)}-${random.letters(24, ALNUM)}`,
  "slack user": (random) =>
    `xoxp-${random.letters(11, DIGITS)}-${random.letters(11, DIGITS)}-${random.letters(12, DIGITS)}-${random.letters(32, HEX)}`,
  "slack app": (random) => `${"xapp"}-1-A${random.letters(10, UPPER + DIGITS)}-${random.letters(13, DIGITS)}-${random.letters(64, HEX)}`,
  "slack webhook": (random) =>
    `https://hooks.slack.${"com"}/services/T${random.letters(8, UPPER + DIGITS)}/B${random.letters(8, UPPER + DIGITS)}/${random.letters(24, ALNUM)}`,
  "discord bot": (random) =>
    `${Buffer.from(`1${random.letters(17, DIGITS)}`).toString("base64url")}.${random.letters(6, B64URL)}.${random.letters(38, B64URL)}`,
  "discord webhook": (random) => `https://discord.com/api/webhooks/1${random.letters(17, DIGITS)}/${random.letters(68, B64URL)}`,
  "telegram bot": (random) => `${random.pick([..."123456789"])}${random.letters(9, DIGITS)}:AA${random.letters(33, B64URL)}`,
  "matrix synapse": (random) =>
    `syt_${Buffer.from(random.letters(6, LOWER)).toString("base64url")}_${random.letters(20, ALNUM)}_${random.letters(6, ALNUM)}`,
  "aws access key id": after("AKIA", 16, `${UPPER}234567`),
  "google api key": after("AIza", 35, B64URL),
  "google oauth secret": after("GOCSPX-", 28, B64URL),
  "google access token": after("ya29.a0", 120, B64URL),
  openai: (random) => `sk-proj-${random.letters(74, B64URL)}T3Blbk${"FJ"}${random.letters(74, B64URL)}`,
  "openai old": (random) => `sk-${random.letters(20, ALNUM)}T3Blbk${"FJ"}${random.letters(20, ALNUM)}`,
  openrouter: after("sk-or-v1-", 64, HEX),
  anthropic: (random) => `sk-ant-api03-${random.letters(93, B64URL)}AA`,
  huggingface: after("hf_", 34, UPPER + LOWER),
  replicate: after("r8_", 37),
  groq: after("gsk_", 52),
  "stripe live": after("sk_live_", 24),
  "stripe restricted": after("rk_live_", 99),
  "stripe webhook": after("whsec_", 32),
  "twilio api key": after("SK", 32, HEX),
  sendgrid: (random) => `SG.${random.letters(22, B64URL)}.${random.letters(43, B64URL)}`,
  mailgun: after("key-", 32, HEX),
  mailchimp: (random) => `${random.letters(32, HEX)}-us${1 + random.below(20)}`,
  npm: after("npm_", 36),
  pypi: after("pypi-AgEIcHlwaS5vcmc", 140, B64URL),
  rubygems: after("rubygems_", 48, HEX),
  "docker hub": after("dckr_pat_", 27, B64URL),
  vault: after("hvs.", 94, B64URL),
  terraform: (random) => `${random.letters(14, ALNUM)}.atlasv1.${random.letters(67, ALNUM)}`,
  digitalocean: after("dop_v1_", 64, HEX),
  shopify: after("shpat_", 32, HEX),
  square: after("sq0csp-", 43, B64URL),
  databricks: after("dapi", 32, HEX),
  "grafana service": (random) => `glsa_${random.letters(32, ALNUM)}_${random.letters(8, HEX)}`,
  "new relic": after("NRAK-", 27, UPPER + DIGITS),
  sentry: (random) => `sntrys_${base64Json({ iat: random.below(1e9), url: "https://sentry.example.org" })}_${random.letters(43, B64)}`,
  linear: after("lin_api_", 40),
  notion: (random) => `ntn_${random.letters(11, DIGITS)}${random.letters(35, ALNUM)}`,
  airtable: (random) => `pat${random.letters(14, ALNUM)}.${random.letters(64, HEX)}`,
  figma: after("figd_", 40, B64URL),
  postman: (random) => `PMAK-${random.letters(24, HEX)}-${random.letters(34, HEX)}`,
  atlassian: after("ATATT3xFfGF0", 170, B64URL),
  doppler: after("dp.pt.", 43),
  tailscale: (random) => `tskey-auth-k${random.letters(11, ALNUM)}CNTRL-${random.letters(32, ALNUM)}`,
  cloudflare: (random) => `cfut_${random.letters(40, ALNUM)}${random.letters(8, HEX)}`,
  age: after("AGE-SECRET-KEY-1", 58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"),
  "json web token": (random) =>
    `${base64Json({ alg: "RS256", typ: "JWT" })}.${base64Json({ sub: random.letters(10, DIGITS), exp: random.below(2e9) })}.${random.letters(342, B64URL)}`,
  "azure client secret": (random) => `${random.letters(3, ALNUM)}8Q~${random.letters(34, `${ALNUM}_~.-`)}`,
  "private key": (random) => pem("RSA PRIVATE KEY", random),
  "openssh key": (random) => pem("OPENSSH PRIVATE KEY", random),
};

/** Nobody could tell these from a hash or a word, were it not for what stands beside them. */
const BESIDE_A_WORD: Readonly<Record<string, { readonly make: Make; readonly names: readonly string[] }>> = {
  "aws secret access key": { make: after("", 40, B64), names: ["AWS_SECRET_ACCESS_KEY", "aws_secret_access_key", "secretAccessKey"] },
  "azure storage key": {
    make: ({ letters }) => `${letters(86, B64)}==`,
    names: ["AccountKey", "AZURE_STORAGE_KEY", "storage_account_key"],
  },
  "datadog api key": { make: after("", 32, HEX), names: ["DD_API_KEY", "datadog_api_key"] },
  heroku: { make: uuid, names: ["HEROKU_API_KEY", "heroku_api_token"] },
  "twilio auth token": { make: after("", 32, HEX), names: ["TWILIO_AUTH_TOKEN", "authToken"] },
  "generated password": { make: after("", 20, `${ALNUM}!%*^~`), names: ["password", "DB_PASSWORD", "ADMIN_PASSWORD", "passwd"] },
  "made-up password": {
    make: (random) =>
      `${random.pick(["Sommer", "Dragon", "Berlin", "Liverpool"])}${random.letters(4, DIGITS)}${random.pick([..."!?*#"])}${random.letters(2, LOWER)}`,
    names: ["password", "POSTGRES_PASSWORD", "smtp_password"],
  },
  "client secret": { make: after("", 40), names: ["client_secret", "clientSecret", "OAUTH_CLIENT_SECRET"] },
  "signing secret": { make: after("", 32, HEX), names: ["SLACK_SIGNING_SECRET", "signing_secret", "WEBHOOK_SECRET"] },
  "session token": { make: after("", 43, B64URL), names: ["session_token", "SESSION_TOKEN", "refresh_token", "access_token"] },
};

/** Where a value stands beside its name. */
const ASSIGNMENTS: readonly ((name: string, value: string) => string)[] = [
  (name, value) => `${name}=${value}`,
  (name, value) => `export ${name}="${value}"`,
  (name, value) => `${name}: ${value}`,
  (name, value) => `{"host":"db.example.internal","${name}":"${value}","port":5432}`,
  (name, value) => `const settings = { ${name}: '${value}' };`,
  (name, value) => `- name: ${name}\n  value: "${value}"`,
  (name, value) => `The ${name} is ${value}. Do not share it.`,
  (name, value) => `docker run -e ${name}=${value} app:latest`,
  (name, value) => `[env]\n${name} = "${value}"\nDEBUG = "1"`,
  (name, value) => `failed: {\\"${name}\\":\\"${value}\\"}`,
];

/** Where a token of its own shape stands. */
const PLACES: readonly ((value: string) => string)[] = [
  (value) => `I set it to ${value}, please check.`,
  (value) => `\`${value}\``,
  (value) => `curl -H "X-Auth: ${value}" https://api.example.org/v1/me`,
  (value) => `"${value}",`,
  (value) => `(${value})`,
  (value) => `2026-11-21T07:39:12Z WARN request with ${value} refused (401)`,
  (value) => `https://api.example.org/hook?k=${value}&x=1`,
  (value) => `Der Schlüssel lautet ${value}!`,
  (value) => `| prod | ${value} |`,
  (value) => `env: [{A: 1}, {B: ${value}}]`,
  (value) => `line one\\n${value}\\nline three`,
];

/** Values whose place tells them. */
const PLACED: Readonly<Record<string, (random: Random) => Omit<CorpusSecret, "kind">>> = {
  "url password": (random) => {
    const value = random.letters(12 + random.below(12), ALNUM);
    const scheme = random.pick(["postgres", "mysql", "redis", "mongodb+srv", "https", "amqps"]);
    return { value, text: `DATABASE_URL=${scheme}://app:${value}@db.example.internal:5432/main` };
  },
  "bearer header": (random) => {
    const value = random.letters(40, B64URL);
    return {
      value,
      text: random.pick([`Authorization: Bearer ${value}`, `-H 'authorization: bearer ${value}'`, `{"Authorization":"Bearer ${value}"}`]),
    };
  },
  "basic header": (random) => {
    const value = Buffer.from(`user:${random.letters(14, ALNUM)}`).toString("base64");
    return { value, text: `Authorization: Basic ${value}` };
  },
  "signed link": (random) => {
    const value = random.letters(64, HEX);
    return { value, text: `https://bucket.example.org/a.zip?X-Amz-Date=20261121T000000Z&X-Amz-Signature=${value}` };
  },
};

/** The same for every caller with this seed; every kind equally often. */
export function makeSecrets(seed: number, perKind: number): CorpusSecret[] {
  const random = createRandom(seed);
  const made: CorpusSecret[] = [];
  for (let turn = 0; turn < perKind; turn += 1) {
    for (const [kind, make] of Object.entries(TOKENS)) {
      const value = make(random);
      made.push({ kind, value, text: random.pick(PLACES)(value) });
    }
    for (const [kind, { make, names }] of Object.entries(BESIDE_A_WORD)) {
      const value = make(random);
      made.push({ kind, value, text: random.pick(ASSIGNMENTS)(random.pick(names), value) });
    }
    for (const [kind, make] of Object.entries(PLACED)) made.push({ kind, ...make(random) });
  }
  return made;
}

function pem(label: string, { letters }: Random): string {
  const lines = Array.from({ length: 12 }, () => letters(64, B64));
  return [`-----BEGIN ${label}-----`, ...lines, `${letters(22, B64)}==`, `-----END ${label}-----`].join("\n");
}

/** What only its name in capitals tells: words, and a few letters and digits. */
const WORDS_NAMED = ["PGPASSWORD", "DB_PASSWORD", "MYSQL_PWD", "SMTP_PASS", "JWT_SECRET", "ROOT_PASSWD"];
const LETTERS_NAMED = [...WORDS_NAMED, "NPM_AUTH", "GHTOKEN", "APIKEY", "REGISTRY_AUTH", "AWS_CREDENTIALS", "SIGNING_KEY"];
const WORDS = ["hunter2hunter2", "postgres", "letmein", "s3cr3t", "correct horse battery"];

/** The same for every caller with this seed. No value is unlike any other, so that none can be registered. */
export function makeNamed(seed: number, count: number): CorpusSecret[] {
  const { pick, below, letters } = createRandom(seed);
  return Array.from({ length: count }, () => {
    const isWord = below(2) === 0;
    const [name, value] = isWord ? [pick(WORDS_NAMED), pick(WORDS)] : [pick(LETTERS_NAMED), `${letters(9, ALNUM)}a1`];
    const whole = `${name}=${value.includes(" ") ? `"${value}"` : value}`;
    const text = pick([`${whole} psql -h db`, `+ export ${whole}`, `exit 1\n${whole}`, `docker run -e ${whole} app`]);
    return { kind: isWord ? "a word named in capitals" : "letters named in capitals", value, text };
  });
}
