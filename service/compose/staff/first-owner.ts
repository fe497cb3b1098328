import { randomFillSync } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSetup, type Setup, type TokenFile } from '../../engine/setup/index.ts';
import type { Subjects } from '../../engine/subjects/index.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import type { Audited } from '../audit.ts';
import type { Base } from '../base.ts';
import type { Callers } from '../callers.ts';
import type { Staff } from './administrators.ts';

export interface FirstOwner {
  setup: Setup;
  /** File of the setup token while it is valid. */
  setupTokenFile: string;
}

/** How the first owner is made. */
export function createFirstOwner({
  config,
  ground,
  vault,
  people,
  ...deps
}: Base & Audited & Callers & Staff & { people(): { subjects: Pick<Subjects, 'count'> } }): FirstOwner {
  const setupTokenFile = join(config.data, 'setup-token');
  const { integrity } = vault;
  return {
    setupTokenFile,
    setup: createSetup({
      ...ground,
      ...deps,
      integrity,
      hasPeople: async (organization) =>
        (await people().subjects.count({ organization, world: 'live' })) > 0 ||
        (await people().subjects.count({ organization, world: 'test' })) > 0,
      random: randomFillSync,
      file: tokenFile(setupTokenFile),
    }),
  };
}

/** 0600, as every file that `writeDurably` makes. */
const tokenFile = (path: string): TokenFile => ({
  read() {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  write: (token) => writeDurably(path, `${token}\n`),
  remove: () => rmSync(path, { force: true }),
});
