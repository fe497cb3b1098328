/**
 * Posts one body at `/api/verify` as fast as answers come, on CONNECTIONS connections, until a message stops it. Arguments: URL, key, file
 * with the body. Says `under way` after the first answer, and at the end how many answers of each status there were.
 */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { Pool } from 'undici';

const CONNECTIONS = 8;

export type AttackMessage = 'under way' | { answers: Record<string, number> };

// An attacker has cores of its own: here it takes what the service leaves.
setPriority(19);

const [url, key, file] = process.argv.slice(2) as [string, string, string];
const body = readFileSync(file);
const pool = new Pool(url, { connections: CONNECTIONS, headersTimeout: 120_000 });
const answers: Record<string, number> = {};
let stopped = false;
const report = (message: AttackMessage): void => void process.send?.(message);
process.once('message', () => {
  stopped = true;
});

async function attack(): Promise<void> {
  while (!stopped) {
    const status = await pool
      .request({
        method: 'POST',
        path: '/api/verify',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body,
      })
      .then(async ({ statusCode, body: reply }) => {
        await reply.dump();
        return String(statusCode);
      })
      .catch((error: Error & { code?: string }) => error.code ?? error.name);
    if (Object.keys(answers).length === 0) report('under way');
    answers[status] = (answers[status] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: CONNECTIONS }, attack));
report({ answers });
await pool.close();
process.disconnect();
