import { availableParallelism } from 'node:os';
import type { Command } from 'commander';

export interface SourceOptions {
  video: string;
  pad?: string;
  faces: string;
  workers: string;
}

/** What recordings are read, by which nets, in how many threads. */
export const withSourceOptions = (command: Command): Command =>
  command
    .option(
      '--video <folder>',
      'clips of people, swaps and recaptures, or a folder of clips (GATEHOUSE_LIVE_CLIPS names a folder of more)',
      '../shared/data',
    )
    .option('--pad <folder>', 'where replay-attack-clips.csv is laid out; in the cache folder unless given')
    .option('--faces <folder>', 'photographs of people, a folder each', '../shared/data/faces-lfw')
    .option('--workers <n>', 'worker threads', String(availableParallelism()));
