import { join } from 'node:path';
import Database from 'better-sqlite3';
import { portrait } from '../cli/portraits.ts';
import { type SessionColumns, sessionMacs } from '../support/session-macs.ts';
import { sealedPictures } from '../support/session-pictures.ts';
import type { RunningBox } from './running-box.ts';

type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;
type Ask = (path: string, body: unknown, key?: string) => Promise<unknown>;

/** Evidence as engine/challenges writes it, with invented figures. */
const step = (name: string, ms: number, more: object = {}) => ({
  kind: `step:${name}`,
  passed: true,
  maturity: 'experimental',
  details: { ms, frames: Math.round(ms / 90), ...more },
});
const head = (turn: string, details: Record<string, unknown>) => ({
  kind: `head:${turn}`,
  maturity: 'experimental',
  details,
});
/** `[value, ratio]` of each measure. */
const weighing = (against: string, measures: Record<string, readonly [number, number]>) => {
  const ratio = Object.values(measures).reduce((sum, [, part]) => sum + part, 0);
  const passed = ratio >= -1.5;
  const details = Object.entries(measures).flatMap(([name, [value, part]]) => [
    [name, value],
    [`${name}Ratio`, part],
  ]);
  return {
    kind: 'weighing',
    passed,
    strength: 1 / (1 + Math.exp(-1.5 - ratio)),
    maturity: 'experimental',
    details: { ratio, sure: -1.5, undecided: -2.75, against, ...Object.fromEntries(details) },
  };
};
const pad = (live: number, threshold = 0.5) => ({
  kind: 'pad',
  passed: live >= threshold,
  strength: live,
  maturity: 'experimental',
  details: { set: 'minifasnet-pair', live, threshold, frames: 24 },
});
const common = (more: object[] = []) => [
  {
    kind: 'motion',
    maturity: 'experimental',
    details: { index: 0.284, motionless: false, samples: 96 },
  },
  ...more,
  {
    kind: 'times',
    maturity: 'proven',
    details: { frames: 118, repeated: 0, framesPerSecond: 12.4 },
  },
];
const continuity = (passed: boolean) => ({
  kind: 'continuity',
  passed,
  strength: passed ? 1 : 0,
  maturity: 'experimental',
  details: { least: passed ? 0.71 : 0.12, pairs: 31, doubtful: false, frames: 33 },
});

const living = [
  step('hold-still', 1120),
  step('turn-left', 1840),
  head('turn-left', {
    frames: 14,
    parallax: 0.081,
    depth: 4.9,
    flattening: 0.4,
    rigidResidual: 0.021,
    constancy: -0.064,
    mobility: 0.031,
  }),
  step('blink', 960),
  step('color-flash', 3010, { correlation: 0.83, frames: 21 }),
  weighing('recapture', {
    depth: [4.9, 1.2],
    flattening: [0.4, 0.9],
    rigidResidual: [0.021, 0.4],
    constancy: [-0.064, 0.6],
    mobility: [0.031, 0.2],
    likeness: [0.58, 0.3],
    presentation: [2.7, 0.5],
  }),
  continuity(true),
  pad(0.94),
  ...common(),
];
const bentSheet = [
  step('hold-still', 1460),
  step('turn-right', 2380),
  head('turn-right', {
    frames: 11,
    parallax: 0.041,
    depth: 2.6,
    flattening: 4.7,
    rigidResidual: 0.058,
    constancy: 0.012,
    mobility: 0.011,
  }),
  step('look-up', 1710),
  step('come-closer', 2220),
  weighing('bent print', {
    depth: [2.6, -1.1],
    flattening: [4.7, -2],
    rigidResidual: [0.058, -0.8],
    constancy: [0.012, -0.5],
    mobility: [0.011, -0.3],
    likeness: [0.41, -0.2],
    presentation: [-0.8, -1.4],
  }),
  continuity(true),
  pad(0.31),
  ...common([
    {
      kind: 'camera',
      maturity: 'experimental',
      details: { suspect: true, signal: 'virtual-camera', labels: ['OBS Virtual Camera'] },
    },
  ]),
];

const low = { level: 'low', score: 0.05, flags: [] };
const approved = {
  reasons: [],
  challengesCompleted: 4,
  processingTimeMs: 9240,
  risk: low,
  composite: 0.91,
  liveness: { passed: true, score: 0.92, assurance: 'active', evidence: living, reasons: [] },
};
const rejected = {
  reasons: ['NOT_A_HEAD', 'PRESENTATION'],
  challengesCompleted: 4,
  processingTimeMs: 12_870,
  risk: { level: 'high', score: 0.94, flags: ['spoof-suspected', 'virtual-camera'] },
  liveness: {
    passed: false,
    score: 0.21,
    assurance: 'active',
    evidence: bentSheet,
    reasons: ['NOT_A_HEAD', 'PRESENTATION'],
  },
};
const duplicate = {
  ...approved,
  reasons: [],
  counted: { outcome: 'known', action: 'duplicate' },
  risk: { level: 'medium', score: 0.53, flags: ['duplicate-identity'] },
};
const expired = {
  reasons: ['TIME_OVER'],
  challengesCompleted: 0,
  processingTimeMs: 0,
  risk: { level: 'medium', score: 0.5, flags: [] },
};
const waits = { ...approved, counted: { outcome: 'grey', action: 'wait' }, risk: undefined };

/** Passed on the path for people who cannot move their head: a person has to decide. */
const withoutMotion = {
  ...approved,
  waits: 'without-motion',
  reasons: ['WITHOUT_MOTION'],
  challengesCompleted: 3,
  composite: 0.84,
  risk: { level: 'medium', score: 0.35, flags: ['reduced-challenge'] },
  liveness: {
    passed: true,
    score: 0.86,
    assurance: 'passive-frames',
    reasons: [],
    evidence: [
      step('hold-still', 1180),
      step('blink', 910),
      step('color-flash', 3020, { correlation: 0.81, frames: 22 }),
      continuity(true),
      pad(0.91),
      ...common(),
    ],
  },
};

/** The turned head was measured too weakly to be sure of: a person has to decide. */
const undecided = {
  ...approved,
  waits: 'undecided',
  reasons: ['UNDECIDED'],
  risk: { level: 'medium', score: 0.62, flags: [] },
  liveness: {
    passed: false,
    score: 0.41,
    assurance: 'active',
    reasons: ['UNDECIDED'],
    evidence: [
      step('turn-left', 1920),
      head('turn-left', { frames: 9, parallax: 0.046, depth: 3.1, rigidResidual: 0.052, constancy: 0.011 }),
      step('blink', 1010),
      weighing('recapture', {
        depth: [3.1, -0.4],
        rigidResidual: [0.052, -0.7],
        constancy: [0.011, -0.5],
        likeness: [0.52, 0.1],
        presentation: [-0.3, -0.6],
      }),
      continuity(true),
      pad(0.42),
      ...common(),
    ],
  },
};

const device = {
  label: 'FaceTime HD Camera',
  width: 1280,
  height: 720,
  frameRate: 30,
  userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15',
};

/**
 * Live sessions of every flow and decision, and the scopes that some of them came to. They are made and begun as callers and pages do it;
 * how they ended is written into the database, because no person is in front of a camera here.
 */
export async function makeDemoSessions(
  box: RunningBox,
  operate: Send,
  { review }: { review: string },
): Promise<Record<string, string>> {
  const scopes = ['sessions', 'presence', 'hosted', 'registrations'];
  const { key } = (await operate('POST', '/keys', { name: 'Demo', env: 'live', scopes })) as { key: string };
  const { id: organization } = (await operate('GET', '/organization')) as { id: string };
  const ask: Ask = (path, body) => post(box.url + path, body, key);
  const database = await openRows(box);
  try {
    const order = { ask };
    const expiredOne = await apiSession(order, { metadata: { checkoutId: 'order_40' } });
    end(database, expiredOne, 'expired', expired);
    const hosted = await ofLink(order, 'hosted', await ask('/hosted/generate', { product: 'verifyhuman' }));
    end(database, hosted, 'approved', approved);
    const invited = { reference_user_id: 'user_417', data_request: { type: registrationData } };
    const registration = await ofLink(order, 'registration', await ask('/register', invited));
    end(database, registration, 'duplicate', duplicate);
    const cancelled = await apiSession(order, { subjectRef: 'customer-9912' });
    await operate('POST', `/sessions/${cancelled}/cancel`);
    const waiting = await apiSession(order, { subjectRef: 'customer-9921', uniquenessPolicy: 'block' });
    change(database, waiting, { state: 'processing', held_until: Date.now() + 72 * 3_600_000, attempts: 1 });
    change(database, waiting, { outcome: JSON.stringify(waits) });
    const still = await apiSession(order, { subjectRef: 'customer-9925' }, { motion: false });
    change(database, still, { state: 'processing', held_until: Date.now() + 71 * 3_600_000, attempts: 1 });
    change(database, still, { outcome: JSON.stringify(withoutMotion) });
    const unsure = await apiSession(order, { subjectRef: 'customer-9928' });
    change(database, unsure, { state: 'processing', held_until: Date.now() + 70 * 3_600_000, attempts: 3 });
    change(database, unsure, { outcome: JSON.stringify(undecided) });
    const kept = await sealedPictures(box.data, {
      organization,
      session: unsure,
      jpeg: await portrait('cleo'),
    });
    database.rows.prepare('update live_session set pictures_sealed = ? where id = ?').run(kept, unsure);
    const presence = { orgId: organization, purpose: 'Authorize production deployment' };
    const there = await ofLink(order, 'presence', await ask('/api/presence/sessions', presence));
    end(database, there, 'approved', approved);
    const refused = await apiSession(order, {
      subjectRef: 'customer-9934',
      metadata: { checkoutId: 'order_42', amount: 1200, channel: 'app' },
    });
    end(database, refused, 'rejected', rejected, 3);
    const running = await apiSession(order, { metadata: { checkoutId: 'order_43' } });
    change(database, running, { state: 'processing', running_since: Date.now(), attempts: 1 });
    // All pictures take longer than a session.
    change(database, running, { expires_at: Date.now() + 5 * 3_600_000 });
    const scope = await makeScopes(operate, database, { organization, waiting, review });
    return {
      session: refused,
      sessionApproved: there,
      sessionRunning: running,
      sessionWaits: waiting,
      sessionStill: still,
      sessionUnsure: unsure,
      ...scope,
    };
  } finally {
    database.rows.close();
  }
}

const registrationData = 'GET_HUMANNESS_SCORE_AND_UNIQUE_HUMAN_ID';

/** The organization's own with members, a region whose session waits, and one that has ended. */
async function makeScopes(
  operate: Send,
  database: Rows,
  { organization, waiting, review }: { organization: string; waiting: string; review: string },
): Promise<Record<string, string>> {
  const set = (body: object) => operate('PUT', '/uniqueness/scopes', body) as Promise<{ id: string }>;
  const old = await set({ name: 'survey-2025', falseFlagRate: 0.05 });
  const { id: region } = await set({
    name: 'vote-2027',
    onErasure: 'hold',
    endsAt: '2037-06-30T23:59:59.000Z',
  });
  const { id: own } = await set({ name: '', falseFlagRate: 0.001 });
  await operate('POST', `/uniqueness/scopes/${old.id}/end`, { confirm: 'survey-2025' });
  const member = database.rows.prepare(
    `insert into uniqueness_member (id, organization, world, scope, epoch, subject, account, joined_at, last_seen_at)
     values (?, ?, 'live', ?, 1, ?, null, ?, ?)`,
  );
  for (let i = 0; i < 14; i++)
    member.run(`mem_demo${i}`, organization, i < 5 ? own : region, `sub_demo${i}`, Date.now(), Date.now());
  database.rows
    .prepare(
      `insert into uniqueness_wait (item, organization, world, scope, session, created_at, due_at) values (?, ?, 'live', ?, ?, ?, ?)`,
    )
    .run(review, organization, region, waiting, Date.now(), Date.now() + 72 * 3_600_000);
  return { scope: region, scopeOwn: own, scopeEnded: old.id };
}

interface Order {
  ask: Ask;
}

/** As the page does after the person agreed. */
async function begin(
  { ask }: Order,
  kind: string,
  token: string,
  path: { motion: boolean } = { motion: true },
): Promise<string> {
  const link = { kind, token };
  const { consent } = (await ask('/api/live/describe', { link })) as { consent: { version: string } };
  const { sessionId } = (await ask('/api/live/begin', {
    link,
    consent: true,
    textVersion: consent.version,
    path: { flash: true, ...path },
    device,
  })) as { sessionId: string };
  return sessionId;
}

async function apiSession(order: Order, body: object, path?: { motion: boolean }): Promise<string> {
  const { sessionId, token } = (await order.ask('/api/v1/sessions', body)) as Record<string, string>;
  await begin(order, 'session', token ?? '', path);
  return sessionId ?? '';
}

/** The token is the end of the address that the caller got. */
async function ofLink(order: Order, kind: string, made: unknown): Promise<string> {
  const address = Object.values(made as object).find((one) => /^https?:.*\//.test(String(one)));
  return begin(order, kind, String(address).split('/').at(-1) ?? '');
}

function end(database: Rows, id: string, decision: string, outcome: object, attempts = 1): void {
  const times = { opened_at: Date.now() - 40_000, decided_at: Date.now() };
  change(database, id, {
    state: 'finalized',
    decision,
    outcome: JSON.stringify(outcome),
    ...times,
    attempts: decision === 'expired' ? 0 : attempts,
  });
}

function change({ rows, macOf }: Rows, id: string, values: Record<string, string | number>): void {
  const columns = Object.keys(values).map((name) => `${name} = ?`);
  const { changes } = rows
    .prepare(`update live_session set ${columns.join(', ')} where id = ?`)
    .run(...Object.values(values), id);
  if (changes !== 1) throw new Error(`There is no session ${id}.`);
  const row = rows.prepare('select * from live_session where id = ?').get(id) as SessionColumns;
  rows.prepare('update live_session set mac = ? where id = ?').run(macOf(row), id);
}

interface Rows {
  rows: Database.Database;
  /** As the service makes it: a row that was changed without its key is no session. */
  macOf(row: SessionColumns): string;
}
async function openRows({ data }: RunningBox): Promise<Rows> {
  return {
    rows: new Database(join(data, 'gatehouse.db'), { timeout: 10_000 }),
    macOf: await sessionMacs(data),
  };
}

async function post(url: string, body: unknown, key: string): Promise<unknown> {
  const own = !url.includes('/api/live/');
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(own && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
