/** The program that Electron runs: `npm run desktop`. The one file that loads it. */
import { readChoices } from './choices.ts';
import { findProgram, type ServiceProcess, startService } from './service/service-process.ts';
import { runShell } from './shell.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

// Node, in Electron too, would open its inspector, which runs code of any local account as this one.
process.on('SIGUSR1', () => {});

if (process.versions.electron === undefined) {
  // Elsewhere the package `electron` would download it.
  process.stderr.write('This is the desktop app of Gatehouse, which Electron runs: npm run desktop\n');
  process.exitCode = 1;
} else {
  const electron = await import('electron');
  const pages = electron.app.isPackaged ? undefined : process.env.ELECTRON_RENDERER_URL;
  const begin = async () => {
    const shell = await runShell({
      electron,
      choices: readChoices(process.argv.slice(electron.app.isPackaged ? 1 : 2)),
      start: startOwn,
      pages,
      now: Date.now,
      after(milliseconds, work) {
        const timer = setTimeout(work, milliseconds);
        return () => clearTimeout(timer);
      },
      say,
    });
    // Electron would ask its windows first, and a kiosk says no. In development so does a page with unsaved input, which would keep
    // this build beside the next one.
    const end = () => (pages === undefined ? shell?.quit() : electron.app.exit());
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
  };
  // Not awaited: Electron is ready only once this module has ended (electron#40719).
  begin().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    electron.app.exit(1);
  });
}

function startOwn(data: string, log: string): ServiceProcess {
  try {
    return startService(findProgram(import.meta.dirname), data, log);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ended: Promise.resolve(why), stop() {}, kill() {} };
  }
}
