import type { purposes } from '../../sdk/admin/values.ts';

export type Purpose = (typeof purposes)[number];

/** Who enrolls, and the text they agreed to. */
export interface Person {
  name: string;
  email: string;
  textVersion: string;
  purposes: Purpose[];
}

/** Where a visit stands. Nothing of a person outlives it: the next visit begins with new state. */
export type Step =
  | { is: 'start' }
  | { is: 'consent' }
  | { is: 'who' }
  | { is: 'without' }
  | { is: 'camera'; person?: Person; email?: string }
  | { is: 'checking' }
  /** Of the pictures that were taken, so many were good enough. */
  | { is: 'enrolled'; kept: number; taken: number; person: string }
  /** `person`: the name, else the address, for the clerk. */
  | { is: 'verified'; reference: string; person?: string | undefined }
  | { is: 'not-verified'; reference: string; email?: string }
  /** Its operator decides: liveness alone is against it, and not sure. */
  | { is: 'undecided'; picture: Blob; reference: string; email?: string }
  /** `sent`: pictures, and where no answer came the box may have got them. */
  | { is: 'refused'; error: unknown; sent?: true };
