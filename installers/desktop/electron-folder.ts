import { existsSync } from 'node:fs';
import { join } from 'node:path';

const PROGRAMS: Record<string, string> = {
  darwin: 'Electron.app',
  win32: 'electron.exe',
  linux: 'electron',
};

/** The folder with Electron's own program, or why there is none: nothing is fetched by a build. */
export function electronFolder(
  root: string,
  env: NodeJS.ProcessEnv,
  platform: string,
): { folder: string } | { why: string } {
  const folder = env.ELECTRON_OVERRIDE_DIST_PATH ?? join(root, 'node_modules/electron/dist');
  if (existsSync(join(folder, PROGRAMS[platform] ?? 'electron'))) return { folder };
  return {
    why: `Electron's program is not in ${folder}, and a build fetches nothing. With internet, "npx install-electron" fetches it; without, unpack the zip of its release and name the folder in ELECTRON_OVERRIDE_DIST_PATH (docs/DESKTOP.md).`,
  };
}
