import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Target } from './choices.ts';
import type { ShellElectron } from './electron.ts';
import { START_SCHEME } from './windows/start-page.ts';

/** Sets what has to be set before Electron is ready. Gives the folder of this account for what the shell keeps of the service. */
export function prepareApp(
  { app, protocol }: Pick<ShellElectron, 'app' | 'protocol'>,
  target: Target,
): string {
  app.setName('Gatehouse');
  // Windows shows no notification of a program that it cannot name.
  app.setAppUserModelId('app.gatehouse.desktop');
  const name = target.is === 'here' ? target.data : target.url.origin;
  const own = join(
    app.getPath('appData'),
    'Gatehouse',
    createHash('sha256').update(name).digest('hex').slice(0, 16),
  );
  // Before the lock, which lies in it.
  app.setPath('userData', own);
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([
    { scheme: START_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  // A checkout of a developer does not take the links of an installed one.
  if (app.isPackaged) app.setAsDefaultProtocolClient('gatehouse');
  return own;
}
