import { isIP } from 'node:net';
import type { Config } from '../config.ts';
import type { OwnPlaces } from '../engine/destinations/index.ts';
import { machineInterfaces } from '../lib/machine/network-interfaces.ts';

export interface OwnPlacesDeps {
  config: Pick<Config, 'port' | 'databaseUrl' | 'keysDatabaseUrl'>;
  resolve: (host: string) => Promise<string[]>;
  /** Every address of this machine. */
  interfaces?: () => string[];
  /** Milliseconds of a monotonic clock. */
  elapsed?: () => number;
  env?: Readonly<Record<string, string | undefined>>;
}

export interface KnownOwnPlaces {
  current(): Promise<OwnPlaces>;
  /** The doors answer on this port of the machine. */
  listens(port: number): void;
}

interface Server {
  /** Undefined: of this machine, over a socket file. */
  host: string | undefined;
  port: number;
}

/** Milliseconds after which addresses are asked for again. */
const FRESH = 5_000;

/**
 * The current addresses and ports of this appliance and of its databases. A database whose name does not resolve for a moment
 * keeps its last addresses.
 */
export function createOwnPlaces({
  config,
  resolve,
  interfaces = machineAddresses,
  elapsed = () => performance.now(),
  env = process.env,
}: OwnPlacesDeps): KnownOwnPlaces {
  const doors = new Set(config.port === 0 ? [] : [config.port]);
  const servers = serversOf(config, env);
  const last = new Map<string, string[]>();
  let known: { until: number; places: Promise<OwnPlaces> } | undefined;

  async function addressesOf(host: string): Promise<string[]> {
    const found = await resolve(host).catch(() => last.get(host) ?? []);
    last.set(host, found);
    return found;
  }

  async function resolveAll(): Promise<OwnPlaces> {
    const machine = interfaces();
    const isHere = (address: string) => isLoopback(address) || machine.includes(address);
    const ports = new Set(doors);
    const elsewhere: OwnPlaces['elsewhere'][number][] = [];
    for (const { host, port } of servers) {
      const addresses = host === undefined ? [] : await addressesOf(host);
      if (host === undefined || host === 'localhost' || addresses.some(isHere)) ports.add(port);
      for (const address of new Set(host === undefined ? [] : [host, ...addresses]))
        elsewhere.push({ address, port });
    }
    return { machine, ports: [...ports], elsewhere };
  }

  return {
    current() {
      if (known && elapsed() < known.until) return known.places;
      known = { until: elapsed() + FRESH, places: resolveAll() };
      return known.places;
    },
    listens(port) {
      doors.add(port);
      known = undefined;
    },
  };
}

const machineAddresses = () => machineInterfaces().map(({ address }) => address);

const isLoopback = (address: string) => address.startsWith('127.') || address === '::1';

function serversOf(
  { databaseUrl, keysDatabaseUrl }: OwnPlacesDeps['config'],
  { PGHOST, PGPORT }: NonNullable<OwnPlacesDeps['env']>,
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
