import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { judgeTlsPair, type TlsFiles } from '../http/listening/tls-files.ts';
import type { Clock } from '../lib/clock.ts';
import { writeDurably } from '../lib/durable-file.ts';
import type { Log } from '../lib/log.ts';
import { createOneAtATime } from '../lib/turns.ts';
import { type BoxNames, boxNames } from './box-names.ts';
import { readPemPair } from './check-chain.ts';
import {
  type Holder,
  issueLeaf,
  issueTemporary,
  makeAuthority,
  type Pair,
  type Permitted,
  permits,
} from './issue.ts';
import { type CertificateSource, type SourcePair, standIn } from './served-certificate.ts';

const DAY = 86_400_000;
/** A certificate of the box is renewed when so much of it is left. */
const RENEW_BEFORE = 30 * DAY;

/** The certificate that the box keeps itself, in `DATA/tls`: one that was installed, else one of its own authority. */
export interface BoxCertificate extends CertificateSource {
  readonly paths: Readonly<Record<'own' | 'installed' | 'authority' | 'request', string>>;
  /** Names of this machine. */
  names(): BoxNames;
  /** From now on the authority's key can be read. `issued` is called after each certificate or authority that was not asked for. */
  open(secret: KeptSecret, issued?: (made: Renewal) => Promise<void>): void;
  /** Issues a certificate where one is due, or is asked for. With `authority` a new one issues it, which every client has to install again. */
  renew(asked?: Partial<Renewal>): Promise<Renewal>;
  /** The certificate of the authority, PEM; undefined before the first one was made. */
  authority(): string | undefined;
  /** Names and addresses of the machine that the authority may not issue for, as of the last renewal. */
  leftOut(): readonly string[];
}

/** What was made. */
export interface Renewal {
  leaf: boolean;
  authority: boolean;
}

export interface BoxCertificateDeps {
  /** `DATA/tls`. */
  folder: string;
  names: () => BoxNames;
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
}

/** The certificate of a data directory on this machine. */
export const boxCertificateOf = (
  config: Pick<Config, 'data' | 'hostName' | 'allowedHosts'>,
  deps: Pick<BoxCertificateDeps, 'clock' | 'log'>,
): BoxCertificate =>
  createBoxCertificate({ folder: join(config.data, 'tls'), names: () => boxNames(config), ...deps });

export function createBoxCertificate({ folder, names, clock, log }: BoxCertificateDeps): BoxCertificate {
  const paths = {
    own: join(folder, 'own.pem'),
    installed: join(folder, 'installed.pem'),
    authority: join(folder, 'authority.pem'),
    request: join(folder, 'request.pem'),
  };
  const inTurn = createOneAtATime();
  const issueDue = createIssuing({ paths, names, clock, log });
  let opened: Authority | undefined;
  let whenIssued: (made: Renewal) => Promise<void> = async () => {};
  let temporary: TlsFiles | undefined;
  let reportedUnusable = '';

  async function renew(authority: Authority, asked: Partial<Renewal>): Promise<Renewal> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const made = await issueDue.run(authority, asked);
    temporary = undefined;
    return made;
  }

  async function makeTemporary(): Promise<void> {
    const { certificate, key } = await issueTemporary(names(), clock.now());
    const pair = { cert: Buffer.from(certificate), key: Buffer.from(key) };
    temporary = judgeTlsPair(pair, { cert: 'the temporary certificate', key: 'its key' }, clock.now());
    log.warn({}, 'a temporary certificate is served until the service is unsealed');
  }

  function read(): SourcePair {
    const now = clock.now();
    const installed = readPemPair(paths.installed, now);
    if (installed?.is === 'usable') return { ...installed, selfIssued: false };
    if (installed) reportUnusable(installed.reason);
    const own = readPemPair(paths.own, now);
    if (own?.is === 'usable') {
      const pair = { ...own, selfIssued: true };
      return (installed && standIn(installed, pair)) ?? pair;
    }
    const none: TlsFiles = { is: 'unusable', reason: 'The box has no certificate.' };
    return { ...(temporary ?? own ?? none), selfIssued: true };
  }

  function reportUnusable(reason: string): void {
    if (reason !== reportedUnusable)
      log.warn(
        { reason },
        'the installed certificate cannot be used: one of the box’s own authority is served',
      );
    reportedUnusable = reason;
  }

  return {
    paths,
    names,
    open(secret, issued = async () => {}) {
      opened = createAuthority(secret);
      whenIssued = issued;
    },
    renew: (asked = {}) =>
      inTurn(() => {
        if (!opened) throw new Error('The keys of the directory are not open.');
        return renew(opened, asked);
      }),
    authority: () => readIfThere(paths.authority),
    leftOut: issueDue.leftOut,
    renewDue: () =>
      inTurn(async () => {
        if (opened) {
          const made = await renew(opened, {});
          if (made.leaf || made.authority) await whenIssued(made);
        } else if (read().is === 'unusable') await makeTemporary();
      }),
    read,
  };
}

/** Makes an authority and a certificate where one is due or asked for. */
function createIssuing({
  paths,
  names,
  clock,
  log,
}: Pick<BoxCertificate, 'paths'> & Omit<BoxCertificateDeps, 'folder'>) {
  let leftOut: readonly string[] = [];

  function reportLeftOut(left: readonly string[]): void {
    if (left.length > 0 && left.join() !== leftOut.join()) {
      log.warn(
        { left },
        'the certificate authority of the box may not issue for these names or addresses: they are left out of the certificate',
      );
    }
    leftOut = left;
  }

  async function run(authority: Authority, asked: Partial<Renewal>): Promise<Renewal> {
    const now = clock.now();
    const wanted = names();
    const { made, ...issuer } = await authority.prepare(wanted, { now, replace: asked.authority === true });
    if (readIfThere(paths.authority) !== issuer.certificate)
      writeDurably(paths.authority, issuer.certificate);
    if (made === 'former')
      log.warn({}, 'the certificate authority before issues again: the clock was ahead when it was replaced');
    if (made === 'another')
      log.warn({}, 'the box has a new certificate authority: every client has to install it again');
    const all = [...wanted.names, ...wanted.addresses];
    reportLeftOut(all.filter((one) => !permits(issuer.permitted, one)));
    const holder = {
      names: wanted.names.filter((name) => permits(issuer.permitted, name)),
      addresses: wanted.addresses.filter((address) => permits(issuer.permitted, address)),
    };
    const due = asked.leaf === true || isDue(readPemPair(paths.own, now), { issuer, holder, now });
    if (due) {
      const pair = await authority.issue(holder, now);
      writeDurably(paths.own, pair.certificate + pair.key);
      log.info(holder, 'a certificate was issued by the authority of the box');
    }
    return { leaf: due, authority: made !== false };
  }

  return { run, leftOut: () => leftOut };
}

function isDue(
  found: TlsFiles | undefined,
  { issuer, holder, now }: { issuer: AuthorityFacts; holder: Holder; now: number },
): boolean {
  if (found?.is !== 'usable') return true;
  const leaf = new X509Certificate(found.cert);
  const authority = new X509Certificate(issuer.certificate);
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) return true;
  const end = Date.parse(leaf.validTo);
  // One that ends with its authority has to wait for the next one.
  if (end - now < RENEW_BEFORE && end < Date.parse(authority.validTo)) return true;
  return !(
    holder.names.every((name) => leaf.checkHost(name)) &&
    holder.addresses.every((address) => leaf.checkIP(address))
  );
}

const readIfThere = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);

/** The authority is valid for ten years; certificates expire with it. */
const REPLACE_BEFORE = 30 * DAY;

/** A secret of the appliance, kept with the other keys. */
export interface KeptSecret {
  load(): Promise<{ secret: Uint8Array; details: string } | undefined>;
  /** In the place of the one before; on disk when it resolves. */
  save(kept: { secret: Uint8Array; details: string }): Promise<void>;
}

const Facts = z.object({
  /** PEM. */
  certificate: z.string(),
  permitted: z.object({ names: z.array(z.string()), networks: z.array(z.string()) }),
});
const Details = Facts.extend({
  /** The one before, which had ended by the clock of then; `from`: where its key begins in the secret. */
  former: Facts.extend({ from: z.int().min(0) }).optional(),
});

interface AuthorityFacts {
  /** PEM. */
  certificate: string;
  permitted: Permitted;
}

interface KeyedAuthority extends AuthorityFacts {
  key: Uint8Array;
}

/** The certificate authority of the box. Its key lies in the key store, and is in memory only while it issues. */
type Authority = ReturnType<typeof createAuthority>;

function createAuthority(kept: KeptSecret) {
  async function read(): Promise<[now?: KeyedAuthority, before?: KeyedAuthority]> {
    const found = await kept.load();
    if (!found) return [];
    const { former, ...current } = Details.parse(JSON.parse(found.details));
    const now = { ...current, key: found.secret.subarray(0, former?.from) };
    return former ? [now, { ...former, key: found.secret.subarray(former.from) }] : [now];
  }
  async function save(current: KeyedAuthority, before?: KeyedAuthority): Promise<void> {
    const former = before && { ...factsOf(before), from: current.key.length };
    const secret = new Uint8Array([...current.key, ...(before?.key ?? [])]);
    await kept.save({ secret, details: JSON.stringify({ ...factsOf(current), former }) });
    for (const key of [secret, current.key, before?.key]) key?.fill(0);
  }
  return {
    /**
     * Makes one where there is none, where it ends, where it may not issue for the chosen name, and where `replace` asks for it. One that
     * was made because the clock was years ahead gives way to the one before, which clients trust.
     */
    async prepare(
      wanted: BoxNames,
      { now, replace }: { now: number; replace: boolean },
    ): Promise<AuthorityFacts & { made: 'first' | 'another' | 'former' | false }> {
      const [found, before] = await read();
      const chosen = found && !replace && permitsChosen(found, wanted) ? found : undefined;
      const ahead = chosen && Date.parse(new X509Certificate(chosen.certificate).validFrom) > now;
      if (chosen && ahead && before && permitsChosen(before, wanted) && lasts(before, now)) {
        await save(before);
        return { ...factsOf(before), made: 'former' };
      }
      if (chosen && lasts(chosen, now)) {
        for (const one of [found, before]) one?.key.fill(0);
        return { ...factsOf(chosen), made: false };
      }
      const permitted = { names: wanted.names, networks: wanted.networks };
      const made = { permitted, ...(await makeAuthority(permitted, now)) };
      await save(made, chosen);
      for (const one of [found, before]) one?.key.fill(0);
      return { ...factsOf(made), made: found ? 'another' : 'first' };
    },
    async issue(holder: Holder, now: number): Promise<Pair> {
      const [found, before] = await read();
      if (!found) throw new Error('The box has no certificate authority.');
      try {
        return await issueLeaf(found, holder, now);
      } finally {
        for (const one of [found, before]) one?.key.fill(0);
      }
    },
  };
}

const factsOf = ({ certificate, permitted }: AuthorityFacts): AuthorityFacts => ({ certificate, permitted });

const lasts = ({ certificate }: AuthorityFacts, now: number): boolean =>
  Date.parse(new X509Certificate(certificate).validTo) - now > REPLACE_BEFORE;
const permitsChosen = ({ permitted }: AuthorityFacts, { chosen }: BoxNames): boolean =>
  chosen === undefined || permits(permitted, chosen);
