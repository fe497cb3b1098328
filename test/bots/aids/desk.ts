import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { chromiumPath } from '../../browser/chromium.ts';
import type { Box, Point } from '../stage.ts';

/** What the page reports when the aid is done. */
export interface Done {
  features: unknown;
  /** Ids of the buttons whose click came, in order. */
  presses: string[];
  texts: string[];
}

/** An X display with a window manager and Chromium, in a window of its own and without a debugger, at the page with the collector. */
export interface Desk {
  /** Of the elements of the page by id; screen pixels. */
  boxes: Record<string, Box>;
  /** Commands of `xdotool`, a line each: XTest. */
  xdotool(lines: readonly string[]): Promise<string>;
  /** Starts a program that runs until the desk is closed. */
  start(program: string, args: readonly string[]): void;
  /** Runs a program to its end; its output. */
  run(program: string, args: readonly string[]): Promise<string>;
  done(): Promise<Done>;
  close(): Promise<void>;
}

const page = join(import.meta.dirname, 'page.html');
const script = join(import.meta.dirname, '../../../dist/renderer/sdk/gatehouse.js');

/** Chromium has the upper part of a screen of 1280 x 1100. */
export async function openDesk(): Promise<Desk> {
  if (chromiumPath === undefined) throw new Error('There is no Chromium (apt-get install -y chromium).');
  const profile = mkdtempSync(join(tmpdir(), 'aids-'));
  const started: ChildProcess[] = [];
  const start: Desk['start'] = (program, args) => {
    started.push(spawn(program, args, { stdio: 'ignore', env: { ...process.env, XDG_SESSION_TYPE: 'x11' } }));
  };
  const site = await startSite();
  start('openbox', []);
  start(chromiumPath, [
    ...['--no-sandbox', '--test-type', '--no-first-run', '--password-store=basic', '--disable-sync'],
    ...['--force-renderer-accessibility', `--user-data-dir=${profile}`],
    ...['--window-position=0,0', '--window-size=1280,740', site.url],
  ]);
  const boxes = await site.ready;
  return {
    boxes,
    start,
    run: (program, args) => output(spawn(program, args)),
    xdotool: (lines) => output(spawn('xdotool', ['-']), `${lines.join('\n')}\n`),
    done: site.done,
    async close() {
      for (const child of started.reverse()) {
        child.kill();
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      site.close();
      await pause(500);
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The pointer along a path, in the times of its points. */
export const following = (points: readonly Point[]): string[] =>
  points.flatMap(({ x, y, t }, i) => [
    `sleep ${((t - (points[i - 1]?.t ?? 0)) / 1000).toFixed(4)}`,
    `mousemove ${Math.round(x)} ${Math.round(y)}`,
  ]);

async function output(child: ChildProcess, input = ''): Promise<string> {
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  const closed = once(child, 'close');
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  child.stderr?.pipe(process.stderr);
  child.stdin?.end(input);
  await Promise.race([closed, failed]);
  return text;
}

async function startSite() {
  const opened = Promise.withResolvers<Record<string, Box>>();
  const left = Promise.withResolvers<Done>();
  /** Of the page that was loaded last. */
  let waiting: ServerResponse | undefined;
  const server = createServer(async (request, reply) => {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    if (request.url === '/ready') {
      waiting = reply;
      return opened.resolve(JSON.parse(text) as Record<string, Box>);
    }
    reply.end(request.url === '/gatehouse.js' ? readFileSync(script) : readFileSync(page));
    if (request.url === '/done') left.resolve(JSON.parse(text) as Done);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    ready: opened.promise,
    done(): Promise<Done> {
      waiting?.end();
      return left.promise;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
