import commands from '../../../sdk/admin/commands.json' with { type: 'json' };

/** A request of the console, as it would be sent. */
export interface ShownRequest {
  method: string;
  /** With its query. */
  url: URL;
  /** JSON; absent: it has none. */
  body?: unknown;
  /** It sends a file beside `body`. */
  file?: boolean;
  /** It is one of the many that an import sends: what the command of the import has beside `body`. */
  many?: { domain: string };
}

interface CommandOfOperation {
  words: string;
  on?: string;
  args: readonly string[];
  options: Readonly<Record<string, { option: string; no?: boolean }>>;
}

const ofPicture = {
  consent: { option: '--consent <parts>' },
  overrideLiveness: { option: '--override-liveness' },
  overrideQuality: { option: '--override-quality' },
};
const email = { option: '--email <address>' };
const name = { option: '--name <name>' };

/** The commands that send a file, whose name is their last word. */
export const uploads: Readonly<Record<string, CommandOfOperation>> = {
  'POST /api/admin/subjects': {
    words: 'subject enroll',
    on: 'world',
    args: [],
    options: { email, name, ...ofPicture },
  },
  'POST /api/admin/verifications': { words: 'verify', on: 'world', args: [], options: { email } },
};
export const importCommand: CommandOfOperation = {
  words: 'subject import',
  on: 'world',
  args: [],
  options: { domain: { option: '--domain <domain>' }, ...ofPicture },
};

/** Fields whose values are never shown. */
const secret = /password|passphrase|secret|token|credential|\bpin\b|^pin$|code$|^current$|^next$/i;
/** Longer texts are pictures and files. */
const LONGEST = 300;

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** `$PASSWORD`: it is set by the person who runs the command. */
const variableOf = (name: string) =>
  `$${name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/\W|^(?=\d)/g, '_')
    .toUpperCase()}`;

/** Around a variable, in what is quoted afterwards: characters of no language. */
const [BEGINS, ENDS] = ['\uE000', '\uE001'];
const withoutMarks = (text: string) => text.replace(/[\uE000\uE001]/g, '');
/** For the shell, with its variables outside of the quotes. */
const quotedWithVariables = (text: string): string =>
  quoted(text).replaceAll(new RegExp(`${BEGINS}([^${ENDS}]*)${ENDS}`, 'g'), `'"$1"'`);

/** `isHeaders`: below the headers of a webhook, whose values are tokens. */
function masked(value: unknown, name = '', isHeaders = false): unknown {
  if (Array.isArray(value)) return value.map((one) => masked(one, name, isHeaders));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        withoutMarks(key),
        masked(inner, key, name === 'headers'),
      ]),
    );
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (isHeaders || secret.test(name)) return `${BEGINS}${variableOf(name)}${ENDS}`;
  if (typeof value !== 'string') return value;
  return value.length > LONGEST ? '…' : withoutMarks(value);
}

/** The key or access token is a variable and is never printed. */
export function toCurl({ method, url, body, file }: ShownRequest): string {
  const json = body === undefined ? undefined : JSON.stringify(masked(body));
  const parts = [
    `curl -sS${method === 'GET' ? '' : ` -X ${method}`} ${quoted(url.href)}`,
    '-H "authorization: Bearer $GATEHOUSE_TOKEN"',
    ...(json === undefined
      ? []
      : file
        ? [`-F ${quotedWithVariables(`request=${json};type=application/json`)}`]
        : ["-H 'content-type: application/json'", `-d ${quotedWithVariables(json)}`]),
    ...(file ? ['-F file=@FILE'] : []),
  ];
  return parts.join(' \\\n  ');
}

/** The command of the same effect on the box; undefined where the command line has none, or not for all of these fields. */
export function toCli(
  { method, url, body, file, many }: ShownRequest,
  organization: string,
): string | undefined {
  if (file) {
    const { email, name, ...common } = withConsentText(body as Enrollment);
    const realm = { organization, env: url.searchParams.get('env') ?? undefined };
    const upload = uploads[`${method} ${url.pathname}`];
    const line = many
      ? lineOf(importCommand, { domain: many.domain || undefined, ...common }, realm)
      : upload && lineOf(upload, { email, name, ...common }, realm);
    return line && `${line} ${many ? 'FOLDER' : 'FILE'}`;
  }
  for (const [operation, command] of Object.entries(commands as Record<string, CommandOfOperation>)) {
    const values = valuesOfPath(operation, method, url.pathname);
    if (!values) continue;
    const {
      org: _,
      organization: __,
      env,
      limit: ___,
      cursor: ____,
      ...query
    } = Object.fromEntries(url.searchParams);
    const fields = { ...query, ...(body as object | undefined) };
    return lineOf(command, { ...values, ...fields }, { organization, env });
  }
  return undefined;
}

interface Enrollment {
  email?: string;
  name?: string;
  consent?: { textVersion: string; method: string; legalBasis: string; purposes: readonly string[] };
}

/** The consent as `--consent` takes it, if it can: a text that was shown on the screen has no option. */
function withConsentText({ consent, ...rest }: Enrollment) {
  if (!consent) return rest;
  const { textVersion, method, legalBasis, purposes, ...more } = consent;
  const parts = [textVersion, method, legalBasis, purposes.join('+')];
  const fits = Object.keys(more).length === 0 && !parts.some((part) => part.includes(','));
  return { ...rest, consent: fits ? parts.join(',') : consent };
}

/** The values of the path where it is the one of the operation. */
function valuesOfPath(
  operation: string,
  method: string,
  path: string,
): Readonly<Record<string, string>> | undefined {
  const [ofMethod, template = ''] = operation.split(' ');
  const names: string[] = [];
  const pattern = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    names.push(name);
    return '([^/]+)';
  });
  const found = ofMethod === method ? new RegExp(`^${pattern}$`).exec(path) : null;
  return found
    ? Object.fromEntries(names.map((name, i) => [name, decodeURIComponent(found[i + 1]!)]))
    : undefined;
}

function lineOf(
  { words, on, args, options }: CommandOfOperation,
  fields: Readonly<Record<string, unknown>>,
  { organization, env }: { organization: string; env: string | undefined },
): string | undefined {
  const line = [`gatehouse ${words}`];
  for (const name of args) {
    if (fields[name] === undefined) return undefined;
    line.push(quoted(String(fields[name])));
  }
  for (const [name, value] of Object.entries(fields)) {
    if (args.includes(name) || value === undefined) continue;
    const option = options[name] && optionOf(name, options[name], value);
    if (option === undefined) return undefined;
    if (option !== '') line.push(option);
  }
  if (on !== undefined) line.push(`--org ${organization}`);
  if (on === 'world' && env !== undefined) line.push(`--env ${env}`);
  return line.join(' ');
}

/** Undefined where the option cannot say the value. */
function optionOf(
  name: string,
  { option, no }: CommandOfOperation['options'][string],
  value: unknown,
): string | undefined {
  const [flag = '', takes] = option.split(' ');
  const off = flag.replace('--', '--no-');
  if (value === true) return takes === undefined ? flag : undefined;
  if (value === false) return takes !== undefined ? undefined : no ? off : '';
  if (value === null) return no ? off : undefined;
  if (takes === undefined) return undefined;
  const texts = Array.isArray(value) ? value : [value];
  if (texts.some((one) => typeof one === 'object')) return undefined;
  const shown = texts.map((one) => (secret.test(name) ? `"${variableOf(name)}"` : quoted(String(one))));
  return takes.includes('...')
    ? `${flag} ${shown.join(' ')}`
    : shown.map((one) => `${flag} ${one}`).join(' ');
}
