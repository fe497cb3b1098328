import type { components } from '../../../sdk/admin/page-paths.ts';

/** What `/api/live` and the page say to each other. */
type Schemas = components['schemas'];

export type Link = Schemas['LiveLink'];
export type LinkKind = Link['kind'];
/** `steps`: of the challenge. */
export type Description = Omit<Schemas['LiveDescription'], 'expiresAt' | 'steps'> & { steps: number };
/** A text of the caller: in one language for all, or in each. */
export type Text = NonNullable<Description['title']>;
/** An answer whose SHA-256 with the challenge begins with so many zero bits. */
export type Work = NonNullable<Description['work']>;
/** Whether the challenge may flash colors, and ask for movements of the head. */
export type Path = Description['pathChoices'];
/** What the face may be used for beside the check itself. */
export type Purpose = NonNullable<Description['consent']['asks']>['purposes'][number];
export type Begun = Pick<Schemas['LiveBegun'], 'sessionId' | 'token'>;
export type Result = Schemas['LiveResult'];
export type Decision = NonNullable<Result['decision']>;

export interface Device {
  label?: string;
  width?: number;
  height?: number;
  frameRate?: number;
}

/** Its end in ms since 1970. */
export type Handover = Omit<Schemas['LiveHandover'], 'expiresAt'> & { expiresAt: number };

export type StepName =
  | 'hold-still'
  | 'turn-left'
  | 'turn-right'
  | 'look-up'
  | 'look-down'
  | 'come-closer'
  | 'blink'
  | 'color-flash';

export type Step = NonNullable<Schemas['LiveState']['step']> & { name: StepName };
export type LiveState = Omit<Schemas['LiveState'], 'step'> & { step?: Step };

/** A frame with the moment at which it was taken, in milliseconds of `performance.now()`. */
export interface Frame {
  image: Blob;
  time: number;
}
