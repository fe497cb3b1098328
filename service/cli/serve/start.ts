import { join } from 'node:path';
import type { Command } from 'commander';
import { replyOf } from '../../../sdk/admin/client.ts';
import { type Config, parseConfig } from '../../config.ts';
import { recordDatabase } from '../../data-directory/database-location.ts';
import { isTrouble, plainLine, requestLine } from '../../http/structured-log.ts';
import { inCheckout } from '../../lib/installation.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { openControl } from '../control/open-control.ts';
import { initialize } from '../init/initialize.ts';
import { invocation } from '../invocation.ts';
import { listOrganizations, type Organization } from '../organization.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { addServeOptions, type ServeOptions, toConfigInput } from './options.ts';
import { type RunningService, runService } from './run-service.ts';
import { describeSetup } from './setup-address.ts';

export function addStart(program: Command, runner: CommandRunner): void {
  const command = addServeOptions(program.command('start'))
    .summary('create the data directory at the first start, then serve')
    .description(
      'The command behind `npm start`: initializes the data directory at the first start, serves, and prints the next steps.',
    )
    .addHelpText('after', examples('start', 'start --port 7400 --data ./trial'));
  runner.run<ServeOptions>(command, async ({ options, data, terminal }) => {
    const readConfig = () => parseConfig(toConfigInput(data, options));
    const config = readConfig();
    // The log keeps quiet unless it was asked for.
    const quiet = options.logLevel === undefined && config.logLevel === 'info';
    const greet = async ({ url }: RunningService) => {
      recordDatabase(data, config);
      const control = await openControl(data);
      try {
        const made = await initialize(control, 'Default', ['test']);
        const organizations = (await listOrganizations(control)).toReversed();
        const trust = await describeTrust(control, url, data);
        const setup = await describeSetup(control, { url, data, hostName: readConfig().hostName });
        terminal.answer(
          made
            ? welcome({ url, data, trust, setup, organization: made.organizationId, key: made.keys.test })
            : again(url, data, organizations),
        );
        if (!made && trust) terminal.answer(trust.text);
        if (!made && setup !== undefined) terminal.answer(setup);
      } finally {
        await control.close();
      }
    };
    const logLevel = terminal.shown ? ('info' as const) : ('warn' as const);
    const settings = (read: Config): Config => (quiet ? { ...read, logLevel } : read);
    await runService(settings(config), greet, {
      readAgain: () => settings(readConfig()),
      say: (sentence) => terminal.answer(sentence),
      ...(quiet && { logLine: (line) => sayLine(line, terminal) }),
      sealed: (url) =>
        terminal.answer(
          `Gatehouse is sealed: it listens at ${url} and waits for its passphrase. In another terminal:\n\n  ${invocation} unseal --data ${data}\n`,
        ),
    });
    terminal.answer('Stopped.');
    return undefined;
  });
}

/** Shows requests only in a terminal, warnings and errors always. */
function sayLine(line: string, terminal: Terminal): void {
  const request = terminal.shown ? requestLine(line) : undefined;
  if (request !== undefined) terminal.answer(request);
  else if (!isTrouble(line)) return;
  else if (terminal.interactive) terminal.note(plainLine(line));
  else process.stderr.write(line);
}

interface Welcome {
  url: string;
  data: string;
  organization: string;
  key: string;
  trust: Trust | undefined;
  setup: string | undefined;
}

function welcome({ url, data, organization, key, trust, setup }: Welcome): string {
  const where = `--data ${data}`;
  const curl = trust ? `curl -sS --cacert ${trust.file}` : 'curl -sS';
  return `
Gatehouse is running at ${url}
${setup === undefined ? '' : `\n${setup}`}
It keeps everything in ${data}
Your organization is called "Default" (${organization}).
Its key for the test world, shown only now:

  ${key}

Enroll a person from one photo, then verify another photo of them (any JPEG, PNG, WebP, HEIC or AVIF with one face):

  ${curl} ${url}/api/enroll -H 'x-api-key: ${key}' -F email=ada@example.com -F image=@first.jpg
  ${curl} ${url}/api/verify -H 'x-api-key: ${key}' -F image=@second.jpg

Console:                                 ${consoleAddress(url)}${inCheckout('\nNo photo at hand? In another terminal:   npm run demo')}
The API, with examples:                  ${url}/docs
State of the box:                        ${url}/health
Record consent before real people:       ${invocation} consent attest ${where} --help
A key for real people:                   ${invocation} key create ${where} --scopes identity --env live
Before you enroll real people:           ${invocation} doctor ${where}
${trust ? `\n${trust.text}\n` : ''}
Ctrl-C stops.`;
}

function again(url: string, data: string, organizations: readonly Organization[]): string {
  const names = organizations.map(({ name }) => `"${name}"`).join(', ');
  return `Gatehouse is running at ${url} on ${data} (${names}). Console: ${consoleAddress(url)} API: ${url}/docs. Ctrl-C stops.`;
}

/** By name where it can be: a passkey is bound to one. */
const consoleAddress = (url: string) => `${url.replace('//127.0.0.1:', '//localhost:')}/console/`;

interface Trust {
  text: string;
  /** The certificate of the box's authority, PEM. */
  file: string;
}

/** Steps for clients to trust a certificate of the box's own authority; undefined if not needed. */
async function describeTrust(control: Control, url: string, data: string): Promise<Trust | undefined> {
  const { https, hostName, served } = await replyOf(control.admin.GET('/api/admin/certificate'));
  if (!https || served?.source !== 'own') return undefined;
  const { authority } = await replyOf(control.admin.GET('/api/admin/certificate/fingerprints'));
  const named = new URL('/trust', url);
  if (hostName !== undefined) named.hostname = hostName;
  return {
    file: join(data, 'tls', 'authority.pem'),
    text: `The box serves HTTPS with a certificate of its own authority. Install the authority on each device, with the steps of
  ${named}
and compare its fingerprint (SHA-256) there with this one:
  ${authority}`,
  };
}
