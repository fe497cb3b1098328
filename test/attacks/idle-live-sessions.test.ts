import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FrameLink, pageConsent } from '../../service/engine/live/index.ts';
import type { OrganizationId } from '../../service/lib/id.ts';
import { type Engine, key, operator, startEngine } from '../support/engine.ts';
import { liveSessionsOver } from '../support/live-sessions.ts';

const ATTACKERS = 110;

let engine: Engine;
let sessions: ReturnType<typeof liveSessionsOver>;
beforeEach(async () => {
  engine = await startEngine();
  sessions = liveSessionsOver(engine);
});
afterEach(() => engine.stop());

async function connect(organization: OrganizationId, address: string) {
  const { token } = await sessions.create({
    flow: 'api',
    realm: { organization, world: 'live' },
    actor: key,
    match: 'none',
    expiresAt: engine.clock.now() + 600_000,
    page: { consent: pageConsent({ name: 'Acme' }, 'none') },
    opened: {
      consent: { version: pageConsent({ name: 'Acme' }, 'none').version },
      path: { flash: true, motion: true },
      device: {},
    },
  });
  return sessions.connect(token, { address });
}

test(`${ATTACKERS} idle sessions of one address: a person of another organization is served within three seconds`, async () => {
  const other = await engine.organizations.create({ name: 'Other' }, operator);
  for (const id of [engine.organization, other.id])
    await engine.organizations.set(id, { matchOnly: true }, operator);
  const attackers: FrameLink[] = [];
  for (let one = 0; one < ATTACKERS; one++) attackers.push(await connect(other.id, '203.0.113.9'));
  /** Each says every two seconds that it begins, and never sends a frame. */
  const attack = async (at: number) => {
    for (const [number, link] of attackers.entries())
      if (at % 2_000 === (number % 4) * 500) await link.start();
  };
  for (let at = 0; at < 6_000; at += 500) {
    engine.advance(500);
    await attack(at);
  }
  expect(sessions.load().waiting).toBeGreaterThan(100);

  const person = await connect(engine.organization, '192.0.2.1');
  const waits: (number | undefined)[] = [];
  let state = await person.start();
  for (let at = 0; state.state === 'queued' && at < 60_000; at += 500) {
    waits.push(state.position);
    engine.advance(500);
    await attack(at);
    if (at % 1_000 === 500) state = await person.start();
  }
  expect(state.state).toBe('running');
  expect(waits.length * 500).toBeLessThanOrEqual(3_000);
  expect(new Set(waits)).toEqual(new Set(waits.length > 0 ? [1] : []));
});
