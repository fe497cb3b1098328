import { existsSync } from 'node:fs';
import { runProgram } from '../../update/run-program.ts';

/** Whether a time server keeps the clock, as systemd or systemd-timesyncd says; undefined where neither does. */
export async function synchronized(): Promise<boolean | undefined> {
  if (existsSync('/run/systemd/system')) {
    const said = await runProgram('timedatectl', ['show', '--property=NTPSynchronized', '--value']).catch(
      () => '',
    );
    if (said.trim() !== '') return said.trim() === 'yes';
  }
  return existsSync('/run/systemd/timesync/synchronized') ? true : undefined;
}
