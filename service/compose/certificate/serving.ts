import type { ServedCertificate } from '../../certificate/served-certificate.ts';
import type { Config } from '../../config.ts';
import type { ServiceReport } from '../../doors/admin/index.ts';
import { listenPolicy } from '../../http/listening/listen-policy.ts';
import type { Clock } from '../../lib/clock.ts';
import { productVersion } from '../../lib/version.ts';

/** What this process serves. */
export interface Serving {
  /** Sets the URL that it listens at. */
  begin(url: string): void;
  /** Undefined before it listens, and in a command that opens the directory without serving. */
  report(): ServiceReport | undefined;
  /** Makes `restartAsked` settle; false where nothing waits for it, as in a command that opens the directory. */
  askRestart(): boolean;
  /** Settles when a changed setting asks for a new start. */
  restartAsked(): Promise<void>;
}

export interface ServingDeps {
  config: Config;
  certificate: Pick<ServedCertificate, 'current' | 'end'> | undefined;
  clock: Clock;
}

export function createServing({ config, certificate, clock }: ServingDeps): Serving {
  let begun: { url: string; startedAt: number } | undefined;
  const settings = shownSettings(config);
  const restart = Promise.withResolvers<void>();
  let awaited = false;
  return {
    begin(url) {
      begun = { url, startedAt: clock.now() };
    },
    report: () =>
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
    askRestart() {
      restart.resolve();
      return awaited;
    },
    restartAsked() {
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
