/** .env.example, made from the variables the hub itself and each connector say they read. Knows no variable by name. */

export interface Variable {
  readonly name: string;
  /** A sentence fragment. */
  readonly purpose: string;
  readonly secret: boolean;
  /** What happens without it, in words or as a value. */
  readonly default?: string | undefined;
}

export interface VariableGroup {
  readonly title: string;
  readonly variables: readonly Variable[];
}

const HEAD = `# Every environment variable mos-hub reads. Written by \`npm run docs\`; do not edit it by hand.
# Set what you need in the shell or in the service's environment file (deploy/README.md). An empty value counts as not set.
# A secret may come from a file instead: NAME_FILE=/run/secrets/name in place of NAME=value.
`;

/** Everything is empty, so that a copy changes nothing until somebody means it to. Each name appears once, in its first group. */
export function renderEnvExample(groups: readonly VariableGroup[]): string {
  const seen = new Set<string>();
  const sections = groups.flatMap(({ title, variables }) => {
    const fresh = variables.filter(({ name }) => !seen.has(name) && seen.add(name));
    return fresh.length === 0 ? [] : [`# ${title}\n\n${fresh.map(lines).join("\n")}`];
  });
  return [HEAD, ...sections].join("\n");
}

function lines({ name, purpose, secret, default: value }: Variable): string {
  const facts = [secret ? "secret" : "", value === undefined ? "" : `default: ${value}`].filter((fact) => fact !== "");
  return `# ${purpose}${facts.length > 0 ? ` (${facts.join("; ")})` : ""}\n${name}=\n`;
}
