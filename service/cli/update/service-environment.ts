import { existsSync, readFileSync } from 'node:fs';

/** `EnvironmentFile=` of the unit: settings as GATEHOUSE_…, for which the machine has no other file. */
const FILE = '/etc/default/gatehouse';

/** What the unit sets for the service beside its settings file; the trial of an update starts it with the same. */
export function serviceEnvironment(file = FILE): Record<string, string> {
  if (!existsSync(file)) return {};
  const lines = readFileSync(file, 'utf8').split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value = ''] = /^\s*(GATEHOUSE_\w+)=(.*?)\s*$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value.replace(/^(["'])(.*)\1$/, '$2')]];
    }),
  );
}
