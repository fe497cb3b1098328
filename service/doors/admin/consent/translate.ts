import { type Consent, type ConsentState, type Person, purposes } from '../../../engine/consent/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { ConsentReply, NewConsent } from './wire.ts';

export const toConsent = ({ expiresAt, ...rest }: NewConsent): Consent =>
  defined({ ...rest, expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt) });

export const fromConsentState = (
  { subject }: Pick<Person, 'subject'>,
  { ground, consents, withdrawals, withheld, ended, erasedFrom }: ConsentState,
): ConsentReply => ({
  userId: subject,
  policy: ground.is,
  consents: consents.map(({ at, expiresAt, ...rest }) => ({
    ...rest,
    at: time(at),
    expiresAt: expiresAt === undefined ? undefined : time(expiresAt),
  })),
  withdrawals: withdrawals.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
  allowed: purposes.filter((purpose) => !withheld.includes(purpose)),
  withheld,
  ended,
  erasedFrom: erasedFrom === undefined ? undefined : time(erasedFrom),
});
