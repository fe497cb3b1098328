import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const gatehouse = fileURLToPath(new URL('../bin/gatehouse.mjs', import.meta.url));
const run = promisify(execFile);

/** The real command and the real service, each a process of its own, on one data directory. */
export interface DemoService {
  url: string;
  key: string;
  organization: string;
  /** The parsed answer of a `gatehouse … --json` command. */
  command<T>(...words: string[]): Promise<T>;
  /** The status and body of a POST with the test key, and its milliseconds. */
  post<T>(path: string, body: unknown): Promise<{ status: number; body: T; milliseconds: number }>;
  stop(): Promise<void>;
}

export async function startDemoService(data: string): Promise<DemoService> {
  const command = async <T>(...words: string[]): Promise<T> => {
    const { stdout } = await run(process.execPath, [gatehouse, ...words, '--data', data, '--json']);
    return JSON.parse(stdout) as T;
  };
  const made = await command<{ organizationId: string; keys: { test: string } }>('init', '--org', 'Demo');
  const child = spawn(
    process.execPath,
    [gatehouse, 'serve', '--data', data, '--port', '0', '--log-level', 'error'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const url = await listening(child);
  const key = made.keys.test;
  return {
    url,
    key,
    organization: made.organizationId,
    command,
    async post<T>(path: string, body: unknown) {
      const start = performance.now();
      const reply = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': key },
        body: JSON.stringify(body),
      });
      const text = await reply.text();
      return { status: reply.status, body: JSON.parse(text) as T, milliseconds: performance.now() - start };
    },
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function listening(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The service ended with ${code} before it listened.`);
  });
  const line = once(createInterface({ input: child.stdout! }), 'line').then(([text]) => String(text));
  const { url } = JSON.parse(await Promise.race([line, ended])) as { url: string };
  ended.catch(() => {});
  return url;
}
