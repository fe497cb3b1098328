import type { Schemas } from '../../../sdk/admin/client.ts';

type Progress = NonNullable<Schemas['Work']['now']>;

/** `sealing the file, 1,200,000 of 3,100,000 (38 %)`. */
export function describeProgress({ step, done, of }: Progress): string {
  if (done === undefined || of === undefined) return step;
  const numbers = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}`;
  return `${step}, ${numbers}${of === 0 ? '' : ` (${Math.floor((100 * done) / of)} %)`}`;
}
