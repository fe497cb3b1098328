import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The names and priorities of the threads of a process that runs this, in its own words. */
async function threadsAfter(call: string): Promise<{ name: string; nice: number }[]> {
  const program = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { lowerThisThread, lowerV8Threads } from ${JSON.stringify(join(import.meta.dirname, 'thread-priority.ts'))};
    ${call};
    const threads = readdirSync('/proc/self/task').map((id) => {
      const text = readFileSync('/proc/self/task/' + id + '/stat', 'utf8');
      const [name, rest] = [text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')), text.slice(text.lastIndexOf(')') + 2)];
      return { name: id === String(process.pid) ? 'main' : name, nice: Number(rest.split(' ')[16]) };
    });
    console.log(JSON.stringify(threads));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout);
}

const nicesOf = (threads: { name: string; nice: number }[], name: string) =>
  new Set(threads.filter((one) => one.name === name).map(({ nice }) => nice));

test.runIf(process.platform === 'linux')("V8's threads yield, the program's do not", async () => {
  const [before, after] = [await threadsAfter(''), await threadsAfter('lowerV8Threads()')];
  const usual = [...nicesOf(before, 'main')];
  expect([...nicesOf(before, 'V8Worker')]).toEqual(usual);
  expect([...nicesOf(after, 'V8Worker')]).toEqual([10]);
  expect([...nicesOf(after, 'main')]).toEqual(usual);
});

test.runIf(process.platform === 'linux').each([
  ["'soon'", 5],
  ['', 10],
])('a thread lowers itself alone (%s)', async (needed, nice) => {
  const [before, after] = [await threadsAfter(''), await threadsAfter(`lowerThisThread(${needed})`)];
  expect([...nicesOf(after, 'main')]).toEqual([nice]);
  expect([...nicesOf(after, 'V8Worker')]).toEqual([...nicesOf(before, 'V8Worker')]);
});
