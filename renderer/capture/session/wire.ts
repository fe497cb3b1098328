import type { Language } from '../../ui/strings/define-strings.ts';

/** What `/api/live` and the page say to each other. */

export type LinkKind = 'session' | 'presence' | 'hosted' | 'flow' | 'registration' | 'handover';
export interface Link {
  kind: LinkKind;
  token: string;
  /** A published flow, opened in the test world. */
  test?: true;
}

/** A text of the caller: in one language for all, or in each. */
export type Text = string | Partial<Record<Language, string>>;

/** An answer whose SHA-256 with the challenge begins with so many zero bits. */
export interface Work {
  challenge: string;
  bits: number;
}

export interface Description {
  state: 'ready' | 'ended' | 'finished' | 'taken';
  flow: 'api' | 'presence' | 'hosted' | 'registration';
  organization: { name: string; logo?: string; color?: string; language?: Language };
  purpose?: Text;
  title?: Text;
  messages?: Partial<Record<'intro' | 'button' | 'success' | 'failure' | 'otherWay', Text>>;
  product?: string;
  steps: number;
  pathChoices: Path;
  /** A person decides when the head was not moved. */
  motionReviewed?: true;
  consent: {
    version: string;
    text: Record<Language, readonly string[]>;
    retention: Record<Language, string>;
    withdraw: Record<Language, string>;
    withdrawUrl?: string;
  };
  language?: Language;
  /** The page collects how the person uses it, once they have agreed; the consent says so. */
  behavior?: true;
  test: boolean;
  /** What this browser has to compute before it begins. */
  work?: Work;
  openerOrigins: readonly string[];
  redirect?: { success?: string; failure?: string };
  result?: Result;
  /** Of a handover: one of them stands on the other screen. */
  numbers?: readonly string[];
}

/** Whether the challenge may flash colors, and ask for movements of the head. */
export interface Path {
  flash: boolean;
  motion: boolean;
}

export interface Device {
  label?: string;
  width?: number;
  height?: number;
  frameRate?: number;
}

export interface Begun {
  sessionId: string;
  token: string;
}

export interface Handover {
  url: string;
  number: string;
  /** Ms since 1970. */
  expiresAt: number;
}

export type StepName =
  | 'hold-still'
  | 'turn-left'
  | 'turn-right'
  | 'look-up'
  | 'look-down'
  | 'come-closer'
  | 'blink'
  | 'color-flash';

export interface Step {
  index: number;
  of: number;
  name: StepName;
  /** 0..1 */
  progress: number;
  holdMs: number;
  limitMs: number;
  color?: string;
}

export type Decision = 'approved' | 'rejected' | 'duplicate' | 'expired' | 'cancelled';

export interface Result {
  passed: boolean;
  /** Null while people look at it. */
  decision: Decision | null;
  redirect?: string;
  reference: string;
  passToken?: string;
}

/** What went wrong in an attempt. */
export type NotPassed =
  | 'LIGHT'
  | 'MOVEMENT'
  | 'DIRECTION'
  | 'FACE'
  | 'ALONE'
  | 'TIME'
  | 'SLOW'
  | 'INTERRUPTED'
  | 'UNSURE';

export interface LiveState {
  is: 'state';
  state:
    | 'ready'
    | 'queued'
    | 'guiding'
    | 'running'
    | 'checking'
    | 'between'
    | 'decided'
    | 'ended'
    | 'following';
  /** Place in the queue, from 1. */
  position?: number;
  /** Until it is this person's turn, about. */
  waitSeconds?: number;
  attempt: number;
  attemptsLeft: number;
  step?: Step;
  guidance?: { step: string; code: string };
  /** Frames come faster than they are served. */
  slower?: true;
  judged?: number;
  /** From the arrival of that frame to this answer. */
  judgedMs?: number;
  /** The box was too busy to judge the frame. */
  leftOut?: true;
  /** A wrong number was picked on the phone: the code is used up. */
  codeUsedUp?: true;
  notPassed?: { code: NotPassed };
  result?: Result;
}

/** A frame with the moment at which it was taken, in milliseconds of `performance.now()`. */
export interface Frame {
  image: Blob;
  time: number;
}
