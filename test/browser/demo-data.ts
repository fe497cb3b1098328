import { alterations } from '../../demo/alterations.ts';
import { findPeople } from '../../demo/find-people.ts';
import { cast, type Person, peopleOf } from '../../demo/trial.ts';
import { judgeDemoBehavior } from './demo-behavior.ts';
import { pairDemoKiosks } from './demo-kiosks.ts';
import { demoLogo } from './demo-logo.ts';
import { beginRules, finishRules } from './demo-rules.ts';
import { makeDemoSessions } from './demo-sessions.ts';
import { addWebhooks } from './demo-webhooks.ts';
import type { RunningBox } from './running-box.ts';

/** Names for the people of the sample photographs; invented. */
const names = [
  ['Mira Halvorsen', 'mira.halvorsen'],
  ['Tomás Ferreira', 'tomas.ferreira'],
  ['Ingrid Sørlie', 'ingrid.sorlie'],
  ['Leïla Benhaddou', 'leila.benhaddou'],
  ['Priya Ramanathan', 'priya.ramanathan'],
  ['Noor Aldahir', 'noor.aldahir'],
  ['Beatriz Cardoso', 'beatriz.cardoso'],
] as const;
const sites = [
  ['Oslo', '10.20.0.0/16', 'NO', 59.91, 10.75, 'Europe/Oslo'],
  ['Lisbon', '10.21.0.0/16', 'PT', 38.72, -9.14, 'Europe/Lisbon'],
  ['Rotterdam', '10.22.0.0/16', 'NL', 51.92, 4.48, 'Europe/Amsterdam'],
] as const;

/** Fills `{flow}`, `{person}`, `{webhook}` and the like in the addresses of the screen list. */
export type DemoPaths = Readonly<Record<string, string>>;

/**
 * Fills a running box by its own means: people and verifications over HTTP with a key, the rest by administrative routes. Pictures come
 * from the npm package @vladmandic/face-api. What fails ends the run: pictures of a half filled box would mislead.
 */
export async function fillWithDemoData(box: RunningBox): Promise<DemoPaths> {
  const operate = (method: string, path: string, body?: unknown) =>
    send(box.operatorUrl, method, `/api/admin${path}`, body);
  const ask = (path: string, body: unknown) => send(box.url, 'POST', path, body, box.liveKey);
  // Its pictures are crops of group photographs, which attack detection takes for photographs of photographs.
  await operate('PATCH', '/organization', { matchOnly: true });
  await operate('PUT', '/organization/attestation', {
    textVersion: 'v3',
    method: 'employment contract annex',
    legalBasis: 'explicit consent',
    purposes: ['verification', 'identification', 'deduplication'],
  });
  for (const [name, cidr, country, latitude, longitude, timeZone] of sites)
    await operate('POST', '/sites', { name, cidr, country, latitude, longitude, timeZone });

  const logo = new FormData();
  logo.append('request', '{}');
  logo.append('file', new Blob([new Uint8Array(await demoLogo('#1f4e3d'))]), 'logo.png');
  await operate('PUT', '/organization/logo', logo);
  await operate('PATCH', '/organization', { color: '#1f4e3d' });

  await beginRules(operate);

  const webhook = await addWebhooks(operate);
  const photos = await findPeople([...Object.keys(cast.enrolled), ...cast.strangers, cast.again.photo]);
  const { people, strangers } = peopleOf(photos);
  const enrolled = people.map(({ portrait }, index) => {
    const [name, mailbox] = names[index] ?? [`Person ${index}`, `person.${index}`];
    return { name, email: `${mailbox}@nordlys.example`, image: portrait.toString('base64') };
  });
  for (const person of enrolled) await ask('/api/enroll', person);
  const receipt = await eraseOne(strangers[0]!, operate, ask);
  // The very picture that was enrolled is refused as a replay.
  const another = alterations.filter(({ name }) => name !== 'none').slice(0, 3);
  for (const [index, { email }] of enrolled.entries()) {
    for (const [turn, { apply }] of another.entries()) {
      const portrait = people[index]?.portrait;
      const profile = turn === 0 ? 'front-desk' : 'default';
      if (portrait)
        await ask('/api/verify', { email, profile, image: (await apply(portrait)).toString('base64') });
    }
  }
  for (const [index, { portrait }] of strangers.slice(0, 3).entries())
    await ask('/api/verify', { email: enrolled[index]?.email, image: portrait.toString('base64') });
  await pairDemoKiosks(operate, (method, path, body) => send(box.url, method, path, body));
  const flow = await finishRules(operate);
  const [review, reviewWaiting, reviewDecided] = await makeReviews(people, operate, ask);
  await judgeDemoBehavior(operate, (body, key) => send(box.url, 'POST', '/api/v1/verify', body, key));
  await enrollByFormerModel(strangers.slice(3), operate, ask);
  const sessions = await makeDemoSessions(box, operate, { review: reviewWaiting });
  await recordConsents(
    operate,
    enrolled.map(({ email }) => email),
  );
  return {
    flow,
    ...sessions,
    review,
    reviewWaiting,
    reviewDecided,
    receipt,
    person: await firstId(operate('GET', '/subjects?limit=1')),
    verification: await firstId(operate('GET', '/verifications?limit=1')).catch(() => ''),
    webhook,
    delivery: await firstId(operate('GET', `/deliveries?limit=1&endpoint=${webhook}`)),
  };
}

type Ask = (path: string, body: unknown) => Promise<unknown>;
type Operate = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Signed on the screen of the console in both languages, and a form on paper of which a part was withdrawn. */
async function recordConsents(operate: Operate, [one, other, third]: readonly string[]): Promise<void> {
  const { version, purposes } = (await operate('GET', '/consent-text')) as Record<string, unknown>;
  const consent = {
    purposes,
    method: 'name typed on the screen as signature',
    legalBasis: 'explicit consent',
  };
  await operate('POST', `/subjects/${one}/consent`, {
    ...consent,
    textVersion: `${version}.en`,
    shown: true,
  });
  await operate('POST', `/subjects/${other}/consent`, {
    ...consent,
    textVersion: `${version}.de`,
    shown: true,
  });
  await operate('POST', `/subjects/${third}/consent`, {
    ...consent,
    method: 'signed form',
    textVersion: 'form-7',
  });
  await operate('POST', `/subjects/${third}/consent/withdrawals`, { purposes: ['identification'] });
}

/** Enrolls known faces under other addresses: one that is open, with a new picture of the known person; one that waits; one that is decided. */
async function makeReviews(people: readonly Person[], operate: Operate, ask: Ask) {
  const enroll = async (index: number, name: string, email: string) => {
    const image = await alterations[2]!.apply(people[index]!.portrait);
    return ask('/api/enroll', { name, email, image: image.toString('base64') });
  };
  const newest = () => firstId(operate('GET', '/review?limit=1'));
  await operate('PATCH', '/organization', { uniquenessPolicy: 'warn' });
  await enroll(3, 'Leila B.', 'leila.b@nordlys.example');
  const decided = await newest();
  await operate('POST', `/review/${decided}/decide`, { decision: 'not-same-person' });
  await enroll(1, 'Tomás M. Ferreira', 't.m.ferreira@nordlys.example');
  const review = await newest();
  const known = await alterations[0]!.apply(people[1]!.portrait);
  const form = new FormData();
  form.append('request', '{}');
  form.append('file', new Blob([new Uint8Array(known)]), 'face.jpg');
  await operate('PUT', `/review/${review}/pictures/known`, form);
  await operate('PATCH', '/organization', { uniquenessPolicy: 'block' });
  // It is refused, and waits.
  await enroll(0, 'M. Halvorsen', 'm.halvorsen@nordlys.example').catch(() => undefined);
  return [review, await newest(), decided] as const;
}

/** People who have templates of the superseded embedder alone, as after a change of the embedder. */
async function enrollByFormerModel(people: readonly Person[], operate: Operate, ask: Ask): Promise<void> {
  const turn = (model: string, to: 'enable' | 'disable') => operate('POST', `/models/${model}/${to}`, {});
  const [former, present] = ['face-recognition', 'face-reidentification-retail-0095'] as const;
  await turn(former, 'enable');
  await turn(present, 'disable');
  const names = [
    ['Yusuf Demir', 'yusuf.demir'],
    ['Hanne Vestergaard', 'hanne.vestergaard'],
  ];
  for (const [index, [name, mailbox]] of names.entries())
    await ask('/api/enroll', {
      name,
      email: `${mailbox}@nordlys.example`,
      image: people[index]!.portrait.toString('base64'),
    });
  await turn(present, 'enable');
}

/** Gives the id of the erasure. */
async function eraseOne({ portrait }: Person, operate: Operate, ask: Ask): Promise<string> {
  const image = portrait.toString('base64');
  const { userId } = (await ask('/api/enroll', { email: 'left@nordlys.example', image })) as {
    userId: string;
  };
  const erased = await operate('POST', `/subjects/${userId}/erase?env=live`, {
    reason: 'request',
    confirm: userId,
    prove: true,
  });
  return (erased as { erasure: string }).erasure;
}

const firstId = async (reply: Promise<unknown>): Promise<string> =>
  ((await reply) as { items: { id: string }[] }).items[0]?.id ?? '';

async function send(
  base: string,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<unknown> {
  const answer = await fetch(base + path, {
    method,
    headers: {
      ...(body === undefined || body instanceof FormData ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'x-api-key': key }),
    },
    ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
