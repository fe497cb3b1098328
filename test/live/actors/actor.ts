import type { Analysis } from '../../../service/inference/face.ts';

/** Names of the steps that a person can be asked for, as `engine/challenges` draws them. */
export type Asked =
  | 'hold-still'
  | 'turn-left'
  | 'turn-right'
  | 'look-up'
  | 'look-down'
  | 'come-closer'
  | 'blink'
  | 'color-flash';

/** What a camera sees at one moment. */
export interface Seen {
  /** Before the sensor's noise; shared between frames that show the same. */
  analysis: Analysis;
  /** Names the picture, for tests that show it to a page. */
  name: string;
}

/** One who stands before the camera, or holds something to it, or feeds it; knows the page alone. */
export interface Actor {
  /** The next frame; `asked` is what the page asks for, `since` for how many milliseconds. */
  next(asked: Asked, since: number): Seen;
}
