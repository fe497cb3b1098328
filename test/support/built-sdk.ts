import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { stagePackage } from '../../installers/sdk/stage.ts';
import { folderOfRun } from './folder-of-run.ts';

const root = join(import.meta.dirname, '../..');

/** `sdk/gatehouse` as `npm run build:sdk` makes it and as it is published, in `home`. Built once in a run. */
export const putSdk = async (home: string): Promise<void> =>
  stagePackage('gatehouse', join(await builtSdk(), 'dist'), home);

export async function builtSdk(): Promise<string> {
  const run = folderOfRun();
  const made = join(run, 'sdk');
  if (!isFirst(join(run, 'sdk-begun'))) {
    // Another process builds it.
    const ended = () => readdirSync(run).some((name) => name === 'sdk' || name === 'sdk-broken');
    await vi.waitUntil(ended, { timeout: 300_000 });
    if (!existsSync(made)) throw new Error('the build of the SDK failed in another test file.');
    return made;
  }
  const node = join(root, 'node_modules/.bin/node');
  const making = join(run, 'sdk-being-made');
  const built = spawnSync(node, [join(root, 'sdk/gatehouse/build.mjs'), making], { encoding: 'utf8' });
  if (built.status !== 0) {
    writeFileSync(join(run, 'sdk-broken'), '');
    throw new Error(`the build failed: ${built.stdout}${built.stderr}`);
  }
  renameSync(making, made);
  return made;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
