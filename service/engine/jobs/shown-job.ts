import type { Job } from './job.ts';

/** Ids of ours that name no person, and may be shown to readers of the queue. */
const SHOWN_ID = /^(?:org|evt|dlv|att|wh|rule|alr|bkp|swp|ers|job|grt)_[0-9A-Za-z]{1,40}$/;
const LONGEST_ERROR = 200;

/** Shows ids (not of people), numbers and flags of a payload, and counts the other fields. */
export function shownPayload(payload: Record<string, unknown>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  let hidden = 0;
  for (const [name, value] of Object.entries(payload)) {
    if (typeof value === 'number' || typeof value === 'boolean') shown[name] = value;
    else if (typeof value === 'string' && SHOWN_ID.test(value)) shown[name] = value;
    else hidden++;
  }
  return hidden === 0 ? shown : { ...shown, notShown: hidden };
}

/** One short line: what a receiver answered may hold anything, and follows the first line where it is kept at all. */
export function shownError(error: string): string {
  const [line = ''] = error.split(/[\r\n\p{Zl}\p{Zp}]/u, 1);
  const printable = line.replaceAll(/\p{Cc}/gu, '\ufffd');
  return printable.length > LONGEST_ERROR ? `${printable.slice(0, LONGEST_ERROR - 1)}…` : printable;
}

/** A job as it may be shown. */
export const shownJob = (job: Job): Job => ({
  ...job,
  payload: shownPayload(job.payload),
  lastError: job.lastError === undefined ? undefined : shownError(job.lastError),
});
