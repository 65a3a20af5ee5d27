/**
 * Texts that look like secrets and are none, drawn from a seed: revisions, ids, digests, codes, links, code, words of ten languages.
 * Knows no rule of the hub and imports nothing of it; ids of the hub are made as its documents describe them.
 */
import { ALNUM, B64, B64URL, createRandom, DIGITS, HEX, LOWER, type Random, UPPER } from "./random.ts";

export interface Innocent {
  readonly kind: string;
  readonly text: string;
}

type Make = (random: Random) => string;

const uuid: Make = ({ letters }) => [8, 4, 4, 4, 12].map((count) => letters(count, HEX)).join("-");
const sha: Make = ({ letters }) => letters(40, HEX);
const digest: Make = ({ letters }) => letters(64, HEX);
const code: Make = ({ letters }) => letters(6, "ABCDEFGHJKMNPQRSTVWXYZ23456789");
const id =
  (prefix: string): Make =>
  ({ letters }) =>
    `${prefix}_${letters(22, B64URL)}`;
const hub = "https://hub.example.org";

const SENTENCES = [
  "The key idea is that a token of appreciation costs nothing, and no password can replace trust.",
  "Das Geheimnis guter Suppe ist Geduld; der Schlüssel liegt unter der Matte.",
  "Le mot de passe a été changé hier soir, merci de prévenir l'équipe.",
  "La contraseña debe tener al menos doce caracteres y un número.",
  "Il segreto del successo è la costanza: chiave di volta di ogni impresa.",
  "Sleutel en wachtwoord horen niet in een bericht, zegt de beheerder.",
  "Пароль должен содержать не менее двенадцати символов и одну цифру.",
  "パスワードは十二文字以上で、数字を一つ含めてください。",
  "密码必须至少包含十二个字符和一个数字，请勿在聊天中发送。",
  "يجب أن تتكون كلمة المرور من اثني عشر حرفا على الأقل.",
  "Hasło musi mieć co najmniej dwanaście znaków, w tym jedną cyfrę.",
  "A secret ballot, a token ring, a primary key and a keyboard walk into a bar.",
];

/** Names in capitals that only look as if they held a secret, and those that hold none here. */
const NAMED = [
  "AUTHOR=Ann GIT_AUTHOR_NAME=octo4cat12",
  "TOKEN_LIMIT=4000 MAX_TOKEN=128000",
  'DB_PASSWORD= PGPASSWORD=""',
  "PASSWORD=$DB_PASSWORD TOKEN=${GITHUB_TOKEN} SECRET=$(vault read app)",
  "POSTGRES_PASSWORD=/run/secrets/db_password",
  "REQUIRE_PASSWORD=true NO_AUTH=1 REDIS_PASSWORD=none",
  "SMTP_AUTH=oauth2 REGISTRY_AUTH=basic-v2 AUTH=login",
  "COMPASS=northwest4567 BYPASS=feature2flag9",
  "MONKEY=banana12345x KEYBOARD=qwerty102keys",
  "PASSWORD_MIN_LENGTH=12 SECRET_NAME=app-database-1 TOKEN_TTL=3600s",
  '{"line":"DB_PASSWORD=\\nnext"}',
  "API_TOKEN=*** DB_PASSWORD=<hidden> NPM_TOKEN=[redacted:token]",
  "PASSWORD=PASSWORD",
  "DB_PASSWORD=\nDATABASE_URL=postgres://db1.example.internal/main",
];

const CODE = [
  "const token = await readToken(request.headers);",
  "password: process.env.DB_PASSWORD",
  "api_key = os.environ['SERVICE_API_KEY']",
  "if (!secret) throw new Error('the secret is missing');",
  "password = getpass.getpass('Password: ')",
  "token: ${{ secrets.GITHUB_TOKEN }}",
  "export API_KEY=$(vault read -field=key secret/app)",
  '<input type="password" name="password" placeholder="At least 12 characters">',
  "public_key: ssh-ed25519 in ~/.ssh/id_ed25519.pub",
  "api_key: your-api-key-goes-here",
  "password: ********",
  "secretName: app-database-credentials",
  "tokens: 128000, max_tokens: 4096, token_count=20481",
  "private readonly tokenService: TokenService = createTokenService(options)",
  "SELECT key, secret_version FROM api_keys WHERE key_id = $1",
  "for (const key of Object.keys(settings)) delete settings[key];",
  "secret: SECRET_REF(db_password)",
  "key={item.identifier} onKeyDown={handleKeyDown}",
  "passwordHash = await argon2.hash(password, hashOptions)",
  "tokenizer: sentencepiece-unigram-v2, vocabulary 32000",
];

const KINDS: Readonly<Record<string, Make>> = {
  "git revision": (random) =>
    random.pick([`deployed ${sha(random)}`, `commit ${sha(random)}\nAuthor: Anna`, `at ${sha(random).slice(0, 10)}`]),
  "git range": (random) => `${sha(random).slice(0, 7)}..${sha(random).slice(0, 7)}  main -> main`,
  uuid: (random) => random.pick([uuid(random), `request ${uuid(random)} failed`, `{"id":"${uuid(random)}"}`]),
  "hub id": (random) => `see ${id(random.pick(["trc", "out", "trn", "apr", "dep", "cnv", "tok", "msg", "per"]))(random)}`,
  "approval code": (random) => random.pick([`approve ${code(random)}`, `deny ${code(random)} not today`, `Code: ${code(random)}`]),
  digest: (random) => random.pick([`sha256:${digest(random)}`, `digest ${digest(random)}`, `${digest(random)}  archive.tar.gz`]),
  "image digest": (random) => `ghcr.io/example/app@sha256:${digest(random)}`,
  "lock file": ({ letters }) => `"integrity": "sha512-${letters(86, B64)}=="`,
  "lock file line": (random) => `resolved "https://registry.example.org/left-pad/-/left-pad-1.3.0.tgz#${sha(random)}"`,
  "go sum": ({ letters }) => `example.org/module v1.2.3 h1:${letters(43, B64)}=`,
  "image head": ({ letters }) => `data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA${letters(120, B64)}`,
  "minified code": ({ letters, pick }) =>
    `function ${letters(2, LOWER)}(${letters(1, LOWER)},${letters(1, LOWER)}){return ${letters(2, ALNUM)}$${letters(2, LOWER)}.${letters(3, LOWER)}(${pick(["void 0", "!0", "null"])})}`,
  "source map": ({ letters }) => `"mappings":"AAAA,${letters(30, ALNUM)};${letters(30, ALNUM)},${letters(12, ALNUM)}"`,
  "long link": ({ letters, pick }) =>
    `https://example.org/${pick(["blog", "docs", "watch"])}/${letters(12, LOWER)}-${letters(9, LOWER)}?utm_source=${letters(8, LOWER)}&page=${letters(2, DIGITS)}#${letters(10, LOWER)}`,
  "video link": ({ letters }) => `https://video.example.org/watch?v=${letters(11, B64URL)}`,
  "hub link": (random) => `${hub}/connectors/console/threads/${id("thr")(random)}`,
  "canvas link": (random) => `${hub}/canvas/${id("cnv")(random)}`,
  phone: ({ letters }) => `+49 ${letters(3, DIGITS)} ${letters(7, DIGITS)}`,
  iban: ({ letters }) =>
    `DE${letters(2, DIGITS)} ${letters(4, DIGITS)} ${letters(4, DIGITS)} ${letters(4, DIGITS)} ${letters(4, DIGITS)} ${letters(2, DIGITS)}`,
  time: ({ letters }) => `2026-11-${letters(1, "12")}${letters(1, DIGITS)}T07:39:${letters(2, "012345")}.${letters(3, DIGITS)}Z`,
  "unix time": ({ letters }) => `ts=17${letters(11, DIGITS)}`,
  colours: ({ letters }) => `color: #${letters(6, HEX)}; background: #${letters(8, HEX)};`,
  chess: ({ pick }) => Array.from({ length: 12 }, () => pick(["Nf3", "e4", "O-O", "Qxd5+", "Rfe8", "bxa6", "Bb5", "c8=Q#"])).join(" "),
  dna: ({ letters }) => letters(60, "ACGT"),
  protein: ({ letters }) => letters(50, "ACDEFGHIKLMNPQRSTVWY"),
  address: ({ letters }) => `at 0x${letters(16, HEX)} in main+0x${letters(2, HEX)}`,
  ipv6: ({ letters }) => `2001:db8:${letters(4, HEX)}:${letters(4, HEX)}::${letters(4, HEX)}`,
  mac: ({ letters }) => Array.from({ length: 6 }, () => letters(2, HEX)).join(":"),
  version: ({ letters }) => `v${letters(1, "123456789")}.${letters(2, DIGITS)}.0-rc.1+build.${letters(8, HEX)}`,
  "cache key": (random) =>
    random.pick([`cache-key: node-modules-${digest(random)}`, `Cache restored from key: linux-npm-${digest(random)}`]),
  "idempotency key": (random) => `Idempotency-Key: ${uuid(random)}`,
  "primary key": (random) => random.pick([`primary key: ${uuid(random)}`, `{"partitionKey":"${uuid(random)}"}`, `"key":"${uuid(random)}"`]),
  "object name": (random) => `s3 key: uploads/2026/11/${uuid(random)}.png`,
  "page token": ({ letters }) => `nextPageToken: ${letters(24, B64URL)}`,
  "public key": ({ letters }) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letters(43, B64)} anna@laptop`,
  certificate: ({ letters }) => `-----BEGIN CERTIFICATE-----\n${letters(64, B64)}\n-----END CERTIFICATE-----`,
  fingerprint: ({ letters }) => `SHA256:${letters(43, B64)} anna (ED25519)`,
  etag: ({ letters }) => `ETag: W/"${letters(27, B64)}"`,
  "trace parent": ({ letters }) => `traceparent: 00-${letters(32, HEX)}-${letters(16, HEX)}-01`,
  "platform id": ({ letters }) => `channel 1${letters(17, DIGITS)}, user U0${letters(9, UPPER + DIGITS)}`,
  "matrix event": ({ letters }) => `$${letters(43, B64URL)} in !${letters(18, ALNUM)}:example.org`,
  "test name": ({ pick }) =>
    `sk-this-is-an-ordinary-name / task-${pick(["token", "secret", "password"])}-rotation-reminder-${pick(["one", "two"])}`,
  "class names": ({ letters }) => `<div class="css-${letters(6, ALNUM)} Button_${letters(5, ALNUM)} w-[calc(100%-2rem)]">`,
  "file name": ({ letters }) => `assets/index-${letters(8, B64URL)}.js`,
  "hidden text": ({ pick }) =>
    pick([
      "password: [redacted:DB_PASSWORD]",
      "Bearer SECRET_REF(github_token)",
      "https://u:SECRET_REF(x)@db.example.internal",
      "token=***",
    ]),
  "named in capitals": ({ pick }) => pick(NAMED),
  prose: ({ pick }) => pick(SENTENCES),
  "source code": ({ pick }) => pick(CODE),
};

/** The same for every caller with this seed; every kind equally often. */
export function makeInnocents(seed: number, perKind: number): Innocent[] {
  const random = createRandom(seed);
  return Object.entries(KINDS).flatMap(([kind, make]) => Array.from({ length: perKind }, () => ({ kind, text: make(random) })));
}
