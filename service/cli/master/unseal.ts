import { join } from 'node:path';
import { replyOf } from '../../../sdk/admin/client.ts';
import { Problem } from '../../lib/problem.ts';
import type { Answer } from '../command.ts';
import { type Control, createControl } from '../control/control.ts';
import { createSocketTransport, probeSocket } from '../control/socket-transport.ts';
import { value } from '../flag.ts';
import { work } from '../operation-command.ts';
import { lineTimer } from '../terminal/progress.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { passphraseFileFlag, readPassphrase } from './passphrase.ts';

const TRIES = 3;
/** Milliseconds that one question about the state may wait for a change. */
const PATIENCE = 1_000;

export const unseal = work({
  summary: 'give a sealed service its passphrase',
  about:
    'Gives a running, sealed service the passphrase of its master key and waits until it is ready. The passphrase is asked for ' +
    'without showing it, or read from a file; never from the command line. Exit code 1: it was wrong, or the service did not come up.',
  options: { passphraseFile: value(...passphraseFileFlag) },
  examples: ['unseal', 'unseal --passphrase-file /run/secrets/gatehouse'],
  async run({ passphraseFile }, { data, terminal }) {
    const socket = join(data, 'control.sock');
    if ((await probeSocket(socket)) !== 'service') {
      throw new Problem(
        'CONFLICT',
        `No service runs on ${data}, so there is nothing to unseal: start it first ("gatehouse serve").`,
      );
    }
    const control = createControl(createSocketTransport(socket));
    try {
      const { is } = await readSeal(control);
      if (is === 'open') {
        return { json: { sealed: false, already: true }, text: 'The service is not sealed.' };
      }
      if (is === 'sealed') await give(control, passphraseFile, terminal);
      return await waitUntilReady(control, terminal);
    } finally {
      await control.close();
    }
  },
});

const readSeal = ({ admin }: Control, wait = 0) =>
  replyOf(admin.GET('/api/admin/seal', { params: { query: { wait } } }));

async function give(control: Control, file: string | undefined, terminal: Terminal): Promise<void> {
  const asks = file === undefined && !process.env.GATEHOUSE_PASSPHRASE_FILE;
  for (let attempt = 1; ; attempt++) {
    const passphrase = await readPassphrase('Passphrase of the master key: ', file);
    try {
      await replyOf(control.admin.POST('/api/admin/unseal', { body: { passphrase } }));
      return;
    } catch (error) {
      const wrong = error instanceof Problem && error.code === 'WRONG_PASSPHRASE';
      if (!wrong || !asks || attempt === TRIES) throw error;
      terminal.note(error.message);
    }
  }
}

async function waitUntilReady(control: Control, terminal: Terminal): Promise<Answer> {
  terminal.note('The passphrase is right. Opening …');
  const startedAt = performance.now();
  const isDue = terminal.interactive ? () => true : lineTimer();
  for (;;) {
    const { is, reason } = await readSeal(control, PATIENCE);
    if (is === 'failed') {
      throw new Problem('SEALED', `The passphrase is right, but the service did not come up. ${reason}`);
    }
    if (is !== 'open') {
      if (isDue()) terminal.note('… still opening');
      continue;
    }
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const { ready, reason: why } = await replyOf(control.admin.GET('/api/admin/status'));
    return {
      json: { sealed: false, ready, seconds },
      text: ready
        ? `The service is unsealed and ready (${seconds} s).`
        : `The service is unsealed, but not ready: ${why}`,
      ...(ready ? {} : { exitCode: 1 as const }),
    };
  }
}
