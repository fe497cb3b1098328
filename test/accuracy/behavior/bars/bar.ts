import {
  type BehaviorModel,
  type Judgement,
  judgeBehavior,
  SessionData,
} from '../../../../service/engine/behavior/index.ts';
import type { BehaviorWindow } from '../windows.ts';

/** One of the twelve promises of BEHAVIOR.md §6.6, measured. */
export interface Bar {
  number: number;
  title: string;
  goal: string;
  verdict: 'holds' | 'missed' | 'in part' | 'not measurable here';
  /** One sentence with the figures, for the table of all bars. */
  result: string;
  /** Markdown. */
  lines: string[];
  measured: unknown;
}

/** As the product judges what the door admits: the vector goes through its schema. */
export const judged = ({ data }: Pick<BehaviorWindow, 'data'>, model?: BehaviorModel): Judgement =>
  judgeBehavior(SessionData.parse(data), { ...(model && { model }) });

const ENOUGH_MOVEMENTS = 8;
export const HALF_MINUTE = 30_000;

export const isFull = ({ lengthMs, data }: BehaviorWindow): boolean =>
  lengthMs === HALF_MINUTE && data.mouse.n >= ENOUGH_MOVEMENTS;

export interface Layer {
  layer: string;
  model?: BehaviorModel;
}

/** The default of the product, and what an administrator may accept. */
export const layersOf = (model: BehaviorModel): Layer[] => [
  { layer: 'rules alone' },
  { layer: 'rules and learned layer', model },
];
