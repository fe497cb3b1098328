import { X509Certificate } from 'node:crypto';
import type { Server as HttpServer } from 'node:http';
import { Server as TlsServer } from 'node:tls';
import { ConfigError } from '../config.ts';
import { readTlsFiles, type TlsFiles, tlsSettings } from '../http/listening/tls-files.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

type Usable = Extract<SourcePair, { is: 'usable' }>;

/** Provides the certificate. */
export interface CertificateSource {
  read(): SourcePair;
  /** Issues a certificate where it is missing or near its end; does nothing for files that the operator renews. */
  renewDue(): Promise<void>;
}

export type SourcePair = TlsFiles & {
  /** By the box's own authority, which clients do not trust unless a person installs it. */
  selfIssued: boolean;
  /** It stands in for the certificate of the operator, which has ended. */
  insteadOf?: { endedAt: number; reason: string };
};

/** The TLS certificate of the doors. A renewed pair is served without a restart. */
export interface ServedCertificate {
  /** Call it before the first use, and again when the keys of the directory are open. Throws ConfigError where no pair can be used now. */
  load(): Promise<void>;
  current(): Usable;
  /** When the served certificate expires, ms since 1970; where it stands in for one that has ended, when that did. */
  end(): number;
  /** Whether the box's own authority issued it. */
  isSelfIssued(): boolean;
  /** Gives `server` each renewed certificate, for connections opened from then on. */
  serveOn(server: HttpServer): void;
  /** Renews what is due and reads again. An unusable pair is logged once, and the current pair stays in use. */
  reload(): Promise<void>;
}

export interface ServedCertificateDeps {
  source: CertificateSource;
  log: Pick<Log, 'info' | 'warn'>;
}

/** Files of the operator, who has them renewed. Once they have ended, the certificate of the box itself stands in for them. */
export function certificateFiles(
  paths: { cert: string; key: string },
  clock: Clock,
  box: CertificateSource,
): CertificateSource {
  const read = () => readTlsFiles(paths, clock.now());
  return {
    read() {
      const files = read();
      const given = { ...files, selfIssued: false };
      return endOf(files) === undefined ? given : (standIn(files, box.read()) ?? given);
    },
    async renewDue() {
      if (endOf(read()) !== undefined) await box.renewDue();
    },
  };
}

const endOf = (files: TlsFiles) => (files.is === 'unusable' ? files.endedAt : undefined);

/** The pair of the box in the place of one that has ended; undefined for one that has not. */
export function standIn(files: TlsFiles, own: SourcePair): SourcePair | undefined {
  if (files.is === 'usable' || files.endedAt === undefined || own.is === 'unusable') return undefined;
  return { ...own, insteadOf: { endedAt: files.endedAt, reason: files.reason } };
}

export function createServedCertificate({ source, log }: ServedCertificateDeps): ServedCertificate {
  let served: Usable | undefined;
  let reported: string | undefined;
  const servers = new Set<TlsServer>();
  const current = () => {
    if (!served) throw new Error('The certificate was not loaded.');
    return served;
  };
  const end = () => current().insteadOf?.endedAt ?? Date.parse(new X509Certificate(current().cert).validTo);

  function serve(pair: Usable): void {
    served = pair;
    if (pair.insteadOf)
      log.warn(
        { reason: pair.insteadOf.reason },
        'the certificate has ended: one of the box’s own authority is served',
      );
  }

  function report(reason: string): void {
    if (reason === reported) return;
    reported = reason;
    const until = new Date(end()).toISOString();
    log.warn({ reason, until }, 'the certificate on disk cannot be served: the former one still is');
  }

  async function reload(): Promise<void> {
    let failed: string | undefined;
    await source.renewDue().catch((error: Error) => {
      failed = error.message;
      report(failed);
    });
    const now = source.read();
    if (now.is === 'unusable') return report(now.reason);
    reported = failed;
    const before = current();
    if (now.cert.equals(before.cert) && now.key.equals(before.key)) return;
    for (const server of servers) server.setSecureContext({ ...tlsSettings, cert: now.cert, key: now.key });
    serve(now);
    log.info({ subject: now.subject, days: now.days }, 'the renewed certificate is served');
  }

  return {
    async load() {
      if (served) return reload();
      await source.renewDue();
      const first = source.read();
      if (first.is === 'unusable') throw new ConfigError(first.reason);
      serve(first);
    },
    current,
    end,
    isSelfIssued: () => current().selfIssued,
    serveOn(server) {
      if (server instanceof TlsServer) servers.add(server);
    },
    reload,
  };
}
