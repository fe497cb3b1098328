import { existsSync } from 'node:fs';
import type { Machine } from './machine.ts';
import { runProgram } from './run-program.ts';

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
      await runProgram('systemctl', ['start', UNIT]);
    },
  };
}
