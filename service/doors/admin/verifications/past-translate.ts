import { checkNamed } from '../../../engine/checks/index.ts';
import {
  decisionOf,
  outcomeSentences,
  outcomesOf,
  type PastOrder,
  type PastVerifications,
} from '../../../engine/verification/index.ts';
import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import type { PastQuery, PastReply, WholePastReply } from './past-wire.ts';

type Whole = Awaited<ReturnType<PastVerifications['get']>>;
type Past = Awaited<ReturnType<PastVerifications['page']>>['items'][number];

export function toOrder({
  from,
  until,
  decision,
  reason,
  key,
  cursor,
  ...rest
}: Omit<PastQuery, 'person'> & { person?: string | undefined }): PastOrder {
  const ofDecision = decision && outcomesOf[decision];
  const outcomes = reason ? [reason].filter((one) => ofDecision?.includes(one) ?? true) : ofDecision;
  return {
    ...defined(rest),
    limit: rest.limit,
    ...defined({
      from: from === undefined ? undefined : Date.parse(from),
      until: until === undefined ? undefined : Date.parse(until),
      actor: key === undefined ? undefined : `key:${key}`,
      outcomes,
      before: cursor,
    }),
  };
}

export const fromPast = ({
  organization: _,
  world,
  at,
  outcome,
  decidedBy,
  reason,
  subject,
  composite,
  actor,
  profile,
  source,
  ...rest
}: Past): PastReply => ({
  ...rest,
  env: world,
  at: time(at),
  decision: decisionOf(outcome),
  reason: outcome === 'VERIFIED' ? undefined : outcome,
  decidedBy,
  sentence: sentenceOf(outcome, decidedBy),
  message: reason,
  person: subject,
  profile,
  compositeScore: composite,
  capture: source && { source },
  by: actor,
});

/** How a verification ended, with the check that decided. */
export function sentenceOf(outcome: Past['outcome'], decidedBy: Past['decidedBy']): string {
  const sentence = outcomeSentences[outcome];
  return decidedBy === undefined || outcome.startsWith('FACE') || outcome.startsWith('SEVERAL')
    ? sentence
    : `${sentence.slice(0, -1)}: ${decidedBy}.`;
}

export const fromWhole = ({
  checks,
  match,
  models,
  timing,
  place,
  device,
  person,
  ...past
}: Whole): WholePastReply => ({
  ...fromPast(past),
  email: person?.email,
  name: person?.name,
  checks: checks.map(fromCheck),
  match,
  place,
  device,
  models,
  timing,
});

function fromCheck({ reason, details, ...check }: Whole['checks'][number]): WholePastReply['checks'][number] {
  return { ...check, sentence: sentenceOfCheck({ ...check, ...defined({ reason }) }), evidence: details };
}

function sentenceOfCheck({ check, pass, skipped, reason }: Whole['checks'][number]): string {
  if (skipped !== undefined) return `It did not run: ${skipped}`;
  if (reason !== undefined) return reason;
  return pass ? 'It passed.' : checkNamed(check).sentence;
}
