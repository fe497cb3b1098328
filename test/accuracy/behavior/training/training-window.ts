import { FULL_MOVEMENTS } from '../../../../service/engine/behavior/model/behavior-model.ts';
import type { SessionData } from '../../../../service/engine/behavior/session-data.ts';

/** One window whose author is known. */
export interface TrainingWindow {
  label: 'human' | 'bot';
  /** Where it was recorded; every set of people weighs the same, so that the recorder is not learned. */
  set: string;
  person: string;
  /** Of a program: what made its movements. Every generator weighs the same. */
  generator: string | null;
  /** Moves were left out, as a slower recorder leaves them out: for training alone, not for a zero. */
  thinned?: boolean;
  data: Pick<SessionData, 'mouse' | 'winMs'>;
}

const FULL_WINDOW_MS = 20_000;

/** Of a page in use, and not of its first seconds, with movements enough to count in full. */
export const isFullWindow = ({ mouse, winMs }: TrainingWindow['data']): boolean =>
  mouse.n >= FULL_MOVEMENTS && winMs >= FULL_WINDOW_MS;
