import { statSync } from 'node:fs';
import type { Schemas } from '../../../../sdk/admin/client.ts';
import { document } from '../../../lib/installation.ts';
import { invocation } from '../../invocation.ts';
import type { Organization } from '../../organization.ts';
import { count } from '../../terminal/terminal.ts';
import type { Finding } from '../checks.ts';
import { describeServedTls, type Service } from '../service.ts';

const DAY = 86_400_000;
/** A quarter, and some days for holidays. */
const DRILL_DAYS = 100;

/** `source`: who issued the served certificate. */
export function checkEncryption(service: Service, source: string | undefined, now: number): Outcome {
  const { found } = describeServedTls(service, now);
  const { certificate, insecureHttp } = service;
  if (insecureHttp)
    return bad(
      `${found}: pictures of faces and API keys can be read on the way from other machines`,
      'Start it with --tls-cert and --tls-key, or behind a proxy that encrypts.',
    );
  if (certificate && Date.parse(certificate.endsAt) - now < 21 * DAY)
    return doubtful(found, `Renew the certificate: ${invocation} certificate show`);
  const by = source === 'own' ? "by the box's own authority" : 'by the authority of the customer';
  return good(certificate ? `${found}, ${by}` : found);
}

export function checkSecondFactor(
  administrators: readonly Pick<Schemas['Administrator'], 'email' | 'passkeys' | 'disabledAt'>[],
): Outcome {
  const without = administrators.filter(
    ({ passkeys, disabledAt }) => passkeys === 0 && disabledAt === undefined,
  );
  return without.length === 0
    ? good(`no account without a passkey (${count(administrators.length, 'account', 'accounts')})`)
    : bad(
        `${without.map(({ email }) => email).join(', ')} ${without.length === 1 ? 'has' : 'have'} no second factor`,
        `They enroll a passkey at /console/; an account that is not needed: ${invocation} admin list, and disable it in the console`,
      );
}

export function checkFourEyes(
  organizations: readonly Pick<Organization, 'name' | 'fourEyes' | 'erasedAt'>[],
): Outcome {
  const without = organizations.filter(
    ({ fourEyes, erasedAt }) => fourEyes !== true && erasedAt === undefined,
  );
  return without.length === 0
    ? good('on in every organization')
    : bad(
        `one administrator alone may erase and export people, and weaken protections, in ${without.map(({ name }) => name).join(', ')}`,
        'Switch the four-eyes rule on at /console/approvals. It needs two accounts that can confirm.',
      );
}

export const checkSetup = ({ state }: Pick<Schemas['Setup'], 'state'>): Outcome =>
  state === 'closed'
    ? good('an owner is there, and no setup token')
    : bad(
        'there is no owner yet: a browser with the setup token can become the owner',
        `Open /console/setup with the token now, or make the owner: ${invocation} admin create --email EMAIL --name NAME --role owner --appliance-owner`,
      );

type Backup = Pick<Schemas['Backup'], 'outcome' | 'startedAt' | 'path' | 'verifiedAt' | 'file'>;

/** `runs`: the newest first. `data`: the data directory, whose disk a backup must not share. */
export function checkBackupsKept(runs: readonly Backup[], plans: number, data: string, now: number): Outcome {
  const schedule = `${invocation} backup schedule DIR --every 24h --keep 7   (DIR on another disk)`;
  const last = runs.find(({ outcome }) => outcome === 'done');
  if (!last) return bad('there is no backup', schedule);
  const days = Math.floor((now - Date.parse(last.startedAt)) / DAY);
  if (days > 7) return bad(`the newest backup is ${days} days old`, schedule);
  if (onOneDisk(last.path, data) === true)
    return bad(`the newest backup (${last.path}) is on the disk of the data`, schedule);
  if (plans === 0) return doubtful(`${last.path}, made by hand: none is scheduled`, schedule);
  return good(`${last.path}, ${last.startedAt}; ${count(plans, 'is', 'are')} scheduled`);
}

export function checkDrill(
  runs: readonly Backup[],
  drills: readonly Pick<Schemas['BackupDrill'], 'state' | 'finishedAt'>[],
  now: number,
): Outcome {
  const remedy = `${invocation} backup verify "$(${invocation} backup list DIR --newest)" --keys PLACE, or "Try this backup" in the console; once a quarter as ${document('OPERATIONS')} says, on another machine`;
  const failed = drills[0]?.state === 'failed';
  if (failed) return bad('the last restore drill failed', remedy);
  const times = [
    ...runs.map(({ verifiedAt }) => verifiedAt),
    ...drills.filter(({ state }) => state === 'passed').map(({ finishedAt }) => finishedAt),
  ].flatMap((time) => (time === undefined ? [] : [Date.parse(time)]));
  if (times.length === 0) return bad('no backup was ever restored for a test', remedy);
  const days = Math.floor((now - Math.max(...times)) / DAY);
  return days > DRILL_DAYS
    ? bad(`the last backup that was restored for a test is ${days} days back`, remedy)
    : good(`a backup was restored for a test ${days === 0 ? 'today' : `${count(days, 'day', 'days')} ago`}`);
}

export function checkCopies(
  places: readonly Pick<Schemas['KeyPlace'], 'place' | 'state'>[],
  data: string,
): Outcome {
  const remedy = `${invocation} keystore add DIR, with DIR on a stick or a share; two of them`;
  const behind = places.filter(({ state }) => state !== 'current');
  if (behind.length > 0)
    return bad(
      behind.map(({ place, state }) => `${place} is ${state}`).join(', '),
      `${invocation} keystore sync`,
    );
  if (places.length < 2)
    return bad(`${count(places.length, 'copy', 'copies')} of the key store; two are needed`, remedy);
  const beside = places.filter(({ place }) => onOneDisk(place, data) === true).map(({ place }) => place);
  if (beside.length > 0)
    return bad(`${beside.join(', ')} ${beside.length === 1 ? 'is' : 'are'} on the disk of the data`, remedy);
  return good(places.map(({ place }) => place).join(', '));
}

/** Undefined where this account may not look. */
function onOneDisk(one: string, other: string): boolean | undefined {
  try {
    return statSync(one).dev === statSync(other).dev;
  } catch {
    return undefined;
  }
}

export const checkAuditLog = ({
  valid,
  lines,
  damage,
}: Pick<Schemas['AuditReport'], 'valid' | 'lines' | 'damage'>): Outcome =>
  valid
    ? good(`whole, ${count(lines, 'line', 'lines')}`)
    : bad(
        `DAMAGED: ${damage?.says ?? 'a line was changed'}`,
        `${invocation} audit verify   Keep the directory as evidence, and find out who wrote to it (${document('OPERATIONS')}).`,
      );

/** A line of the checklist (docs/HARDENING.md): what was found, why it matters, how to put it right. */
export interface HardeningFinding extends Finding {
  /** As in docs/HARDENING.md. */
  id: string;
  why: string;
}

/** What the check of one line found. */
export type Outcome = Pick<Finding, 'state' | 'found' | 'remedy'>;

export const good = (found: string): Outcome => ({ state: 'ok', found });
export const bad = (found: string, remedy: string): Outcome => ({ state: 'fail', found, remedy });
export const doubtful = (found: string, remedy: string): Outcome => ({ state: 'warn', found, remedy });
