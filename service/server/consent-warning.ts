import type { Organizations } from '../engine/organizations/index.ts';
import type { Subjects } from '../engine/subjects/index.ts';
import type { Log } from '../lib/log.ts';

/** Warns, at start, of each organization that holds real people and has not recorded on what consent. */
export async function warnWithoutConsent({
  organizations,
  subjects,
  log,
}: {
  organizations: Pick<Organizations, 'list'>;
  subjects: Pick<Subjects, 'count'>;
  log: Pick<Log, 'warn'>;
}): Promise<void> {
  for (const { id, consentPolicy, attestation, erasedAt } of await organizations.list()) {
    if (erasedAt !== undefined || consentPolicy === 'with-call' || attestation !== undefined) continue;
    const people = await subjects.count({ organization: id, world: 'live' });
    if (people === 0) continue;
    log.warn(
      { organization: id, people },
      'real people are enrolled and the organization has not recorded on what consent: “gatehouse consent attest --help”, or “gatehouse org set --consent with-call”',
    );
  }
}
