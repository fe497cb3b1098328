import { Problem } from '../../lib/problem.ts';
import type { Consent } from '../consent/index.ts';
import type { Organization } from '../organizations/index.ts';
import type { Realm, Subjects } from '../subjects/index.ts';

/**
 * Refuses an enrollment without the consent that the organization's policy asks for, before the picture is looked at. In the
 * live world the organization has to have recorded either policy: consent with each call, or its own attestation. One that
 * holds live people already goes on without; `doctor` and the log of the start warn of it. Throws CONSENT_REQUIRED with what
 * to send or run.
 */
export async function requireConsent(
  { world, ...rest }: Realm,
  { consentPolicy, attestation }: Organization,
  consent: Consent | undefined,
  subjects: Pick<Subjects, 'count'>,
): Promise<void> {
  if (consentPolicy === 'with-call') {
    if (consent !== undefined) return;
    throw new Problem(
      'CONSENT_REQUIRED',
      'This organization records consent with each enrollment: send consent with textVersion, purposes, method and legalBasis.',
    );
  }
  if (world === 'test' || attestation !== undefined) return;
  if ((await subjects.count({ world, ...rest })) > 0) return;
  throw new Problem(
    'CONSENT_REQUIRED',
    'This organization has not recorded on what consent it enrolls real people. An operator does that once at the box: “gatehouse consent attest” vouches for all of them, “gatehouse org set --consent with-call” asks for a consent with each enrollment.',
  );
}
