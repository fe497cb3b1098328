// `npm run package:desktop`: packages of the desktop app for this system, where Electron's own program is.
import { resolve } from 'node:path';
import { linux } from '../linux/desktop.ts';
import { macos } from '../macos/desktop.ts';
import { run } from '../run.ts';
import { windows } from '../windows/desktop.ts';
import type { BuilderConfiguration } from './configuration.ts';
import { electronFolder } from './electron-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const log = (line: string) => console.error(`desktop: ${line}`);
const configurations: Record<string, (env: NodeJS.ProcessEnv) => BuilderConfiguration> = {
  linux: () => linux,
  darwin: macos,
  win32: windows,
};
await buildDesktop();

async function buildDesktop(): Promise<void> {
  const configuration = configurations[process.platform];
  const found = electronFolder(root, process.env, process.platform);
  if (configuration === undefined || 'why' in found) {
    log(
      configuration === undefined
        ? `there is no configuration for ${process.platform}`
        : (found as { why: string }).why,
    );
    process.exitCode = 1;
    return;
  }
  log('compiling');
  await run('npm', ['run', '--silent', 'build'], { cwd: root });
  const { build } = await import('electron-builder');
  const paths = await build({
    projectDir: root,
    publish: 'never',
    config: { ...configuration(process.env), electronDist: found.folder },
  });
  for (const path of paths) log(path);
}
