import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import { type Answer, type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { requireFolderOf } from '../folder-of.ts';
import { invocation } from '../invocation.ts';
import { userPath } from '../user-path.ts';
import { describeCertificate } from './text.ts';

export function addCertificate(program: Command, runner: CommandRunner): void {
  const certificate = program
    .command('certificate')
    .helpCommand(false)
    .description('the certificate that the box serves: its own, or one of your organization');
  addShow(certificate, runner);
  addRequest(certificate, runner);
  addInstall(certificate, runner);
  addRenew(certificate, runner);
}

async function answerOf(
  open: Control,
  shown: Schemas['Certificate'],
  notes: readonly string[] = [],
): Promise<Answer> {
  const fingerprints = await replyOf(open.admin.GET('/api/admin/certificate/fingerprints'));
  const text = [describeCertificate(shown, fingerprints, systemClock.now()), ...notes].join('\n');
  return { json: { ...shown, fingerprints }, text };
}

function addShow(certificate: Command, runner: CommandRunner): void {
  runner.run(
    certificate
      .command('show')
      .description('the certificate in use, its expiry, and the fingerprints to compare')
      .addHelpText('after', examples('certificate show', 'certificate show --json')),
    async ({ control }) => {
      const open = await control();
      return answerOf(open, await replyOf(open.admin.GET('/api/admin/certificate')));
    },
  );
}

interface RequestOptions {
  out?: string;
  new?: boolean;
  withAddresses?: boolean;
}

function addRequest(certificate: Command, runner: CommandRunner): void {
  runner.run<RequestOptions>(
    certificate
      .command('request')
      .summary('a certificate request (CSR) for the authority of your organization')
      .description(
        'Makes a key, which stays on the box, and a request with every name of the box. While one is open, it is shown again.',
      )
      .option('--out <file>', 'write it there instead of showing it')
      .option(
        '--new',
        'a new key and a new request; a certificate for the open one can then not be installed',
      )
      .option('--with-addresses', 'for the addresses of the machine too, which many authorities refuse')
      .addHelpText(
        'after',
        examples('certificate request --out gatehouse.csr', 'certificate install gatehouse.pem'),
      ),
    async ({ options, control, terminal }) => {
      const file = options.out === undefined ? undefined : userPath(options.out);
      if (file !== undefined) requireFolderOf(file, 'Nothing was requested. ');
      const { admin } = await control();
      const reply = await replyOf(
        admin.POST('/api/admin/certificate/request', {
          body: { again: options.new === true, addresses: options.withAddresses === true },
        }),
      );
      if (file !== undefined) writeDurably(file, reply.request);
      const next = `Have your authority sign it, for a server, and install the answer: ${invocation} certificate install FILE`;
      if (!reply.made) terminal.note('This request was open already; --new makes another one.');
      if (file === undefined) terminal.note(next);
      return {
        json: { ...reply, ...defined({ file }) },
        text: file === undefined ? reply.request.trimEnd() : `${file} is written. ${next}`,
      };
    },
  );
}

function addInstall(certificate: Command, runner: CommandRunner): void {
  runner.run<{ key?: string }>(
    certificate
      .command('install')
      .argument('<file>', 'PEM: the certificate of the server and the intermediate ones, in any order')
      .summary('check a certificate of your organization and serve it')
      .description(
        'Checks that it belongs to the key of the request, its chain, names and dates. The running service serves it at once; ' +
          'connections that are open go on.',
      )
      .option('--key <file>', 'its private key, PEM, where it was not requested here and is not in the file')
      .addHelpText(
        'after',
        examples('certificate install gatehouse.pem', 'certificate install fullchain.pem --key privkey.pem'),
      ),
    async ({ options, control }, file = '') => {
      const chain = readText(file);
      const key = options.key === undefined ? undefined : readText(options.key);
      const open = await control();
      const { notes, ...shown } = await replyOf(
        open.admin.POST('/api/admin/certificate/install', {
          body: defined({ chain, key }) as { chain: string },
        }),
      );
      const answer = await answerOf(open, shown, notes.length === 0 ? [] : ['', ...notes]);
      return { ...answer, json: { ...(answer.json as object), notes } };
    },
  );
}

interface RenewOptions {
  newAuthority?: boolean;
  discardInstalled?: boolean;
  confirm?: string;
}

function addRenew(certificate: Command, runner: CommandRunner): void {
  runner.run<RenewOptions>(
    certificate
      .command('renew')
      .summary('issue a certificate now, by the authority of this box')
      .description(
        'The box does this by itself 30 days before the end, and when its names or addresses change.',
      )
      .option('--new-authority', 'by a new authority, which every client has to install again')
      .option('--confirm <name>', 'with --new-authority: the name of the box once more')
      .option('--discard-installed', 'remove the installed certificate of your organization with its key')
      .addHelpText(
        'after',
        examples('certificate renew', 'certificate renew --new-authority --confirm gatehouse.home.arpa'),
      ),
    async ({ options, control }) => {
      const open = await control();
      if (options.newAuthority) {
        const { names } = await replyOf(open.admin.GET('/api/admin/certificate'));
        if (options.confirm !== names[0]) {
          throw new UsageError(
            `Every device that trusts this box has to install the new authority before it connects again. Nothing was changed. To confirm, give the name of the box: --confirm ${names[0]}`,
          );
        }
      }
      const shown = await replyOf(
        open.admin.POST('/api/admin/certificate/renew', {
          body: {
            authority: options.newAuthority === true,
            discardInstalled: options.discardInstalled === true,
          },
        }),
      );
      return answerOf(open, shown);
    },
  );
}

function readText(path: string): string {
  const file = userPath(path);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
