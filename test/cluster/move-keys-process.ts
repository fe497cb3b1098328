// A process that moves the keys of a data directory and kills itself after one of the steps: `node move-keys-process.ts DATA URL PEOPLE STEP`.
import { moveKeys } from '../../service/data-directory/move-keys.ts';
import { systemClock } from '../../service/lib/clock.ts';
import { silentLog } from '../../service/lib/log.ts';

const [data, url, people, last] = process.argv.slice(2) as [string, string, string, string];
await moveKeys({
  data,
  url,
  confirm: Number(people),
  clock: systemClock,
  log: silentLog,
  step(name) {
    if (name === last) process.kill(process.pid, 'SIGKILL');
  },
});
