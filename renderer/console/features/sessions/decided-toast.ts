import type { Schemas } from '../../data.ts';
import { reasonKey } from './strings.ts';

type Session = Schemas['WholeLiveSession'];
type Key = 'votedNow' | 'decidedNow' | 'notApproved' | NonNullable<Session['decision']> | 'TIME_OVER';
type Translate = (key: Key) => string;

/** Reasons of a decision as sentences. */
export const reasonsText = (t: Translate, codes: readonly string[]): string =>
  codes
    .map((code) => {
      const key = reasonKey(code);
      return key === undefined ? code : t(key);
    })
    .join('. ');

/** After a decision about a session that waited for `waitedFor`: what is approved is looked at anew, and may be rejected then. */
export function decidedToast(
  t: Translate,
  pressed: 'approve' | 'refuse',
  waitedFor: Session['waitsFor'],
  { inReview, waitsFor, decision, reasons }: Pick<Session, 'inReview' | 'waitsFor' | 'decision' | 'reasons'>,
): string | [title: string, text: string] {
  if (inReview && waitsFor === waitedFor) return t('votedNow');
  if (pressed === 'refuse' || decision === undefined || decision === 'approved') return t('decidedNow');
  return [t('notApproved'), [t(decision), reasonsText(t, reasons)].filter(Boolean).join(': ')];
}
