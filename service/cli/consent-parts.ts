import type { Schemas } from '../../sdk/admin/client.ts';
import { UsageError } from './failure.ts';

type NewConsent = Schemas['NewConsent'];
export type Purpose = NewConsent['purposes'][number];

/** Everything that a consent can be for. */
export const allPurposes: readonly Purpose[] = ['verification', 'identification', 'deduplication'];

/** `v3,signed form,explicit consent,verification+identification`. */
export function readConsent(text: string): Omit<NewConsent, 'expiresAt'> {
  const [textVersion, method, legalBasis, listed, ...more] = text.split(',').map((part) => part.trim());
  if (!textVersion || !method || !legalBasis || !listed || more.length > 0) {
    throw new UsageError('--consent takes four parts: textVersion,method,legalBasis,purpose[+purpose…].');
  }
  const named = listed.split('+').map((one) => readPurpose('--consent', one));
  return { textVersion, method, legalBasis, purposes: named };
}

export function readPurpose(flag: string, text: string): Purpose {
  const purpose = allPurposes.find((one) => one === text);
  if (purpose !== undefined) return purpose;
  throw new UsageError(`${flag}: "${text}" is not one of ${allPurposes.join(', ')}.`);
}
