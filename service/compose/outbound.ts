import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { isIP } from 'node:net';
import type { ServedCertificate } from '../certificate/served-certificate.ts';
import { type Config, ConfigError } from '../config.ts';
import type { Organizations } from '../engine/accounts/index.ts';
import {
  type Backups,
  type GaugeReadings,
  type MailServer,
  type NodeTroubles,
  nodeTroubleSentences,
  type RecordIntegrity,
} from '../engine/appliance/index.ts';
import type { ApplianceAddresses } from '../engine/events/index.ts';
import type { Models } from '../engine/models/index.ts';
import type { Retention } from '../engine/people/index.ts';
import type { Clock } from '../lib/clock.ts';
import { defined } from '../lib/defined.ts';
import { machineInterfaces } from '../lib/machine/network-interfaces.ts';
import type { NodeFigures } from '../storage/position/node-figures.ts';

/** The mail server of the settings, or undefined without one. Throws ConfigError naming the setting that cannot be used. */
export function mailServerOf({
  smtpUrl,
  smtpFrom,
  smtpCa,
}: Pick<Config, 'smtpUrl' | 'smtpFrom' | 'smtpCa'>): MailServer | undefined {
  if (smtpUrl === undefined || smtpFrom === undefined) return undefined;
  const { protocol, hostname, port, username, password, pathname, search } = new URL(smtpUrl);
  if (hostname === '' || (pathname !== '' && pathname !== '/') || search !== '')
    throw new ConfigError(
      'The setting "smtpUrl" names a mail server and nothing below it: smtp://mail.example.org:587, with user:password@ before the name where it asks for them.',
    );
  if ((username === '') !== (password === ''))
    throw new ConfigError('The setting "smtpUrl" needs a user and a password, or neither.');
  const secure = protocol === 'smtps:';
  const ca = smtpCa === undefined ? undefined : readCa(smtpCa);
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    from: smtpFrom,
    ...(username !== '' && { user: decode(username), password: decode(password) }),
    ...defined({ ca }),
  };
}

function readCa(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new ConfigError(
      `The setting "smtpCa" names ${file}, which holds no certificate in PEM form (${(error as Error).message}).`,
    );
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConfigError(
      'The user and password of the setting "smtpUrl" are written as in every URL: a % as %25, an @ as %40.',
    );
  }
}

const MEBIBYTE = 2 ** 20;
const DAY = 86_400_000;

interface GaugeReadingsDeps {
  config: Pick<Config, 'data' | 'tlsCert'>;
  /** Certificate of a running service. */
  certificate?: Pick<ServedCertificate, 'end'> | undefined;
  models: Pick<Models, 'current'>;
  organizations: Pick<Organizations, 'get'>;
  backups: Pick<Backups, 'warnings'>;
  retention: Pick<Retention, 'waiting'>;
  recordIntegrity: Pick<RecordIntegrity, 'found'>;
  figures?: Pick<NodeFigures, 'ofOthers'> | undefined;
  nodes(): Promise<NodeTroubles>;
  clock: Clock;
}

/** Readings for alert rules about the appliance. The certificate is the served one, or the one in the file where none is served. */
export function createGaugeReadings({
  config: { data, tlsCert },
  certificate,
  models,
  organizations,
  backups,
  retention,
  recordIntegrity,
  figures,
  nodes,
  clock,
}: GaugeReadingsDeps): GaugeReadings {
  return {
    async diskFree() {
      const { bavail, bsize } = await statfs(data);
      return (bavail * bsize) / MEBIBYTE;
    },
    ...((certificate ?? tlsCert) !== undefined && {
      certificateDays() {
        const end = certificate?.end() ?? Date.parse(new X509Certificate(readFileSync(tlsCert!)).validTo);
        return Math.floor((end - clock.now()) / DAY);
      },
    }),
    ...(figures && { otherNodes: figures.ofOthers }),
    backupTroubles: backups.warnings,
    async sweepWaiting(organization) {
      const { clock: doubt, sweeps } = await retention.waiting();
      return doubt ?? sweeps.find((one) => one.organization === organization)?.why;
    },
    nodeTroubles: async () => nodeTroubleSentences(await nodes()),
    alteredRows: (organization) => recordIntegrity.found(organization).map(({ says }) => says),
    async padMissing(organization) {
      return models.current().padSets.length === 0 || (await organizations.get(organization)).matchOnly;
    },
  };
}

export interface ApplianceAddressesDeps {
  config: Pick<Config, 'port' | 'databaseUrl' | 'keysDatabaseUrl'>;
  resolve: (host: string) => Promise<string[]>;
  /** URLs of the doors of all nodes, where several serve together. */
  nodes?: (() => Promise<string[]>) | undefined;
  /** Every address of this machine. */
  interfaces?: () => string[];
  /** Milliseconds of a monotonic clock. */
  elapsed?: () => number;
  env?: Readonly<Record<string, string | undefined>>;
}

interface Server {
  /** Undefined: of this machine, over a socket file. */
  host: string | undefined;
  port: number;
}

/** Milliseconds after which addresses are asked for again. */
const FRESH = 5_000;

/**
 * The current addresses and ports of this appliance, of its other nodes and of its databases. What cannot be asked for a moment keeps its
 * last addresses.
 */
export function createApplianceAddresses({
  config,
  resolve,
  nodes = async () => [],
  interfaces = machineAddresses,
  elapsed = () => performance.now(),
  env = process.env,
}: ApplianceAddressesDeps) {
  const doors = new Set(config.port === 0 ? [] : [config.port]);
  const servers = serversOf(config, env);
  const last = new Map<string, string[]>();
  let ofNodes: readonly string[] = [];
  let known: { until: number; places: Promise<ApplianceAddresses> } | undefined;

  async function addressesOf(host: string): Promise<string[]> {
    const found = await resolve(host).catch(() => last.get(host) ?? []);
    last.set(host, found);
    return found;
  }

  async function resolveAll(): Promise<ApplianceAddresses> {
    const machine = interfaces();
    const isHere = (address: string) => isLoopback(address) || machine.includes(address);
    const ports = new Set(doors);
    const elsewhere: ApplianceAddresses['elsewhere'][number][] = [];
    ofNodes = await nodes().catch(() => ofNodes);
    // Nodes serve their callers on one port, which their rows do not name.
    const doorsOfNodes = ofNodes
      .flatMap(doorsOf)
      .flatMap((door) => [door, ...[...doors].map((port) => ({ ...door, port }))]);
    for (const { host, port } of [...servers, ...doorsOfNodes]) {
      const addresses = host === undefined ? [] : await addressesOf(host);
      if (host === undefined || host === 'localhost' || addresses.some(isHere)) ports.add(port);
      for (const address of new Set(host === undefined ? [] : [host, ...addresses]))
        elsewhere.push({ address, port });
    }
    return { machine, ports: [...ports], elsewhere };
  }

  return {
    current(): Promise<ApplianceAddresses> {
      if (known && elapsed() < known.until) return known.places;
      known = { until: elapsed() + FRESH, places: resolveAll() };
      return known.places;
    },
    /** The doors answer on this port of the machine. */
    listens(port: number): void {
      doors.add(port);
      known = undefined;
    },
  };
}

function doorsOf(address: string): Server[] {
  const url = URL.parse(address);
  if (url === null) return [];
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  return [{ host: url.hostname.replace(/^\[|\]$/g, ''), port }];
}

const machineAddresses = () => machineInterfaces().map(({ address }) => address);

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

function serversOf(
  { databaseUrl, keysDatabaseUrl }: ApplianceAddressesDeps['config'],
  { PGHOST, PGPORT }: NonNullable<ApplianceAddressesDeps['env']>,
): Server[] {
  // The defaults of `pg` for parts missing in a URL.
  const postgres = { host: PGHOST || 'localhost', port: Number(PGPORT) || 5432 };
  return [...[databaseUrl, keysDatabaseUrl].flatMap((url) => serverOf(url, postgres))];
}

/** PostgreSQL's `?host=` and `?port=` override host and port of the URL. */
function serverOf(text: string | undefined, otherwise: { host: string; port: number }): Server[] {
  const url = text === undefined ? null : URL.parse(text);
  if (url === null) return [];
  const { searchParams, hostname } = url;
  const host = (decodeURIComponent(searchParams.get('host') ?? hostname) || otherwise.host).replace(
    /^\[|\]$/g,
    '',
  );
  const port = Number(searchParams.get('port') ?? url.port) || otherwise.port;
  return [{ host: host.startsWith('/') ? undefined : isIP(host) === 0 ? host.toLowerCase() : host, port }];
}
