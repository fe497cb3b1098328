import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import type { Ended } from '../cli/kept-process.ts';

/** The command on one data directory. */
export interface Directory {
  run(...words: string[]): Promise<Ended>;
  /** With `--json`; throws unless it ended with 0. */
  json<T>(...words: string[]): Promise<T>;
  serve(): Promise<Service>;
}

/** As an installation runs it: settings of `gatehouse.json` count. */
export const createPlainCli = (): Cli => createCli({ GATEHOUSE_WORKERS: '1' });

export function directoryAt(cli: Cli, data: string): Directory {
  const here = (words: string[]) => [...words, '--data', data];
  return {
    run: (...words) => cli.run(...here(words)),
    json: (...words) => cli.json(...here(words)),
    serve: () => cli.serve('--data', data),
  };
}
