import type { ServedCertificate } from '../../certificate/served-certificate.ts';
import { type Config, ConfigError, parseConfig } from '../../config.ts';
import { readSettings, recordSettings } from '../../data-directory/database-location.ts';
import type { BoxNameOperations, ServiceReport } from '../../doors/admin/index.ts';
import { isLoopback, listenPolicy } from '../../http/listening/listen-policy.ts';
import type { Clock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { productVersion } from '../../lib/version.ts';
import type { Foundation } from '../foundation.ts';
import { createSharedSettings } from './shared-settings.ts';

/** What this process serves. */
export type Serving = ReturnType<typeof createServing>;

interface ServingDeps {
  config: Config;
  certificate: Pick<ServedCertificate, 'current' | 'end'> | undefined;
  clock: Clock;
}

export function createServing({ config, certificate, clock }: ServingDeps) {
  let begun: { url: string; startedAt: number } | undefined;
  const settings = shownSettings(config);
  const restart = Promise.withResolvers<void>();
  let awaited = false;
  return {
    /** Sets the URL that it listens at. */
    begin(url: string): void {
      begun = { url, startedAt: clock.now() };
    },
    /** Undefined before it listens, and in a command that opens the directory without serving. */
    report: (): ServiceReport | undefined =>
      begun && {
        ...begun,
        version: productVersion(),
        process: process.pid,
        ...(certificate && {
          certificate: { subject: certificate.current().subject, endsAt: certificate.end() },
        }),
        insecureHttp: isInsecure(config),
        settings,
      },
    /** Makes `restartAsked` settle; false where nothing waits for it, as in a command that opens the directory. */
    askRestart(): boolean {
      restart.resolve();
      return awaited;
    },
    /** Settles when a changed setting asks for a new start. */
    restartAsked(): Promise<void> {
      awaited = true;
      return restart.promise;
    },
  };
}

export const isInsecure = (config: Config): boolean => listenPolicy(config).is === 'plain-with-warning';

/** Each setting as JSON. URLs keep host, port and path: their other parts may hold a password. */
export function shownSettings(config: Config): Record<string, string> {
  const shown = Object.entries(config).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, JSON.stringify(name.endsWith('Url') ? withoutSecrets(value) : value)]],
  );
  return Object.fromEntries(shown);
}

function withoutSecrets(value: unknown): string {
  const { protocol, host, pathname } = new URL(String(value));
  return `${protocol}//${host}${pathname}`;
}

/** Where the service listens when nothing says so, and when it is for the network. */
const LOOPBACK = '127.0.0.1';
const EVERYWHERE = '0.0.0.0';

type NameCareDeps = Pick<
  Foundation,
  'config' | 'settings' | 'inTransaction' | 'audit' | 'boxCertificate' | 'vault' | 'node' | 'log'
>;

/** The name of the box, and whether the network reaches it: settings that a page may change. */
export function createNameCare(deps: NameCareDeps, serving: Serving): BoxNameOperations {
  const { config, settings: atStart, inTransaction, audit, boxCertificate } = deps;
  const shared = createSharedSettings(deps);
  /** What flags or the environment say holds, whatever stands in the file. */
  const fixed = {
    hostName: config.hostName !== (atStart.hostName as string | undefined)?.toLowerCase(),
    network: config.host !== (atStart.host ?? LOOPBACK),
  };

  function describe() {
    const kept = readSettings(config.data);
    const hostName = fixed.hostName ? config.hostName : (kept.hostName as string | undefined);
    const host = fixed.network ? config.host : String(kept.host ?? LOOPBACK);
    return {
      ...defined({ hostName, url: urlOf({ ...config, hostName, host }, serving.report()?.url) }),
      network: !isLoopback(host),
      fixed: [
        ...(fixed.hostName ? ['hostName' as const] : []),
        ...(fixed.network ? ['network' as const] : []),
      ],
      addresses: boxCertificate.names().addresses.filter((one) => one !== '::1' && !one.startsWith('127.')),
      waits: hostName !== config.hostName || host !== config.host,
    };
  }

  return {
    describe,
    async set({ hostName, network }, actor) {
      await shared?.follow();
      const before = describe();
      const host = network === before.network ? undefined : network ? EVERYWHERE : null;
      const changes = {
        hostName: (hostName ?? undefined) === before.hostName ? undefined : hostName,
        host,
      };
      requireFree('hostName', changes.hostName);
      requireFree('network', changes.host);
      requireUsable(config, changes);
      if (changes.hostName === undefined && changes.host === undefined)
        return { ...before, restarting: false };
      const details = defined({
        hostName: changes.hostName,
        network: host === undefined ? undefined : network,
      });
      await inTransaction(async (tx) => {
        await audit.add(tx, { actor, action: 'box.name', details });
        recordSettings(config.data, changes);
      });
      await shared?.publish();
      return { ...describe(), restarting: serving.askRestart() };
    },
  };

  function requireFree(what: 'hostName' | 'network', change: string | null | undefined): void {
    if (change === undefined || !fixed[what]) return;
    throw new Problem(
      'CONFLICT',
      `The ${what === 'hostName' ? 'host name' : 'address to listen on'} is given on the command line or in the environment: change it there.`,
    );
  }
}

/** Throws INVALID_REQUEST for what the next start would refuse. */
function requireUsable(
  config: Config,
  { hostName, host }: { hostName: string | null | undefined; host: string | null | undefined },
): void {
  const wanted = {
    ...config,
    ...(hostName !== undefined && { hostName: hostName ?? undefined }),
    ...(host !== undefined && { host: host ?? LOOPBACK }),
  };
  try {
    const { mdns, httpPort } = parseConfig(wanted, {});
    const plain = listenPolicy(wanted).is !== 'tls';
    if ((mdns && isLoopback(wanted.host)) || (httpPort !== undefined && plain))
      throw new ConfigError('The settings "mdns" and "httpPort" need the network and a host name.');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = error.message.replace(' from the command line', '');
    throw new Problem('INVALID_REQUEST', message, { details: [{ path: 'hostName', message }] });
  }
}

/** Where browsers open the box after the next start; undefined before the service listens. */
function urlOf(
  settings: Pick<Config, 'host' | 'tlsCert' | 'insecureHttp'> & { hostName: string | undefined },
  served: string | undefined,
): string | undefined {
  if (served === undefined) return undefined;
  const url = new URL(served);
  const protocol = listenPolicy(settings).is === 'tls' ? 'https:' : 'http:';
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return new URL(`${protocol}//${settings.hostName ?? 'localhost'}:${port}/`).href;
}
