import { afterEach, expect, test } from 'vitest';
import { consentOfAll, type Engine, key, operator, startEngine } from '../../../../test/support/engine.ts';
import { analysisOf, direction } from '../../../../test/support/faces.ts';
import { asWrittenByService } from '../../../../test/support/integrity.ts';
import type { World } from '../../../lib/id.ts';
import type { Actor } from '../../audit/index.ts';
import type { Consent } from '../../consent/index.ts';

let engine: Engine;
afterEach(() => engine.stop());

/** `enrolled`, or the code of the refusal. */
async function enroll(
  email: string,
  world: World,
  { actor = key as Actor, consent = undefined as Consent | undefined } = {},
) {
  const shown = engine.analyzer.show(
    email,
    analysisOf(email, { embeddings: { 'a-net': direction(email) }, live: 0.99 }),
  );
  return engine.checks
    .enroll({
      organization: engine.organization,
      world,
      picture: shown,
      email,
      actor,
      ...(consent === undefined ? {} : { consent }),
    })
    .then(
      () => 'enrolled',
      ({ code }) => code,
    );
}

async function start() {
  engine = await startEngine({ attested: false });
  await engine.installPad();
}

test('real people wait for the organization’s word on consent; trial people do not', async () => {
  await start();
  expect(await enroll('ada@example.com', 'live')).toBe('CONSENT_REQUIRED');
  expect(await enroll('ada@example.com', 'live', { actor: operator })).toBe('CONSENT_REQUIRED');
  expect(await enroll('ada@example.com', 'live', { consent: consentOfAll })).toBe('CONSENT_REQUIRED');
  expect(await enroll('ada@example.com', 'test')).toBe('enrolled');
  await engine.organizations.attestConsent(engine.organization, consentOfAll, operator);
  expect(await enroll('ada@example.com', 'live')).toBe('enrolled');
});

test('the refusal names the commands that record it', async () => {
  await start();
  const picture = new Uint8Array();
  const { organization } = engine;
  const asked = engine.checks.enroll({
    organization,
    world: 'live',
    picture,
    email: 'a@b.example',
    actor: key,
  });
  await expect(asked).rejects.toMatchObject({
    message: expect.stringMatching(/gatehouse consent attest.*gatehouse org set --consent with-call/),
  });
});

test('consent with each call is a word too', async () => {
  await start();
  await engine.organizations.set(engine.organization, { consentPolicy: 'with-call' }, operator);
  expect(await enroll('ada@example.com', 'live')).toBe('CONSENT_REQUIRED');
  expect(await enroll('ada@example.com', 'live', { consent: consentOfAll })).toBe('enrolled');
});

test('an organization that held real people before goes on', async () => {
  await start();
  await engine.organizations.attestConsent(engine.organization, consentOfAll, operator);
  expect(await enroll('ada@example.com', 'live')).toBe('enrolled');
  await engine.db.updateTable('organization').set({ attestation: null }).execute();
  await asWrittenByService(engine, 'organization');
  expect(await enroll('bob@example.com', 'live')).toBe('enrolled');
});
