import { execFile, spawn } from 'node:child_process';

export interface Account {
  uid: number;
  gid: number;
}

/** Runs a program to its end; its standard output. Throws with what it wrote where it fails. */
export function runProgram(
  program: string,
  words: readonly string[],
  { account, env }: { account?: Account; env?: Record<string, string> } = {},
): Promise<string> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 64 * 2 ** 20, cwd: '/', ...account };
  return new Promise((resolve, reject) => {
    execFile(program, words, options, (error, stdout, stderr) => {
      if (!error) resolve(stdout);
      else if (error.code === 'ENOENT') reject(new Error(`${program} is not on this machine.`));
      else
        reject(
          new Error(
            `${program} ${words[0] ?? ''} ended with ${error.code ?? error.signal}: ${lastLines(stderr || stdout)}`,
          ),
        );
    });
  });
}

/** Runs a service until `ready` has seen a line of its standard output and settled, then ends it. */
export async function runUntil<T>(
  program: string,
  words: readonly string[],
  {
    account,
    env,
    timeoutMs,
    ready,
  }: {
    account?: Account;
    env?: Record<string, string>;
    timeoutMs: number;
    ready(line: string): Promise<T | undefined>;
  },
): Promise<T> {
  const options = { cwd: '/', env: { ...process.env, ...env }, ...account };
  const child = spawn(program, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (bytes: Buffer) => {
    errors = (errors + bytes).slice(-4000);
  });
  try {
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`it did not become ready within ${timeoutMs / 1000} s`)),
        timeoutMs,
      );
      const done = (settle: () => void) => {
        clearTimeout(timer);
        settle();
      };
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => {
        text += bytes;
        const lines = text.split('\n');
        text = lines.pop()!;
        for (const line of lines)
          ready(line).then(
            (value) => value !== undefined && done(() => resolve(value)),
            (error) => done(() => reject(error)),
          );
      });
      child.on('error', (error) => done(() => reject(error)));
      child.on('exit', (code) =>
        done(() => reject(new Error(`it ended with ${code}: ${lastLines(errors)}`))),
      );
    });
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGTERM')) await ended;
  }
}

/** Of what a program wrote before it failed: its last sentences, without the places in its code. */
export const lastLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(at |Node\.js v|\^+$)/.test(line))
    .slice(-3)
    .join(' ');
