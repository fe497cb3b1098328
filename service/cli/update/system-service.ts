import { existsSync } from 'node:fs';
import type { Machine } from './machine.ts';
import { lastLines, runProgram } from './run-program.ts';

const UNIT = 'gatehouse.service';

/** The unit of Gatehouse, where systemd runs; else there is none, and who started the service stops it. */
export function systemService(): Pick<Machine, 'isRunning' | 'stop' | 'start'> {
  const systemd = existsSync('/run/systemd/system');
  return {
    isRunning: async () =>
      systemd &&
      runProgram('systemctl', ['is-active', '--quiet', UNIT]).then(
        () => true,
        () => false,
      ),
    stop: async () => void (await runProgram('systemctl', ['stop', UNIT])),
    async start() {
      // starts that failed count towards a limit, which the version from before would meet too
      await runProgram('systemctl', ['reset-failed', UNIT]).catch(() => {});
      const since = Math.floor(Date.now() / 1000);
      await runProgram('systemctl', ['start', UNIT]).catch(async (error: Error) => {
        throw new Error(`${error.message} ${await lastOfJournal(since)}`.trim(), { cause: error });
      });
    },
  };
}

/** What the service itself wrote since then, in seconds since 1970: systemctl says only that it failed. Empty where no journal can be read. */
async function lastOfJournal(since: number): Promise<string> {
  const words = ['--unit', UNIT, '--identifier', 'gatehouse', '--since', `@${since}`];
  const written = await runProgram('journalctl', [
    ...words,
    '--output',
    'cat',
    '--no-pager',
    '--quiet',
  ]).catch(() => '');
  return lastLines(written);
}
