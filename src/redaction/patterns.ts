/**
 * Shapes of tokens that anybody can recognise, so that a secret nobody registered is masked too. Data: the one file of the core that
 * knows tokens of platforms, since a token may turn up in any text of any agent. Sources: the issuers' documentation, and the expressions
 * of secretlint's recommended preset 13.0.7 (MIT); that preset itself is for files: asynchronous, 10 MB of memory, 26 rules run one by one.
 * Invariant: linear in the text. A token is looked for only where its first letters stand at the beginning of a word, and no expression
 * repeats an expression that repeats.
 */
import { createLiteralIndex, type Literal } from "./literal-index.ts";
import type { Span } from "./spans.ts";

interface TokenShape {
  readonly name: string;
  /** What it begins with: any of these, three letters or more, in their exact case. */
  readonly heads: string;
  /** What follows; sticky. */
  readonly rest: string;
}

const B64U = "[A-Za-z0-9_-]";
const END = "(?![A-Za-z0-9])";

const SHAPES: readonly TokenShape[] = [
  { name: "jwt", heads: "eyJ", rest: `${B64U}{8,}\\.${B64U}{8,}\\.${B64U}{8,}` },
  { name: "grafana_token", heads: "eyJrIjoi", rest: "[A-Za-z0-9]{60,}={0,2}" },
  { name: "github_token", heads: "ghp_ gho_ ghu_ ghs_ ghr_", rest: `[A-Za-z0-9]{36,}|\\d{1,20}_${B64U}+\\.${B64U}+\\.${B64U}+` },
  { name: "github_token", heads: "github_pat_", rest: "[A-Za-z0-9_]{22,}" },
  {
    name: "gitlab_token",
    heads: "glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- gloas-",
    rest: `${B64U}{20,}(?:\\.[a-z0-9]{2,9}){0,2}`,
  },
  {
    name: "slack_token",
    heads: "xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-",
    rest: "(?:[A-Za-z0-9%-]|\\.(?=[A-Za-z0-9])){10,}",
  },
  { name: "slack_webhook", heads: "hooks.slack.com/", rest: "(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}" },
  { name: "discord_webhook", heads: "discord.com/api/ discordapp.com/api/", rest: `(?:v\\d{1,2}/)?webhooks/\\d{15,21}/${B64U}{60,}` },
  { name: "teams_webhook", heads: "webhook.office.com/webhookb2/", rest: "[A-Za-z0-9@/_-]{40,}" },
  { name: "matrix_token", heads: "syt_", rest: "[A-Za-z0-9_=+/-]{16,}" },
  { name: "matrix_token", heads: "mat_ mct_ mar_ mcr_", rest: "[A-Za-z0-9]{20,}_[A-Za-z0-9]{6}" },
  { name: "aws_key", heads: "AKIA ASIA ABIA ACCA", rest: `[A-Z0-9]{16}${END}` },
  { name: "google_api_key", heads: "AIza", rest: `${B64U}{35}(?!${B64U})` },
  { name: "google_client_secret", heads: "GOCSPX-", rest: `${B64U}{20,}` },
  { name: "google_token", heads: "ya29.", rest: `(?:${B64U}|\\.(?=[A-Za-z0-9])){20,}` },
  { name: "google_refresh_token", heads: "1//0", rest: `${B64U}{35,}` },
  { name: "anthropic_key", heads: "sk-ant-", rest: `${B64U}{16,}` },
  // A digit is asked for, since `sk-` also begins ordinary hyphenated names.
  { name: "openai_key", heads: "sk-", rest: `(?=[A-Za-z_-]{0,40}\\d)${B64U}{20,}` },
  { name: "stripe_key", heads: "sk_live_ sk_test_ rk_live_ rk_test_", rest: "[A-Za-z0-9]{10,}" },
  { name: "webhook_secret", heads: "whsec_", rest: "[A-Za-z0-9+/]{24,}={0,2}" },
  { name: "elevenlabs_key", heads: "sk_", rest: `[0-9a-f]{48}${END}` },
  { name: "twilio_key", heads: "SK0 SK1 SK2 SK3 SK4 SK5 SK6 SK7 SK8 SK9 SKa SKb SKc SKd SKe SKf", rest: `[0-9a-f]{31}${END}` },
  { name: "sendgrid_key", heads: "SG.", rest: `${B64U}{16,32}\\.${B64U}{16,64}` },
  { name: "mailgun_key", heads: "key-", rest: `[0-9a-f]{32}${END}` },
  { name: "npm_token", heads: "npm_", rest: `[A-Za-z0-9]{36}${END}` },
  { name: "pypi_token", heads: "pypi-AgE", rest: `${B64U}{50,}` },
  { name: "rubygems_key", heads: "rubygems_", rest: `[0-9a-f]{48}${END}` },
  { name: "crates_token", heads: "cio", rest: `(?=[A-Za-z]{0,31}\\d)[A-Za-z0-9]{32}${END}` },
  { name: "nuget_key", heads: "oy2", rest: `[a-z0-9]{43}${END}` },
  { name: "docker_token", heads: "dckr_pat_ dckr_oat_", rest: `${B64U}{27,}` },
  { name: "huggingface_token", heads: "hf_ api_org_", rest: `[A-Za-z0-9]{30,}${END}` },
  { name: "replicate_token", heads: "r8_", rest: `[A-Za-z0-9]{30,}${END}` },
  { name: "groq_key", heads: "gsk_", rest: "[A-Za-z0-9]{40,}" },
  { name: "xai_key", heads: "xai-", rest: "[A-Za-z0-9]{60,}" },
  { name: "perplexity_key", heads: "pplx-", rest: "[A-Za-z0-9]{40,}" },
  { name: "langsmith_key", heads: "lsv2_pt_ lsv2_sk_", rest: "[0-9a-f]{32}_[0-9a-f]{10}" },
  { name: "pinecone_key", heads: "pcsk_", rest: "[A-Za-z0-9_]{40,}" },
  { name: "tavily_key", heads: "tvly-", rest: "[A-Za-z0-9-]{28,}" },
  { name: "together_key", heads: "tgp_v1_", rest: `${B64U}{40,}` },
  { name: "e2b_key", heads: "e2b_", rest: `[0-9a-f]{40}${END}` },
  { name: "vault_token", heads: "hvs. hvb. hvr.", rest: `${B64U}{24,}` },
  { name: "digitalocean_token", heads: "dop_v1_ doo_v1_ dor_v1_", rest: `[0-9a-f]{64}${END}` },
  { name: "shopify_token", heads: "shpat_ shpca_ shppa_ shpss_ shptka_", rest: "[A-Za-z0-9]{32,64}" },
  { name: "square_token", heads: "sq0atp- sq0csp- sq0idp-", rest: `${B64U}{22,}` },
  { name: "databricks_token", heads: "dapi", rest: `[0-9a-f]{32}(?:-\\d)?${END}` },
  { name: "grafana_token", heads: "glc_", rest: "[A-Za-z0-9+/]{32,}={0,2}" },
  { name: "grafana_token", heads: "glsa_", rest: "[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}" },
  { name: "newrelic_key", heads: "NRAK- NRJS- NRRA- NRII- NRIQ-", rest: `${B64U}{19,}` },
  { name: "sentry_token", heads: "sntrys_ sntryu_", rest: "[A-Za-z0-9_=+/-]{40,}" },
  { name: "linear_key", heads: "lin_api_ lin_oauth_", rest: "[A-Za-z0-9]{32,}" },
  { name: "notion_token", heads: "ntn_", rest: "[A-Za-z0-9]{40,}" },
  { name: "notion_token", heads: "secret_", rest: `(?=[A-Za-z]{0,42}\\d)[A-Za-z0-9]{43}${END}` },
  { name: "airtable_token", heads: "pat", rest: `[A-Za-z0-9]{14}\\.[0-9a-f]{64}${END}` },
  { name: "figma_token", heads: "figd_ figo_ figu_", rest: `${B64U}{36,}` },
  { name: "postman_key", heads: "PMAK-", rest: "[0-9a-f]{24}-[0-9a-f]{34}" },
  { name: "atlassian_token", heads: "ATATT3 ATCTT3 ATBB ATSTT3", rest: "[A-Za-z0-9_=-]{24,}" },
  { name: "doppler_token", heads: "dp.pt. dp.st. dp.sa. dp.ct. dp.scim. dp.audit.", rest: "(?:[a-z0-9_-]{2,35}\\.)?[A-Za-z0-9]{40,44}" },
  { name: "planetscale_token", heads: "pscale_tkn_ pscale_pw_ pscale_oauth_", rest: `${B64U}{32,}` },
  { name: "fly_token", heads: "fo1_", rest: `${B64U}{43}` },
  { name: "fly_token", heads: "fm1r_ fm1a_ fm2_", rest: "[A-Za-z0-9+/]{60,}={0,3}" },
  { name: "render_key", heads: "rnd_", rest: `[A-Za-z0-9]{28,}${END}` },
  { name: "netlify_token", heads: "nfp_ nfc_ nfo_ nfu_ nfb_", rest: "[A-Za-z0-9]{36,}" },
  { name: "vercel_token", heads: "vcp_ vci_ vca_ vcr_ vck_", rest: `[A-Za-z0-9]{20,60}${END}` },
  { name: "cloudflare_token", heads: "cfk_ cfut_ cfat_", rest: "[A-Za-z0-9]{40,}" },
  { name: "cloudflare_key", heads: "v1.0-", rest: "[0-9a-f]{24}-[0-9a-f]{146}" },
  { name: "supabase_key", heads: "sbp_ sb_secret_", rest: `${B64U}{30,}` },
  { name: "tailscale_key", heads: "tskey-", rest: "[a-z]{2,20}-[A-Za-z0-9_]{8,40}-[A-Za-z0-9_]{16,60}" },
  { name: "onepassword_token", heads: "ops_eyJ", rest: "[A-Za-z0-9+/]{100,}={0,2}" },
  { name: "onepassword_key", heads: "A3-", rest: `[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}${END}` },
  { name: "age_key", heads: "AGE-SECRET-KEY-1", rest: "[A-Z0-9]{58}" },
  { name: "dynatrace_token", heads: "dt0c01. dt0s01. dt0s02. dt0s16.", rest: "[A-Z0-9]{8,24}\\.[A-Z0-9]{64}" },
  { name: "adafruit_key", heads: "aio_", rest: "[A-Za-z0-9]{28}" },
  { name: "pulumi_token", heads: "pul-", rest: `[0-9a-f]{40}${END}` },
  { name: "prefect_key", heads: "pnu_ pnb_", rest: `[A-Za-z0-9]{36}${END}` },
  { name: "launchdarkly_key", heads: "sdk- mob- api-", rest: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}" },
  { name: "facebook_token", heads: "EAA", rest: `(?=[A-Za-z]{0,60}\\d)[A-Za-z0-9]{60,}${END}` },
  { name: "alibaba_key", heads: "LTAI", rest: `[A-Za-z0-9]{12,20}${END}` },
  { name: "tencent_key", heads: "AKID", rest: `[A-Za-z0-9]{32}${END}` },
  { name: "buildkite_token", heads: "bkua_ bkct_", rest: `[A-Za-z0-9]{40,}` },
  { name: "circleci_token", heads: "CCIPAT_ CCIPRJ_", rest: "[A-Za-z0-9]{20,24}_[0-9a-f]{40}" },
  { name: "sonar_token", heads: "squ_ sqp_ sqa_", rest: `[0-9a-f]{40}${END}` },
  { name: "artifactory_token", heads: "AKCp", rest: "[A-Za-z0-9]{60,}" },
  { name: "artifactory_token", heads: "cmVmdGtu", rest: "[A-Za-z0-9]{50,}" },
  { name: "mapbox_token", heads: "sk.eyJ", rest: `${B64U}{20,}\\.${B64U}{20,}` },
  { name: "contentful_token", heads: "CFPAT-", rest: `${B64U}{40,}` },
  { name: "typeform_token", heads: "tfp_", rest: `${B64U}{40,}` },
  { name: "readme_key", heads: "rdme_", rest: "[a-z0-9]{70}" },
  { name: "shippo_key", heads: "shippo_live_ shippo_test_", rest: "[0-9a-f]{40}" },
  { name: "duffel_key", heads: "duffel_live_ duffel_test_", rest: `${B64U}{40,}` },
  { name: "easypost_key", heads: "EZAK EZTK", rest: `[A-Za-z0-9]{54}${END}` },
  { name: "flutterwave_key", heads: "FLWSECK-", rest: "[A-Za-z0-9-]{20,}" },
  { name: "razorpay_key", heads: "rzp_live_ rzp_test_", rest: `[A-Za-z0-9]{14}${END}` },
  {
    name: "plaid_token",
    heads: "access-production- access-sandbox- access-development-",
    rest: "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
  },
  { name: "braintree_token", heads: "access_token$", rest: "(?:production|sandbox)\\$[a-z0-9]{16}\\$[0-9a-f]{32}" },
  { name: "resend_key", heads: "re_", rest: "[A-Za-z0-9]{8}_[A-Za-z0-9]{24}" },
];

/** The beginning of a word; a letter of an escape (`\n`, `%20`) is no part of it. */
const BEGIN = "(?<=^|[^A-Za-z0-9_~.-]|\\\\[nrtbf]|%[0-9A-Fa-f]{2})";

/** What begins with no letters of its own, or needs what stands before it; linear by a look-behind or by bounds. */
const LOOSE: readonly { readonly name: string; readonly source: string }[] = [
  // Unterminated too: a tail that was cut off must not show the rest of the key.
  {
    name: "private_key",
    source: "-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\\s\\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)",
  },
  { name: "private_key", source: "PuTTY-User-Key-File-\\d[\\s\\S]*?(?:Private-MAC: [0-9a-f]{40,64}|$)" },
  // The id of the bot in base64 (its digits make the first letter M, N or O), a time, an HMAC.
  { name: "discord_token", source: BEGIN + "[MNO][A-Za-z0-9_-]{22,27}\\.[A-Za-z0-9_-]{6,7}\\.[A-Za-z0-9_-]{27,45}" },
  { name: "telegram_token", source: "(?<!\\d)\\d{6,12}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])" },
  { name: "terraform_token", source: BEGIN + "[A-Za-z0-9]{14}\\.atlasv1\\.[A-Za-z0-9_-]{60,}" },
  { name: "azure_client_secret", source: BEGIN + "[A-Za-z0-9_~.]{3}\\dQ~[A-Za-z0-9_~.-]{31,34}" },
  { name: "mailchimp_key", source: BEGIN + "[0-9a-f]{32}-us\\d{1,2}(?![A-Za-z0-9])" },
  { name: "asana_token", source: "(?<![A-Za-z0-9/])[012]/\\d{15,17}(?:/\\d{15,17})?:[A-Za-z0-9]{32}(?![A-Za-z0-9])" },
  {
    name: "url_password",
    source: "(?<=\\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\\s/?#@:]{0,200}:)(?!SECRET_REF\\(|\\[redacted:)[^\\s/?#@]{1,500}(?=@)",
  },
  { name: "bearer_token", source: "(?<=\\b(?:[Bb]earer|BEARER)\\s{1,4})(?!SECRET_REF\\()[A-Za-z0-9._~+/-]{12,}={0,2}" },
  { name: "basic_credentials", source: "(?<=\\b[Bb]asic\\s{1,4})(?=[A-Za-z+/]{0,80}[0-9A-Z])[A-Za-z0-9+/]{12,}={0,2}(?![A-Za-z0-9+/=])" },
  { name: "basic_credentials", source: "(?<=\\bcurl\\b[^\\n]{0,300}\\s(?:-u|--user)\\s{0,3}[\"']?[^\\s:\"']{1,100}:)[^\\s\"']{4,200}" },
  {
    name: "signature",
    source: "(?<=[?&](?:sig|X-Amz-Signature|X-Goog-Signature|X-Amz-Security-Token|AWSSecretKey)=)[A-Za-z0-9%+/=_-]{20,}",
  },
];

const HEAD_CHARS = 3;

interface Head extends Literal {
  readonly name: string;
  readonly rest: RegExp;
}

const heads = createLiteralIndex<Head>(
  SHAPES.flatMap(({ name, heads: texts, rest }) => texts.split(" ").map((text) => ({ text, name, rest: new RegExp(rest, "y") }))),
  HEAD_CHARS,
);
const loose = new RegExp(LOOSE.map(({ source }, at) => `(?<p${at}>${source})`).join("|"), "g");

/** Where well-known tokens stand, by kind, e.g. `github_token`. In no order; may overlap. */
export function tokenSpans(text: string): Span[] {
  const spans: Span[] = [];
  let done = 0;
  heads.find(text, ({ literal: { text: head, name, rest }, at }) => {
    if (at < done || isInsideWord(text, at)) return;
    rest.lastIndex = at + head.length;
    if (!rest.test(text)) return;
    done = rest.lastIndex;
    spans.push({ start: at, end: done, name });
  });
  for (const match of text.matchAll(loose))
    spans.push({ start: match.index, end: match.index + match[0].length, name: nameOfMatch(match) });
  return spans;
}

/** The kind of the first well-known token in the text; undefined when there is none. */
export function findToken(text: string): string | undefined {
  return tokenSpans(text).reduce<Span | undefined>((first, span) => (first && first.start <= span.start ? first : span), undefined)?.name;
}

/** A head in the middle of a word begins no token. A letter of an escape (`\n`, `%20`) is no part of the word. */
function isInsideWord(text: string, at: number): boolean {
  if (!/[A-Za-z0-9_-]/.test(text.charAt(at - 1))) return false;
  return !/(?:\\[nrtbf]|%[0-9A-Fa-f]{2})$/.test(text.slice(Math.max(0, at - 3), at));
}

function nameOfMatch({ groups = {} }: RegExpMatchArray): string {
  return LOOSE.find((_, at) => groups[`p${at}`] !== undefined)?.name ?? "token";
}
