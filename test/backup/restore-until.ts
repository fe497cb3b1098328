/** Restores argv's backup and is killed (SIGKILL) at the named step. */

import { restoreBackup } from '../../service/backup/restore-backup.ts';
import { silentLog } from '../../service/lib/log.ts';

const [file, keys, masterKey, data, until] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
await restoreBackup({
  file,
  keys,
  masterKeyFiles: [masterKey],
  data,
  actor: 'ada',
  clock: { now: () => Date.now() },
  log: silentLog,
  step(name) {
    if (name === until) process.kill(process.pid, 'SIGKILL');
  },
});
