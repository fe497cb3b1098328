import type { Command } from 'commander';
import { parseConfig } from '../../config.ts';
import { systemTimer, type Timer } from '../../lib/clock.ts';
import { type CommandRunner, examples } from '../command.ts';
import { openControl } from '../control/open-control.ts';
import { requireInitialized } from '../data-directory.ts';
import { type Environment, type Repeated, repeatInThread, sendByThread } from './notify.ts';
import { addServeOptions, type ServeOptions, toConfigInput } from './options.ts';
import { type RunningService, runService } from './run-service.ts';
import { describeSetup } from './setup-address.ts';

export function addServe(program: Command, runner: CommandRunner): void {
  const command = addServeOptions(program.command('serve'))
    .summary('run the service on an initialized directory')
    .description(
      'Runs the service until SIGTERM, Ctrl-C or SIGHUP (the terminal is closed), which let running requests end. Standard output gets one line of JSON when ' +
        'it is ready: {"event":"listening","url":"http://…"}, and before that {"event":"sealed",…} where it waits for `gatehouse unseal`; the log goes to standard error. Every setting is also GATEHOUSE_* ' +
        'in the environment and a field of gatehouse.json in the data directory.',
    )
    .addHelpText(
      'after',
      examples(
        'serve',
        'serve --data /srv/gatehouse --host 0.0.0.0 --port 7300 --tls-cert cert.pem --tls-key key.pem',
      ),
    );
  runner.run<ServeOptions>(command, async ({ options, data, terminal }) => {
    const config = parseConfig(toConfigInput(data, options));
    await requireInitialized(data);
    const manager = createServiceManager();
    const ready = async ({ url }: RunningService) => {
      terminal.answer(JSON.stringify({ event: 'listening', url }));
      manager.ready(`Serving ${url}`);
      // Not into the log of a service, where others may read it: the log names the file.
      if (!terminal.interactive) return;
      const control = await openControl(data);
      const { hostName } = parseConfig(toConfigInput(data, options));
      const setup = await describeSetup(control, { url, data, hostName });
      await control.close();
      if (setup !== undefined) terminal.note(setup);
    };
    await runService(config, ready, {
      readAgain: () => parseConfig(toConfigInput(data, options)),
      say: (sentence) => terminal.note(sentence),
      sealed(url) {
        terminal.answer(JSON.stringify({ event: 'sealed', url }));
        manager.ready(`Waiting at ${url} for: gatehouse unseal`);
      },
      goesOn: () => manager.goesOn(),
      stopping: () => manager.stopping(),
    });
    return undefined;
  });
}

/** What systemd is sent (sd_notify(3)), where it started this process and waits for it. */
interface ServiceManager {
  /**
   * The start waits until another node has copied a large database, or does such a thing itself: until that is disposed of the manager is asked
   * for more time than the unit allows.
   */
  goesOn(): Disposable;
  /** The service answers; from now on the watchdog is fed, from the thread that answers. */
  ready(status: string): void;
  stopping(): void;
}

/** Milliseconds between two messages of a start, and for which each of them asks. */
const EXTENDED_EVERY = 60_000;
const EXTENDED_BY = 180_000;
const EXTENDED = `EXTEND_TIMEOUT_USEC=${EXTENDED_BY * 1000}`;

interface ServiceManagerDeps {
  env?: Environment;
  send?(messages: readonly string[]): void;
  repeat?(repeated: Repeated): Disposable;
  timer?: Timer;
}

export function createServiceManager({
  env = process.env,
  send = sendByThread(env),
  repeat = repeatInThread,
  timer = systemTimer,
}: ServiceManagerDeps = {}): ServiceManager {
  const nothing: Disposable = { [Symbol.dispose]() {} };
  if (!env.NOTIFY_SOCKET) return { goesOn: () => nothing, ready() {}, stopping() {} };
  const watchdogMs = Number(env.WATCHDOG_USEC ?? 0) / 1000;
  let cancel: (() => void) | undefined;
  const extending = new DisposableStack();
  function feed(): void {
    send(['WATCHDOG=1']);
    cancel = timer.after(watchdogMs / 2, feed);
  }
  return {
    goesOn() {
      if (extending.disposed) return nothing;
      send([EXTENDED]);
      const repeated = extending.use(repeat({ message: EXTENDED, milliseconds: EXTENDED_EVERY, env }));
      return {
        [Symbol.dispose]() {
          repeated[Symbol.dispose]();
          // What is left of the start has as much time as the unit allows.
          if (!extending.disposed) send([EXTENDED]);
        },
      };
    },
    ready(status) {
      extending.dispose();
      send(['READY=1', `STATUS=${status}`]);
      if (watchdogMs > 0 && !cancel) cancel = timer.after(watchdogMs / 2, feed);
    },
    stopping() {
      extending.dispose();
      cancel?.();
      send(['STOPPING=1', 'STATUS=Running requests end']);
    },
  };
}
