import { z } from 'zod';
import { Config, environment } from '../config.ts';
import { checkNames, ProfileDefinition, qualityComponents } from '../engine/matching/index.ts';

/** Every field under its dotted path; a record's keys are one path with `<name>`. */
function fieldsOf(schema: JsonSchema, path: string[] = [], required = true): string[][] {
  const own =
    path.length === 0
      ? []
      : [[`\`${path.join('.')}\``, allowedValues(schema), required ? 'yes' : '', schema.description ?? '']];
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    fieldsOf(field, [...path, name], (schema.required ?? []).includes(name)),
  );
  const values = schema.additionalProperties;
  const record =
    typeof values === 'object' && values.properties ? fieldsOf(values, [...path, '<check>']) : [];
  return [...own, ...inner, ...record.slice(record.length > 0 ? 1 : 0)];
}

/** `docs/PROFILES.md`, from the schema that profiles are checked with. */
export function profilesPage(): string {
  const schema = z.toJSONSchema(ProfileDefinition, { io: 'input' }) as JsonSchema;
  return `<!-- Generated from service/engine/matching/profiles/profile.ts by "npm run generate". -->

# Profiles

For administrators. A profile says which checks a verification runs and how strict they are. A caller names one by \`profile\`; without, \`default\` holds. Change one by writing its next version; every
verification keeps the version it ran under.

\`\`\`sh
gatehouse profile list
gatehouse profile show strict-finance --json | jq '.definition.name = "Our counter"' > mine.json
gatehouse profile set our-counter mine.json
gatehouse profile show our-counter
\`\`\`

This makes a profile of the organization, a copy under a name of its own; change more fields in \`mine.json\` before the second command. \`jq\` is a package of every Linux; an editor does as well.

Callers may now name it beside the others. To allow it alone, which refuses every other profile to every caller (undo: \`gatehouse org set --all-profiles\`):

\`\`\`sh
gatehouse org set --profiles our-counter
\`\`\`

## The built-in profiles

A verification names a profile (\`default\` when it does not). A profile sets **error rates, not scores**: a 1:1 false-match rate (\`default\`:
1 in 1,000 in every measured group) and a 1:N false-identification rate over the whole gallery (\`default\`: 1 %); thresholds follow from the measured calibration and,
for 1:N, from how many people are enrolled; a search is never laxer than a 1:1 verification. Every reply has the false non-match rate of that threshold (\`fnmr\`) and says whether it lies
beyond the measured range (\`extrapolated\`). From 30 people on the organization's own gallery is compared with the calibration, and thresholds are raised where its people are more
alike than the tables say; \`gatehouse org calibrate\` measures now, \`profile show\`, \`doctor\` and \`/health\` show the result ([decision 21](decisions/0021-own-galleries-raise-thresholds.md)).

| profile | maturity | for |
| --- | --- | --- |
| \`default\` | proven | everyday verification; refuses below a live score of 0.5 |
| \`specter\` | proven | the baseline: BlazeFace and embedding R alone, whatever else is enabled |
| \`strict-finance\`, \`high-security\` | proven | 0.1 % false identification; liveness is required and refuses at the APCER-5 % threshold |
| \`phantom\` | alternate | YuNet, once it is imported (\`models import --help\` names the file), and MiniFASNetV2 alone |
| \`argus\` | experimental | highest accuracy: embedding R with MobileFaceNet where that is enabled, and stricter picture quality |
| \`fortress\` | experimental | the strictest setting of every check |

With a built-in profile a failed liveness check never verifies, and a refusal has a sentence but no score. A black and white picture cannot be judged and is refused. An organization
that needs another rule writes its own profile (\`liveness\` without \`hardFail\`, or a lower threshold): \`profile show\`, \`doctor\` and \`/health\` then say so.

A caller may name the organization's own profiles, and built-in ones it has not replaced: where it has a \`default\` of its own, \`builtin:default\` is refused. \`gatehouse org set
--profiles strict-finance,front-door\` allows these alone, and \`key create --profile front-door\` binds one key. Failed attempts are limited by the strictest of the allowed profiles, whichever is named.

A check that needs something the caller left out follows the rule's \`whenMissing\`: \`skip\` or \`fail\`. A hard-fail \`geoFence\`, \`timeRestriction\` or \`impossibleTravel\`
fails by default, so the strict profiles need a \`location\` in the call or a site for its network (\`gatehouse site add --help\`). Coordinates without a country are looked up
offline; disputed areas follow the setting \`disputedAreas\` ([decision 14](decisions/0014-context-checks-without-their-input.md)).

## The fields

${table(['field', 'allowed', 'required', 'meaning'], fieldsOf(schema))}

The checks are ${checkNames.map((name) => `\`${name}\``).join(', ')}. \`refuseQuality\` takes ${qualityComponents.map((name) => `\`${name}\``).join(', ')}.

A new definition has a rule for every check. A profile stored by an earlier release runs without the checks that came later, until its next version enables them; what a release does not
know of a stored profile it leaves out, with a line in the log.
`;
}

/** The part of a JSON schema that a table of fields shows. */
export interface JsonSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: readonly string[];
  additionalProperties?: JsonSchema | boolean;
}

/** `a` to `b`, `at least a` or `at most b`; nothing without bounds. */
function between(least: number | undefined, most: number | undefined, unit = ''): string {
  const of = unit === '' ? '' : ` ${unit}`;
  // zod bounds every integer by what JavaScript counts exactly.
  const upper = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  const lower = least === Number.MIN_SAFE_INTEGER ? undefined : least;
  if (lower !== undefined && upper !== undefined) return `${lower} to ${upper}${of}`;
  if (lower !== undefined && lower > 0) return `at least ${lower}${of}`;
  return upper === undefined ? '' : `at most ${upper}${of}`;
}

/** What a value may be, in a few words. */
function allowedValues(schema: JsonSchema): string {
  const { type, format, pattern } = schema;
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  const parts: Record<string, () => string> = {
    string: () =>
      [
        'text',
        format ?? (pattern === undefined ? '' : `\`${pattern}\``),
        between(schema.minLength, schema.maxLength, 'characters'),
      ]
        .filter((part) => part !== '')
        .join(', '),
    number: () =>
      ['number', between(schema.minimum, schema.maximum)].filter((part) => part !== '').join(', '),
    integer: () =>
      ['whole number', between(schema.minimum, schema.maximum)].filter((part) => part !== '').join(', '),
    boolean: () => '`true`, `false`',
    array: () =>
      [
        'list',
        between(schema.minItems, schema.maxItems, 'entries'),
        schema.items ? `each: ${allowedValues(schema.items)}` : '',
      ]
        .filter((part) => part !== '')
        .join(', '),
    object: () => 'object',
  };
  return parts[type ?? '']?.() ?? 'any';
}

/** A row of a Markdown table; bars in cells are escaped. */
const row = (cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(header), row(header.map(() => '---')), ...rows.map(row)].join('\n');

const flags: Partial<Record<string, string>> = {
  data: '--data',
  host: '--host',
  hostName: '--host-name',
  port: '--port',
  httpPort: '--http-port',
  tlsCert: '--tls-cert',
  tlsKey: '--tls-key',
  insecureHttp: '--insecure-http',
  allowedHosts: '--allowed-hosts',
  databaseUrl: '--database-url',
  keysDatabaseUrl: '--keys-database-url',
  nodes: '--nodes',
  nodeName: '--node-name',
  nodeAddress: '--node-address',
  masterKeyFile: '--master-key-file',
  passphraseFile: '--passphrase-file',
  workers: '--workers',
  providers: '--providers',
  logLevel: '--log-level',
};

/** `docs/SETTINGS.md`, from the schema that settings are parsed with. */
export function settingsPage(): string {
  const schema = z.toJSONSchema(Config, { io: 'input' }) as JsonSchema;
  const variables = new Map(Object.entries(environment).map(([name, { key }]) => [key as string, name]));
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    `\`${name}\``,
    variables.has(name) ? `\`${variables.get(name)}\`` : '',
    flags[name] === undefined ? '' : `\`${flags[name]}\``,
    field.type === 'object'
      ? Object.keys(field.properties ?? {})
          .map((key) => `\`${key}\``)
          .join(', ')
      : allowedValues(field),
    field.default === undefined ? '' : `\`${JSON.stringify(field.default)}\``,
    field.description ?? '',
  ]);
  return `<!-- Generated from service/config.ts by "npm run generate". -->

# Settings

For operators. A setting is a flag of \`serve\` and \`start\`, a variable in the environment, a field of the file that \`GATEHOUSE_SETTINGS\` names (the packages: \`/etc/gatehouse/gatehouse.json\`),
or a field of \`gatehouse.json\` in the data directory, which the assistant writes too; the first of these wins. An
unknown name or a value that is not allowed stops the start with a sentence that names the setting. In the environment a list is separated by commas. Settings of an
organization (\`gatehouse org set\`), limits (\`gatehouse limits set\`) and [profiles](PROFILES.md) are kept in the database.

\`\`\`json
{ "host": "0.0.0.0", "port": 443, "hostName": "gatehouse.home.arpa", "trustedProxies": ["10.0.0.5"] }
\`\`\`

${table(['setting', 'environment', 'flag', 'allowed', 'default', 'meaning'], rows)}
`;
}
