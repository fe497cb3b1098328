import { existsSync, readFileSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { isDnsName } from './http/listening/listen-policy.ts';
import { NODE_ADDRESS_WANTED, parseNodeAddress } from './http/listening/node-address.ts';
import { PROXY_WANTED, parseProxy } from './http/listening/own-hosts.ts';

const countryCode = z.string().regex(/^[A-Z]{2}$/, 'must be a country code of two capital letters');

const HOST = /^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;
const HOST_WANTED =
  'each entry is a name such as gatehouse.example.org, *.example.org or an address, without scheme, brackets or port';

/**
 * Every setting, once. Sources, the first wins: command-line flags, `GATEHOUSE_*` in the environment, the file that
 * `GATEHOUSE_SETTINGS` names, `DATA/gatehouse.json`, the defaults here. An unknown or bad setting stops the start with a sentence naming it.
 */
export const Config = z.strictObject({
  data: z.string().min(1).describe('Data directory.'),
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address to listen on. Beyond loopback it is HTTPS, unless `insecureHttp`.'),
  hostName: z
    .string()
    .toLowerCase()
    .refine(isDnsName, 'must be a host name such as gatehouse.home.arpa, without scheme or port')
    .optional()
    .describe(
      'Name by which browsers reach the box, such as `gatehouse.home.arpa`: its certificate is for it, and passkeys are bound to it. With it the box serves HTTPS on loopback too, unless `insecureHttp`.',
    ),
  port: z.int().min(0).max(65535).default(7300).describe('Port to listen on; 0 picks a free one.'),
  httpPort: z
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe(
      'Port of plain HTTP beside HTTPS: it hands out the certificate authority of the box (`/trust`) and redirects everything else to HTTPS. Off when absent.',
    ),
  mdns: z
    .boolean()
    .default(false)
    .describe(
      'Announces the box in the local network (mDNS), by the first label of `hostName` with `.local`.',
    ),
  tlsCert: z
    .string()
    .optional()
    .describe(
      'Certificate chain, PEM, in the place of the certificate that the box keeps itself. A renewed pair is served within ten minutes.',
    ),
  tlsKey: z.string().optional().describe('Private key of `tlsCert`, PEM.'),
  insecureHttp: z
    .boolean()
    .default(false)
    .describe('Plain HTTP beyond loopback: only behind something that encrypts.'),
  trustedProxies: z
    .array(z.string().refine((text) => parseProxy(text) !== undefined, PROXY_WANTED))
    .default([])
    .describe(
      'Proxies in front of the box whose X-Forwarded-For or Forwarded is believed ([PROXIES.md](PROXIES.md)): addresses, networks such as `10.0.0.0/8`, and the names `loopback`, `linklocal` and `uniquelocal` (private networks).',
    ),
  allowedHosts: z
    .array(z.string().refine((host) => HOST.test(host) || isIPv6(host), HOST_WANTED))
    .default([])
    .describe(
      "Names and addresses beside the machine's own and the certificate's that requests may name in `Host`; `*.example.org` stands for every name directly under example.org.",
    ),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe(
      'PostgreSQL URL of the server itself or of a pooler in session mode, encrypted with `?sslmode=verify-full&sslrootcert=FILE`; SQLite in the data directory when absent.',
    ),
  keysDatabaseUrl: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe(
      'PostgreSQL URL of the key store, a database of its own; keys.db in the data directory when absent.',
    ),
  nodes: z
    .boolean()
    .default(false)
    .describe(
      'Serves as one of several nodes that share both PostgreSQL databases ([NODES.md](NODES.md)). `node join` and `init --nodes` write it.',
    ),
  nodeName: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .optional()
    .describe('Name of this node in lists of nodes; the name of the machine when absent.'),
  nodeAddress: z
    .string()
    .refine((text) => parseNodeAddress(text) !== undefined, NODE_ADDRESS_WANTED)
    .optional()
    .describe(
      'Address and port at which the other nodes reach this one, such as `10.0.0.11:7301`. When absent: port 7301 of the address that `host` names, or of the only address of the machine.',
    ),
  masterKeyFile: z.string().optional().describe('The master key on other media than the data directory.'),
  passphraseFile: z
    .string()
    .optional()
    .describe(
      'Holds the passphrase of the master key (mode 0600), for an unattended start: a systemd credential.',
    ),
  workers: z.int().min(0).max(64).default(0).describe('Inference worker threads; 0 = one per core.'),
  providers: z
    .array(z.enum(['auto', 'cpu', 'webgpu', 'cuda', 'coreml', 'dml']))
    .min(1)
    .default(['auto'])
    .describe(
      'Execution providers of ONNX Runtime, tried in this order; `cpu` is always the last resort. `auto` is `webgpu` where a GPU answers, agrees with the CPU and is faster.',
    ),
  queueLimit: z
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Pictures waiting for a worker before the box answers OVERLOADED.'),
  deadlineSeconds: z
    .number()
    .min(1)
    .max(300)
    .default(20)
    .describe("A picture's analysis is given up after this long, waiting included."),
  disputedAreas: z
    .strictObject({ crimea: countryCode.optional(), northernCyprus: countryCode.optional() })
    .default({})
    .describe(
      'ISO 3166-1 code for a position in a disputed area that the border data name separately, such as {"crimea": "UA"}. Without one a position there has no country. Settings file only.',
    ),
  refusedKeysPerMinute: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20)
    .describe('Refused API keys of one address in a minute, before it has to wait.'),
  smtpUrl: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      'Mail server for alerts: `smtp://` (STARTTLS where it offers it) or `smtps://`, with user and password in the URL.',
    ),
  smtpFrom: z.email().optional().describe('Sender of alerts.'),
  smtpCa: z
    .string()
    .optional()
    .describe("PEM file of the CA that the mail server's certificate comes from; the system's when absent."),
  metricsToken: z
    .string()
    .regex(/^[\x21-\x7e]{16,200}$/, 'must be 16 to 200 letters, digits and signs without spaces')
    .optional()
    .describe(
      'Token that `/metrics` asks for as `Authorization: Bearer …`. Without one only programs on the same machine read it, and not through a proxy.',
    ),
  logLevel: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Least severity of a log line.'),
});
export type Config = z.infer<typeof Config>;
export type ConfigInput = Partial<z.input<typeof Config>>;

/** `GATEHOUSE_*` and the setting each one is. */
export const environment: Record<string, { key: keyof Config; read: (text: string) => unknown }> = {
  GATEHOUSE_DATA: { key: 'data', read: (t) => t },
  GATEHOUSE_HOST: { key: 'host', read: (t) => t },
  GATEHOUSE_HOST_NAME: { key: 'hostName', read: (t) => t },
  GATEHOUSE_PORT: { key: 'port', read: Number },
  GATEHOUSE_HTTP_PORT: { key: 'httpPort', read: Number },
  GATEHOUSE_MDNS: { key: 'mdns', read: readSwitch },
  GATEHOUSE_TLS_CERT: { key: 'tlsCert', read: (t) => t },
  GATEHOUSE_TLS_KEY: { key: 'tlsKey', read: (t) => t },
  GATEHOUSE_INSECURE_HTTP: { key: 'insecureHttp', read: readSwitch },
  GATEHOUSE_TRUSTED_PROXIES: { key: 'trustedProxies', read: readList },
  GATEHOUSE_ALLOWED_HOSTS: { key: 'allowedHosts', read: readList },
  GATEHOUSE_DATABASE_URL: { key: 'databaseUrl', read: (t) => t },
  GATEHOUSE_KEYS_DATABASE_URL: { key: 'keysDatabaseUrl', read: (t) => t },
  GATEHOUSE_NODES: { key: 'nodes', read: readSwitch },
  GATEHOUSE_NODE_NAME: { key: 'nodeName', read: (t) => t },
  GATEHOUSE_NODE_ADDRESS: { key: 'nodeAddress', read: (t) => t },
  GATEHOUSE_MASTER_KEY_FILE: { key: 'masterKeyFile', read: (t) => t },
  GATEHOUSE_PASSPHRASE_FILE: { key: 'passphraseFile', read: (t) => t },
  GATEHOUSE_WORKERS: { key: 'workers', read: Number },
  GATEHOUSE_PROVIDERS: { key: 'providers', read: readList },
  GATEHOUSE_QUEUE_LIMIT: { key: 'queueLimit', read: Number },
  GATEHOUSE_DEADLINE_SECONDS: { key: 'deadlineSeconds', read: Number },
  GATEHOUSE_REFUSED_KEYS_PER_MINUTE: { key: 'refusedKeysPerMinute', read: Number },
  GATEHOUSE_SMTP_URL: { key: 'smtpUrl', read: (t) => t },
  GATEHOUSE_SMTP_FROM: { key: 'smtpFrom', read: (t) => t },
  GATEHOUSE_SMTP_CA: { key: 'smtpCa', read: (t) => t },
  GATEHOUSE_METRICS_TOKEN: { key: 'metricsToken', read: (t) => t },
  GATEHOUSE_LOG_LEVEL: { key: 'logLevel', read: (t) => t },
};

/** Read by `gatehouse init`, each also with `_FILE`; a service that finds them has nothing to do with them. */
const ofInit = new Set(
  [
    ...['GATEHOUSE_ORG', 'GATEHOUSE_OWNER_EMAIL', 'GATEHOUSE_OWNER_NAME', 'GATEHOUSE_OWNER_PASSWORD'],
    'GATEHOUSE_MATCH_ONLY',
  ].flatMap((name) => [name, `${name}_FILE`]),
).add('GATEHOUSE_HOST_NAME_FILE');

/**
 * Names a settings file of the machine, which the packages keep in /etc/gatehouse: what an administrator of the machine set. It goes
 * before that of the data directory, which the service writes too.
 */
const MACHINE_FILE = 'GATEHOUSE_SETTINGS';

/** A setting that cannot be used. The message names it, says where it came from and what is allowed. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Throws ConfigError. `flags` holds what the command line gave; undefined means not given. */
export function parseConfig(
  flags: ConfigInput,
  env: Record<string, string | undefined> = process.env,
  home: string = homedir(),
): Config {
  const fromEnv: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('GATEHOUSE_') || text === undefined || text === '' || ofInit.has(name)) continue;
    if (name === MACHINE_FILE) continue;
    const setting = environment[name];
    if (!setting) {
      refuseFormer({ [name]: text }, 'the environment');
      throw new ConfigError(
        `The environment variable ${name} is not a setting of Gatehouse. Settings: ${[...Object.keys(environment), MACHINE_FILE].join(', ')}.`,
      );
    }
    fromEnv[setting.key] = setting.read(text);
  }
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const data = resolve(String(given.data ?? fromEnv.data ?? join(home, '.local', 'share', 'gatehouse')));
  const file = join(data, 'gatehouse.json');
  const fromFile = readSettingsFile(file);
  const machineFile = env[MACHINE_FILE];
  const fromMachine = machineFile ? readSettingsFile(resolve(machineFile)) : {};
  for (const [settings, source] of [
    [given, 'the command line'],
    [fromMachine, machineFile],
    [fromFile, file],
  ] as const)
    refuseFormer(settings, String(source));
  const parsed = Config.safeParse({ ...fromFile, ...fromMachine, ...fromEnv, ...given, data });
  if (parsed.success) {
    requireCompanions(parsed.data);
    for (const [key, what] of [
      ['databaseUrl', 'the database'],
      ['keysDatabaseUrl', 'the key store'],
    ] as const) {
      const named = parsed.data[key];
      const recorded = fromFile[key];
      if (named === undefined || typeof recorded !== 'string') continue;
      const [asked, kept] = [describeDatabase(named), describeDatabase(recorded)];
      if (asked !== kept) {
        const source =
          given[key] !== undefined
            ? 'the command line'
            : fromEnv[key] !== undefined
              ? 'the environment'
              : machineFile;
        throw new ConfigError(
          `${file} records ${kept} as ${what} of this directory, but ${source} names ${asked}. ` +
            `Leave the URL away to open the recorded one; where ${what} itself has moved, change it in that file.`,
        );
      }
    }
    const { databaseUrl, keysDatabaseUrl } = parsed.data;
    if (
      databaseUrl !== undefined &&
      keysDatabaseUrl !== undefined &&
      describeDatabase(databaseUrl) === describeDatabase(keysDatabaseUrl)
    ) {
      throw new ConfigError(
        `The database and the key store are the same, ${describeDatabase(databaseUrl)}: every backup of the data would hold the keys, so erasing would not reach it. Give --keys-database-url a database of its own.`,
      );
    }
    return parsed.data;
  }
  const issue = parsed.error.issues[0];
  const key = issue?.code === 'unrecognized_keys' ? issue.keys[0] : String(issue?.path[0]);
  const source =
    key !== undefined && key in given
      ? 'the command line'
      : key !== undefined && key in fromEnv
        ? 'the environment'
        : key !== undefined && key in fromMachine
          ? machineFile
          : file;
  throw new ConfigError(`The setting "${key}" from ${source} cannot be used: ${issue?.message}.`);
}

const formerSettings = ['queue', 'redisUrl', 'GATEHOUSE_QUEUE', 'GATEHOUSE_REDIS_URL'];

/** Settings of Redis, which earlier releases could carry jobs with. */
function refuseFormer(settings: Readonly<Record<string, unknown>>, source: string): void {
  const former = formerSettings.find((name) => settings[name] !== undefined);
  if (former === undefined) return;
  throw new ConfigError(
    `The setting "${former}" from ${source} does not exist any more: deliveries wait in the database, and no Redis carries them. Remove it; nothing that waits is lost.`,
  );
}

/** Settings that mean nothing without another. */
function requireCompanions(config: Config): void {
  const { tlsCert, tlsKey, port, httpPort } = config;
  if (config.mdns && config.hostName === undefined) {
    throw new ConfigError(
      'The announcement ("mdns") needs a name: give it with --host-name, GATEHOUSE_HOST_NAME or "hostName" in gatehouse.json.',
    );
  }
  if (httpPort !== undefined && httpPort !== 0 && httpPort === port) {
    throw new ConfigError(`"httpPort" and "port" are both ${port}: plain HTTP needs a port of its own.`);
  }
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new ConfigError(
      'TLS needs both a certificate and its key: give --tls-cert FILE and --tls-key FILE.',
    );
  }
  if (config.nodes) requireShared(config);
  if (config.smtpUrl !== undefined && config.smtpFrom === undefined) {
    throw new ConfigError(
      'Mail needs a sender: give its address with GATEHOUSE_SMTP_FROM or "smtpFrom" in gatehouse.json.',
    );
  }
}

/** Nodes have nothing in common but two PostgreSQL databases. */
function requireShared({ databaseUrl, keysDatabaseUrl, mdns }: Config): void {
  if (databaseUrl === undefined || keysDatabaseUrl === undefined) {
    const [what, flag] =
      databaseUrl === undefined ? ['record', '--database-url'] : ['key store', '--keys-database-url'];
    throw new ConfigError(
      `Nodes ("nodes") share their record and its key store on PostgreSQL, and no URL names the database of the ${what}: give ${flag}. A directory that has its people in a file cannot be one of several nodes: "gatehouse init" with both URLs makes a new one. Keys in a file move with "gatehouse keystore move".`,
    );
  }
  if (mdns)
    throw new ConfigError(
      'The announcement ("mdns") gives the name of the service to one machine, but several nodes ("nodes") have that name: remove "mdns", and give the name to the balancer in your DNS.',
    );
}

/** `PostgreSQL db.example:5432/gatehouse`: where it is, never who or with what password. */
export function describeDatabase(url: string): string {
  const parsed = URL.parse(url);
  return parsed
    ? `PostgreSQL ${decodeURIComponent(parsed.hostname)}:${parsed.port || 5432}${parsed.pathname}`
    : 'a database whose URL cannot be read';
}

function readSettingsFile(file: string): Record<string, unknown> {
  if (!existsSync(file)) return {};
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new ConfigError(
      `${file} cannot be read as JSON: ${(error as Error).message}. Correct it or move it away.`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigError(`${file} must hold one JSON object of settings, like {"port": 7300}.`);
  }
  return value as Record<string, unknown>;
}

function readSwitch(text: string): unknown {
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  return text;
}

function readList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
