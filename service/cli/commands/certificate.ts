import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { systemClock } from '../../lib/clock.ts';
import { defined } from '../../lib/defined.ts';
import { writeDurably } from '../../lib/durable-file.ts';
import type { Answer } from '../command.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { toggle, value } from '../flag.ts';
import { requireFolderOf } from '../into-new-file.ts';
import { invocation } from '../invocation.ts';
import { readText } from '../named-file.ts';
import { noun, work } from '../operation-command.ts';
import { facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

export const certificate = noun('the certificate that the box serves: its own, or one of your organization', {
  show: work({
    about: 'the certificate in use, its expiry, and the fingerprints to compare',
    examples: ['certificate show', 'certificate show --json'],
    async run(_, { control }) {
      const open = await control();
      return answerOf(open, await replyOf(open.admin.GET('/api/admin/certificate')));
    },
  }),
  request: work({
    summary: 'a certificate request (CSR) for the authority of your organization',
    about:
      'Makes a key, which stays on the box, and a request with every name of the box. While one is open, it is shown again.',
    options: {
      out: value('<file>', 'write it there instead of showing it'),
      new: toggle('a new key and a new request; a certificate for the open one can then not be installed'),
      withAddresses: toggle('for the addresses of the machine too, which many authorities refuse'),
    },
    examples: ['certificate request --out gatehouse.csr', 'certificate install gatehouse.pem'],
    async run({ out, new: again = false, withAddresses: addresses = false }, { control, terminal }) {
      const file = out === undefined ? undefined : userPath(out);
      if (file !== undefined) requireFolderOf(file, 'Nothing was requested. ');
      const { admin } = await control();
      const reply = await replyOf(
        admin.POST('/api/admin/certificate/request', { body: { again, addresses } }),
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
  }),
  install: work({
    args: {
      file: value('<file>', 'PEM: the certificate of the server and the intermediate ones, in any order'),
    },
    summary: 'check a certificate of your organization and serve it',
    about:
      'Checks that it belongs to the key of the request, its chain, names and dates. The running service serves it at once; ' +
      'connections that are open go on.',
    options: {
      key: value('<file>', 'its private key, PEM, where it was not requested here and is not in the file'),
    },
    examples: ['certificate install gatehouse.pem', 'certificate install fullchain.pem --key privkey.pem'],
    async run({ file = '', key: keyFile }, { control }) {
      const chain = await readText(file, 'file');
      const key = keyFile === undefined ? undefined : await readText(keyFile, 'file');
      const open = await control();
      const { notes, ...shown } = await replyOf(
        open.admin.POST('/api/admin/certificate/install', { body: { chain, ...defined({ key }) } }),
      );
      const answer = await answerOf(open, shown, notes.length === 0 ? [] : ['', ...notes]);
      return { ...answer, json: { ...(answer.json as object), notes } };
    },
  }),
  renew: work({
    summary: 'issue a certificate now, by the authority of this box',
    about: 'The box does this by itself 30 days before the end, and when its names or addresses change.',
    options: {
      newAuthority: toggle('by a new authority, which every client has to install again'),
      confirm: value('<name>', 'with --new-authority: the name of the box once more'),
      discardInstalled: toggle('remove the installed certificate of your organization with its key'),
    },
    examples: ['certificate renew', 'certificate renew --new-authority --confirm gatehouse.home.arpa'],
    async run({ newAuthority: authority = false, confirm, discardInstalled = false }, { control }) {
      const open = await control();
      if (authority) {
        const { names } = await replyOf(open.admin.GET('/api/admin/certificate'));
        if (confirm !== names[0]) {
          throw new UsageError(
            `Every device that trusts this box has to install the new authority before it connects again. Nothing was changed. To confirm, give the name of the box: --confirm ${names[0]}`,
          );
        }
      }
      const shown = await replyOf(
        open.admin.POST('/api/admin/certificate/renew', { body: { authority, discardInstalled } }),
      );
      return answerOf(open, shown);
    },
  }),
});

async function answerOf(
  open: Control,
  shown: Schemas['Certificate'],
  notes: readonly string[] = [],
): Promise<Answer> {
  const fingerprints = await replyOf(open.admin.GET('/api/admin/certificate/fingerprints'));
  const text = [describeCertificate(shown, fingerprints, systemClock.now()), ...notes].join('\n');
  return { json: { ...shown, fingerprints }, text };
}

const DAY = 86_400_000;

const sources = {
  settings: 'files of the settings tlsCert and tlsKey',
  installed: 'installed, from your own authority',
  own: 'from the authority of this box',
} as const;

const until = (to: string, now: number) =>
  `${to.slice(0, 10)} (${Math.floor((Date.parse(to) - now) / DAY)} days)`;

function describeCertificate(
  {
    https,
    hostName,
    names,
    leftOut,
    requested,
    served,
    authority,
  }: Omit<Schemas['Certificate'], 'installed'>,
  fingerprints: Schemas['CertificateFingerprints'],
  now: number,
): string {
  const uncovered = names.filter((name) => served && !served.names.includes(name));
  return [
    facts([
      ['https', https ? 'yes' : 'no: plain HTTP, for this machine only'],
      ['host name', hostName ?? `not set; the machine’s: ${names[0]}`],
      ['certificate', served ? sources[served.source] : 'none yet: the next start with HTTPS makes one'],
      ...(served
        ? ([
            ['issued by', served.issuer],
            ['for', served.names.join(', ')],
            ['ends', until(served.to, now)],
            ['SHA-256', fingerprints.served],
          ] as const)
        : []),
      ...(uncovered.length > 0 ? ([['not covered', uncovered.join(', ')]] as const) : []),
      ...(leftOut.length > 0
        ? ([['left out', `${leftOut.join(', ')}: the authority may not issue for them`]] as const)
        : []),
      ...(authority
        ? ([
            ['authority', authority.subject],
            ['ends', until(authority.to, now)],
            ['SHA-256', fingerprints.authority],
          ] as const)
        : []),
      ...(requested
        ? ([['request', `open; install the answer: ${invocation} certificate install FILE`]] as const)
        : []),
    ]),
    ...(served?.source === 'own'
      ? [
          '',
          'Compare the fingerprint of the authority with the one that a device shows before it trusts the file of /trust.',
        ]
      : []),
    ...(leftOut.length > 0
      ? [
          '',
          `A new authority covers them, and every client has to install it again: ${invocation} certificate renew --new-authority --confirm ${names[0]}`,
        ]
      : []),
  ].join('\n');
}
