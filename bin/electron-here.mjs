// Plain JavaScript, without packages.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What to do where Electron does not run.
 * @param {string} reason
 * @param {string} command that was given
 */
export const electronMissing = (reason, command) =>
  `Electron does not run here: ${reason}\n` +
  'With internet, "npx install-electron" fetches it. Without, unpack electron-vVERSION-PLATFORM-ARCH.zip of its releases\n' +
  `(the VERSION in node_modules/electron/package.json) and name the folder: ELECTRON_OVERRIDE_DIST_PATH=FOLDER ${command}`;

/**
 * Electron's program, where it and a desktop to show windows on are here. It only looks: to import the package `electron` would download it.
 * @param {string} root the folder that holds package.json
 * @param {{ env: NodeJS.ProcessEnv, platform: string }} machine as `process` has them
 * @returns {string | undefined}
 */
export function electronHere(root, { env, platform }) {
  const hasDesktop = platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
  const folder = join(root, 'node_modules/electron');
  if (!hasDesktop || !existsSync(join(folder, 'package.json'))) return undefined;
  const named = join(folder, 'path.txt');
  const usual =
    { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[platform] ?? 'electron';
  const name = existsSync(named) ? readFileSync(named, 'utf8') : usual;
  const program = join(env.ELECTRON_OVERRIDE_DIST_PATH || join(folder, 'dist'), name);
  return existsSync(program) ? program : undefined;
}
