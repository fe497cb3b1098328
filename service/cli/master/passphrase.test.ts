import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Problem } from '../../lib/problem.ts';
import {
  type AskingTerminal,
  askHidden,
  readNewPassphrase,
  readPassphrase,
  unlockAtTerminal,
} from './passphrase.ts';

/** A terminal with typed input. */
function terminal(isTTY = true) {
  const keyboard = new EventEmitter();
  const seen: string[] = [];
  const raw: boolean[] = [];
  let interrupts = 0;
  const input = Object.assign(keyboard, {
    isTTY,
    setRawMode: (on: boolean) => raw.push(on),
    setEncoding: () => {},
    resume: () => {},
    pause: () => {},
  });
  const asking = {
    input,
    output: { write: (text: string) => seen.push(text) },
    interrupt: () => interrupts++,
  } as unknown as AskingTerminal;
  return {
    asking,
    seen,
    raw,
    interrupts: () => interrupts,
    /** Once it is listened to. */
    async type(...chunks: string[]) {
      for (const chunk of chunks) {
        while (keyboard.listenerCount('data') === 0) await new Promise((resolve) => setImmediate(resolve));
        keyboard.emit('data', chunk);
      }
    },
  };
}

test('what is typed is read and not shown; backspace and Ctrl-U work', async () => {
  const { asking, seen, raw, type } = terminal();
  const asked = askHidden('Passphrase: ', asking);
  await type('wrong\u0015', 'corr', 'ecx\u007ft 🦊🦊', '\b', '\r');
  expect(await asked).toBe('correct 🦊');
  expect(seen).toEqual(['Passphrase: ', '\n']);
  expect(raw).toEqual([true, false]);
});

test('Ctrl-C interrupts and gives the terminal back', async () => {
  const { asking, raw, type, interrupts } = terminal();
  void askHidden('Passphrase: ', asking);
  await type('sec\u0003');
  expect(interrupts()).toBe(1);
  expect(raw).toEqual([true, false]);
});

test('a new one is typed twice; two that differ are refused', async () => {
  const same = terminal();
  const asked = readNewPassphrase(undefined, { env: {}, terminal: same.asking });
  await same.type('horse\r', 'horse\r');
  expect(await asked).toBe('horse');
  const different = terminal();
  const refused = readNewPassphrase(undefined, { env: {}, terminal: different.asking });
  await Promise.all([
    expect(refused).rejects.toThrow('Nothing was changed'),
    different.type('horse\r', 'mouse\r'),
  ]);
});

test('a file is read instead, whichever names it; without terminal and file the error gives the remedy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-pass-'));
  try {
    const file = join(folder, 'pass');
    writeFileSync(file, 'correct horse\n', { mode: 0o600 });
    expect(await readPassphrase('?', file, { env: {} })).toBe('correct horse');
    expect(await readPassphrase('?', undefined, { env: { GATEHOUSE_PASSPHRASE_FILE: file } })).toBe(
      'correct horse',
    );
    for (const [text, mode] of [
      ['correct horse\n', 0o644],
      ['two\nlines\n', 0o600],
      ['\n', 0o600],
    ] as const) {
      rmSync(file);
      writeFileSync(file, text, { mode });
      await expect(readPassphrase('?', file, { env: {} })).rejects.toMatchObject({ code: 'SEALED' });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const piped = terminal(false).asking;
  await expect(readPassphrase('?', undefined, { env: {}, terminal: piped })).rejects.toThrow(
    '--passphrase-file',
  );
});

test('a command that opens the directory itself asks three times', async () => {
  const { asking, seen, type } = terminal();
  const tried: string[] = [];
  const open = async (passphrase: string) => {
    tried.push(passphrase);
    if (passphrase !== 'right') throw new Problem('WRONG_PASSPHRASE', 'No.');
  };
  const opened = unlockAtTerminal(asking)(open);
  await type('a\r', 'right\r');
  await opened;
  expect(seen.join('')).toContain('That is not the passphrase.');
  const refused = unlockAtTerminal(asking)(open);
  await Promise.all([
    expect(refused).rejects.toMatchObject({ code: 'WRONG_PASSPHRASE' }),
    type('a\r', 'b\r', 'c\r'),
  ]);
  expect(tried).toEqual(['a', 'right', 'a', 'b', 'c']);
  await expect(unlockAtTerminal(terminal(false).asking)(open)).rejects.toMatchObject({ code: 'SEALED' });
});
