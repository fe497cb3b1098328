import { Refusal } from '../../ui/refusal.ts';
import type { Slowness } from './slowness.ts';
import type { Description, Handover, LiveState, Result, StepName } from './wire.ts';

export type Trouble =
  | 'noLink'
  | 'gone'
  | 'taken'
  | 'finished'
  | 'offline'
  | 'busy'
  | 'over'
  | 'wrongNumber'
  | 'kiosk';
export type Stage =
  | { is: 'loading' }
  | { is: 'trouble'; what: Trouble }
  | { is: 'number' }
  | { is: 'consent' }
  | { is: 'camera' }
  | { is: 'phone' }
  | { is: 'left'; redirect?: string; reference?: string }
  | { is: 'decided'; result: Result };

/** All that the page shows. */
export interface View {
  stage: Stage;
  description?: Description | undefined;
  live?: LiveState | undefined;
  /** To another device; undefined: no code yet, or the last one is used up. */
  handover?: Handover | undefined;
  /** A wrong number was picked on the phone, and there is no new code yet. */
  wrongNumber?: boolean;
  /** The last step of the attempt that was shown. */
  lastStep?: StepName | undefined;
  /** What would be slow, if it were: of the last moments with a step. */
  slow?: Slowness | undefined;
  /** The second device: its end is on the first one. */
  second: boolean;
  /** What to name at the desk. */
  reference?: string | undefined;
  connected: boolean;
  /** A button was pressed, and the box has not answered yet. */
  busy: boolean;
  /** What the person agreed to may have reached the box: it is sent again as it was. */
  fixed?: boolean;
  /** The last button did nothing, because of this. */
  problem?: 'offline' | 'busy' | 'codes' | 'changed' | undefined;
}

/** What a refusal means to the person. Throws what is none. */
export function troubleOf(error: unknown): Trouble {
  if (!(error instanceof Refusal)) throw error;
  if (error.code === 'KIOSK_REQUIRED') return 'kiosk';
  switch (error.status) {
    case 400:
    case 404:
    case 410:
    case 422:
      return 'gone';
    case 401:
    case 403:
      return 'over';
    case 409:
      return 'taken';
    case 429:
    case 503:
      return 'busy';
    default:
      return 'offline';
  }
}
