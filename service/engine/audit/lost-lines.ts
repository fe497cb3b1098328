import type { Damage } from './chain.ts';

/** Lines that this machine has seen in the log, and that are not there any more. */
export interface LostLines {
  chain: string;
  /** The first of them; absent where the chain went on since, so that it is not known. */
  from?: number | undefined;
  through: number;
}

/** As `gatehouse audit verify` names it. */
export const damageOfLost = ({ from, through }: LostLines): Damage =>
  from === undefined
    ? {
        seq: through,
        is: 'rolled-back',
        says: `Its line ${through} is another than the one that this machine has seen and kept on its disk, signed: an older record took over and went on, or it was written anew.`,
      }
    : {
        seq: from,
        is: 'truncated',
        says: `${from === through ? `Line ${from} is` : `Lines ${from} to ${through} are`} lost: this machine has seen line ${through} and kept it on its disk, signed. A record took over that is older, or the lines were cut off.`,
      };

/** In short, for an overview: `node_a: 46–57`. */
export const lostText = (lost: readonly LostLines[]): string =>
  lost
    .map(({ chain, from = '', through }) => {
      const lines = from === through ? `${through}` : `${from}–${through}`;
      return chain === '' ? lines : `${chain}: ${lines}`;
    })
    .join(', ');
