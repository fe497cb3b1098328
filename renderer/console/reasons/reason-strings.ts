import { defineStrings } from '../../ui/strings/define-strings.ts';
import type { Schemas } from '../api/admin.ts';
import de from './reason-strings.de.json' with { type: 'json' };
import en from './reason-strings.en.json' with { type: 'json' };

/** Checks and reasons in words; the overview, a person's history and the profiles use them too. */
export const reasonStrings = defineStrings('console/reasons/reason-strings', en, de);

/** In the order in which lists and filters show them. */
export { checks as checkNames } from '../../../sdk/admin/values.ts';
export type CheckName = Schemas['PastCheck']['check'];
export type Reason = NonNullable<Schemas['PastVerification']['reason']>;

export const reasons: readonly Reason[] = [
  'NOT_RECOGNIZED',
  'CHECK_FAILED',
  'BELOW_MINIMUM',
  'REPLAYED_PICTURE',
  'FACE_NOT_FOUND',
  'SEVERAL_FACES',
  'FACE_TOO_SMALL',
  'FACE_QUALITY_REFUSED',
];

/** The string of how a verification ended. */
export function reasonKey(
  reason: Reason | undefined,
  decidedBy: CheckName | undefined,
): keyof (typeof reasonStrings)['en'] {
  if (reason === undefined) return 'verifiedText';
  return reason === 'CHECK_FAILED' && decidedBy !== undefined ? `CHECK_FAILED.${decidedBy}` : reason;
}

/** The string of what a check found. */
export function checkKey({
  check,
  pass,
  skippedCode,
}: Pick<Schemas['PastCheck'], 'check' | 'pass' | 'skippedCode'>): keyof (typeof reasonStrings)['en'] {
  if (skippedCode !== undefined) return `skipped.${skippedCode}`;
  return pass ? 'passed' : reasonKey('CHECK_FAILED', check);
}
