import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyCodes } from '../../renderer/console/features/webhooks/verify-code.ts';
import { signatureDialects } from '../../service/engine/events/index.ts';
import { makeWebhookSecret, sign } from '../../service/engine/events/webhooks/signature.ts';

// The code that the console shows, with deliveries that the product signs.

const codeOf = (language: string) => verifyCodes.find((one) => one.language === language)!.code;
const has = (command: string, flag: string) => spawnSync(command, [flag]).status === 0;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-verify-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  name: string;
  body: string;
  headers: Record<string, string>;
  secret: string;
  /** `error`: it says that the secret is missing. */
  expected: boolean | 'error';
}

const body = '{"event":"user.enrolled","data":{"email":"åse@example.org"}}';
let made = 0;
const newSecret = (dialect: (typeof signatureDialects)[number]) =>
  makeWebhookSecret(dialect, (into) => void into.fill(++made));

/** Of now, since the code looks at the clock of the machine. */
function cases(): Case[] {
  const at = Date.now();
  const secret = newSecret('standard');
  const signed = (more: Partial<Parameters<typeof sign>[0]> = {}) =>
    sign({ dialect: 'standard', secret, id: 'evt_1', at, body: Buffer.from(body), ...more });
  const headers = signed();
  const other = newSecret('standard');
  const one = { body, headers, secret };
  return [
    { ...one, name: 'genuine', expected: true },
    ...signatureDialects.map((dialect): Case => {
      const own = newSecret(dialect);
      return {
        name: `genuine, of a webhook signed by ${dialect}`,
        body,
        secret: own,
        expected: true,
        headers: signed({ dialect, secret: own }),
      };
    }),
    { ...one, name: 'rotating, the old secret', headers: signed({ nextSecret: other }), expected: true },
    {
      ...one,
      name: 'rotating, the new secret',
      secret: other,
      expected: true,
      headers: signed({ nextSecret: other }),
    },
    { ...one, name: 'another body', body: `${body} `, expected: false },
    { ...one, name: 'another secret', secret: other, expected: false },
    { ...one, name: 'another id', headers: { ...headers, 'webhook-id': 'evt_2' }, expected: false },
    { ...one, name: 'too old', headers: signed({ at: at - 301_000 }), expected: false },
    // By an hour: a busy machine has needed more than ten seconds to compile and run the code.
    { ...one, name: 'of the future', headers: signed({ at: at + 3_600_000 }), expected: false },
    { ...one, name: 'no signature', headers: { ...headers, 'webhook-signature': '' }, expected: false },
    { ...one, name: 'not a time', headers: { ...headers, 'webhook-timestamp': 'x' }, expected: false },
    {
      ...one,
      name: 'half a signature',
      headers: { ...headers, 'webhook-signature': 'v1,' },
      expected: false,
    },
    { ...one, name: 'no secret', secret: '', expected: 'error' },
  ];
}

test('five languages, each with the three headers, the clock and a comparison in constant time', () => {
  expect(verifyCodes.map(({ language }) => language)).toEqual(['TypeScript', 'Python', 'Go', 'Java', 'C#']);
  for (const { code } of verifyCodes) {
    for (const needed of ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'whsec_', 'v1'])
      expect(code).toContain(needed);
    expect(code).toMatch(/300|5\*time\.Minute/);
    expect(code).toMatch(/timingSafeEqual|compare_digest|hmac\.Equal|isEqual|FixedTimeEquals/);
  }
});

test('TypeScript', async () => {
  const code = stripTypeScriptTypes(codeOf('TypeScript'));
  const { isFromGatehouse } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    isFromGatehouse(body: Buffer, headers: Record<string, string>, secret: string): boolean;
  };
  for (const { name, body, headers, secret, expected } of cases()) {
    const verify = () => isFromGatehouse(Buffer.from(body), headers, secret);
    if (expected === 'error') expect(verify).toThrow('not set');
    else expect([name, verify()]).toEqual([name, expected]);
  }
});

describe.runIf(has('python3', '--version'))('Python', () => {
  test('of this machine', () => {
    writeFileSync(join(folder, 'gatehouse.py'), codeOf('Python'));
    const script = `
import json, sys
from gatehouse import is_from_gatehouse
out = []
for one in json.load(sys.stdin):
    try:
        out.append(is_from_gatehouse(one["body"].encode(), one["headers"], one["secret"]))
    except ValueError:
        out.append("error")
print(json.dumps(out))`;
    const all = cases();
    const options = { cwd: folder, input: JSON.stringify(all), encoding: 'utf8' } as const;
    const results = JSON.parse(execFileSync('python3', ['-c', script], options)) as unknown[];
    expect(all.map(({ name }, i) => [name, results[i]])).toEqual(
      all.map(({ name, expected }) => [name, expected]),
    );
  });
});

describe.runIf(has('java', '-version'))('Java', () => {
  test('of this machine', () => {
    const all = cases();
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    // One file, run as source: the class as it is shown, and a main that reads one case a line.
    const main = `public class Main {
  public static void main(String[] args) throws Exception {
    var decoder = java.util.Base64.getDecoder();
    for (String line : new String(System.in.readAllBytes()).split("\\n")) {
      String[] parts = line.split(" ", -1);
      String[] texts = new String[4];
      for (int i = 0; i < 4; i++) texts[i] = new String(decoder.decode(parts[i + 1]));
      try {
        System.out.println(GatehouseWebhook.isGenuine(decoder.decode(parts[0]), texts[0], texts[1], texts[2], texts[3]));
      } catch (IllegalStateException missing) {
        System.out.println("error");
      }
    }
  }
}
`;
    const [imports, ours] = codeOf('Java').split(/\n(?=public final class)/);
    writeFileSync(join(folder, 'Main.java'), `${imports}\n${main}${ours!.replace('public final', 'final')}`);
    const input = all
      .map(({ body, headers, secret }) =>
        [body, headers['webhook-id']!, headers['webhook-timestamp']!, headers['webhook-signature']!, secret]
          .map(base64)
          .join(' '),
      )
      .join('\n');
    const printed = execFileSync('java', ['Main.java'], { cwd: folder, input, encoding: 'utf8' });
    const results = printed.trim().split('\n');
    expect(all.map(({ name }, i) => [name, results[i]])).toEqual(
      all.map(({ name, expected }) => [name, String(expected)]),
    );
  });
});
