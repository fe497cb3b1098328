import { X509Certificate } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import { ConfigError } from '../config.ts';
import { readTlsFiles, type TlsFiles } from '../http/listening/tls-files.ts';
import { tlsSettings } from '../http/listening/tls-settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

type Usable = Extract<TlsFiles, { is: 'usable' }>;

/** The TLS certificate of the doors, from the operator's files. A renewed pair is served without a restart. */
export interface ServedCertificate {
  current(): Usable;
  /** When the served certificate expires, ms since 1970. */
  end(): number;
  /** Gives `server` each renewed certificate, for connections opened from then on. */
  serveOn(server: HttpServer): void;
  /** Reads the files again. An unusable pair is logged once, and the current pair stays in use. */
  reload(): void;
}

export interface ServedCertificateDeps {
  paths: { cert: string; key: string };
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
}

/** Throws ConfigError where the pair cannot be used now. */
export function createServedCertificate({ paths, clock, log }: ServedCertificateDeps): ServedCertificate {
  const first = readTlsFiles(paths, clock.now());
  if (first.is === 'unusable') throw new ConfigError(first.reason);
  let current = first;
  let reported: string | undefined;
  const servers = new Set<TlsServer>();
  const end = () => Date.parse(new X509Certificate(current.cert).validTo);

  return {
    current: () => current,
    end,
    serveOn(server) {
      if (server instanceof TlsServer) servers.add(server);
    },
    reload() {
      const now = readTlsFiles(paths, clock.now());
      if (now.is === 'unusable') {
        if (now.reason === reported) return;
        reported = now.reason;
        const until = new Date(end()).toISOString();
        log.warn(
          { reason: now.reason, until },
          'the certificate on disk cannot be served: the former one still is',
        );
        return;
      }
      reported = undefined;
      if (now.cert.equals(current.cert) && now.key.equals(current.key)) return;
      for (const server of servers) server.setSecureContext({ ...tlsSettings, cert: now.cert, key: now.key });
      current = now;
      log.info({ subject: now.subject, days: now.days }, 'the renewed certificate is served');
    },
  };
}
