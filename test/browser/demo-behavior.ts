import type { SessionData } from '../../service/engine/behavior/index.ts';
import { emptyWindow, personWindow, programWindow } from '../support/behavior-windows.ts';

type Operate = (method: string, path: string, body?: unknown) => Promise<unknown>;
type Verify = (body: { userId: string; sessionData?: SessionData }, key: string) => Promise<unknown>;

/** Each another person: a window that comes twice is a replay. */
const person = (n: number): SessionData =>
  personWindow({
    sid: `sid-of-a-person-${1000 + n}`,
    mouse: { vcv: 0.61 + n / 100, str: 0.88 + n / 500, sub: 2 + n / 20 },
    key: { hold: 82 + n, dd: 150 + 3 * n, ddLsd: 0.4 + n / 100 },
  });
const program = (n: number, changes: Parameters<typeof programWindow>[0] = {}): SessionData =>
  programWindow({ sid: `sid-of-a-program-${1000 + n}`, upMs: 6_100 + n, ...changes });

/** A server's key and a page's, and verdicts on people, programs and too little. */
export async function judgeDemoBehavior(operate: Operate, verify: Verify): Promise<void> {
  const { key } = (await operate('POST', '/keys', {
    name: 'Checkout server',
    env: 'live',
    scopes: ['behavior'],
  })) as { key: string };
  await operate('POST', '/keys', {
    name: 'Shop pages',
    env: 'live',
    scopes: ['behavior'],
    browser: true,
    origins: ['https://shop.nordlys.example', 'https://m.nordlys.example'],
  });
  await operate('PUT', '/behavior/settings', {
    agents: [{ name: 'Nordlys Assistant', keys: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] }],
  });
  const windows: (SessionData | undefined)[] = [
    ...Array.from({ length: 14 }, (_, n) => person(n)),
    program(1),
    emptyWindow({ sid: 'sid-of-a-short-visit', counts: { move: 3 } }),
    undefined,
    program(2, { env: { wd: 1 }, key: { dd: 4 } }),
    program(3, { key: { hold: 61, holdP10: 60, holdNear: 0.98, dd: 60.2 } }),
    ...Array.from({ length: 4 }, (_, n) => person(20 + n)),
  ];
  for (const [n, sessionData] of windows.entries())
    await verify({ userId: `customer-${4_100 + n}`, ...(sessionData && { sessionData }) }, key);
}
