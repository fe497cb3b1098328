import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWebhookSecret, sign } from '../../service/engine/events/webhooks/signature.ts';
import { type Cli, createCli, type Service } from '../cli/gatehouse.ts';
import { portrait } from '../cli/portraits.ts';
import { freePort } from '../support/free-port.ts';

/** What docs/WEBHOOKS.md says is pasted, in order, into a shell; and its receivers read real deliveries. */

const root = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(join(root, 'docs/WEBHOOKS.md'), 'utf8');
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );

let cli: Cli;
let service: Service;
/** A checkout for the commands: everything in it is a link to ours. */
let folder: string;

beforeAll(async () => {
  cli = createCli();
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'));
  for (const name of readdirSync(root)) {
    if (!name.startsWith('.git')) symlinkSync(join(root, name), join(folder, name));
  }
  writeFileSync(join(folder, 'ada.jpg'), await portrait('ada'));
  await cli.init('Acme');
  service = await cli.serve();
});
afterAll(async () => {
  await service?.end();
  await cli?.clean();
  rmSync(folder, { recursive: true, force: true });
});

async function paste(script: string): Promise<{ stdout: string; stderr: string }> {
  const { PATH = '', NODE_COMPILE_CACHE = '' } = process.env;
  const shell = spawn('bash', ['-u'], {
    cwd: folder,
    env: { PATH, HOME: folder, NODE_COMPILE_CACHE, GATEHOUSE_DATA: cli.data },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  shell.stdout.setEncoding('utf8').on('data', (piece: string) => {
    output.stdout += piece;
  });
  shell.stderr.setEncoding('utf8').on('data', (piece: string) => {
    output.stderr += piece;
  });
  // A shell that ends with its input, as a person's does; what it left running ends with it.
  shell.stdin.end(`trap 'kill $(jobs -p)' EXIT\n${script}`);
  await once(shell, 'close');
  return output;
}

describe('docs/WEBHOOKS.md', () => {
  test('every command does what it says when pasted', { timeout: 600_000 }, async () => {
    const port = String(await freePort());
    const script = blocks('sh')
      .map((block) => `${block}\nprintf '\\n--- %s\\n' "$?"\n`)
      .join('')
      .replaceAll('http://127.0.0.1:7300', service.url)
      // What npm and the launcher add to it is tried in test/cli/{npm,launcher}.test.ts.
      .replace(
        'npm run --silent gatehouse --',
        `node --disable-sigusr1 ${process.env.TEST_BUNDLED_PROGRAM}/gatehouse.mjs`,
      )
      .replaceAll('9977', port)
      // Where a person waits two seconds: until the receiver listens.
      .replace('sleep 2', `until : 2> /dev/null < /dev/tcp/127.0.0.1/${port}; do sleep 0.1; done`);
    const { stdout, stderr } = await paste(script);
    const said = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm warn'));
    expect(said).toEqual([]);
    expect(stdout.match(/^--- .*$/gm)).toEqual(blocks('sh').map(() => '--- 0'));
    expect(stdout).toMatch(/^new dlv_\w{26} verification\.success$/m);
    expect(stdout).toMatch(/^new evt_\w{26} user\.enrolled$/m);
    expect(stdout).toContain('"signature":"standard"');
    // The enrollment, and the alert that a key made a webhook.
    expect(stdout).toMatch(/^2 events are on the way to wh_/m);
    expect(stdout).not.toMatch(/^refused/m);
  });

  test('its receivers take what is sent and refuse what was changed, and its payload is the one of the catalog', async () => {
    const receivers = blocks('js').map((block, i) => {
      const file = join(folder, `receiver-${i}.mjs`);
      writeFileSync(file, block);
      return import(file);
    });
    const [{ readStandard }, { verifyWebhook }, { verifyPlain }] = (await Promise.all(receivers)) as [
      { readStandard: (body: string, headers: object, secret: string) => unknown },
      { verifyWebhook: (body: string, signature: string, secret: string) => boolean },
      { verifyPlain: (body: string, signature: string, secret: string) => boolean },
    ];
    const body = '{"event":"user.enrolled"}';
    const made = (dialect: 'standard' | 'timestamped' | 'sha256' | 'hex') => {
      const secret = makeWebhookSecret(dialect, (into) => into.fill(7));
      const bytes = Buffer.from(body);
      return { secret, headers: sign({ dialect, secret, id: 'evt_1', at: Date.now(), body: bytes }) };
    };
    for (const dialect of ['standard', 'timestamped', 'sha256', 'hex'] as const) {
      const { secret, headers } = made(dialect);
      expect(readStandard(body, headers, secret)).toEqual({ event: 'user.enrolled' });
      expect(() => readStandard(`${body} `, headers, secret)).toThrow();
    }
    const timestamped = made('timestamped');
    const plain = (['sha256', 'hex'] as const).map((dialect) => {
      const { secret, headers } = made(dialect);
      const name = dialect === 'hex' ? 'x-proof-signature' : 'X-VerifyHuman-Signature';
      return [(text: string) => verifyPlain(text, headers[name]!, secret)];
    });
    for (const [verify] of [
      [(text: string) => verifyWebhook(text, timestamped.headers['Huma-Signature']!, timestamped.secret)],
      ...plain,
    ]) {
      expect([verify!(body), verify!(`${body} `)]).toEqual([true, false]);
    }
    expect(verifyPlain(body, createHmac('sha256', 'another').update(body).digest('hex'), 'whsec_x')).toBe(
      false,
    );
    for (const shown of blocks('json')) expect(JSON.parse(shown).event).toBe('verification.success');
  });
});
