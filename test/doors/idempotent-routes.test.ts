import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// `Idempotency-Key` on every POST that creates. A new route is here, or it says why not.

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  responses: Record<string, unknown>;
}
type Document = { paths: Record<string, { post?: Operation }> };

const { paths }: Document = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../docs/openapi.json'), 'utf8'),
);
const posts = Object.values(paths).flatMap(({ post }) => post ?? []);

const secret = 'the answer holds a secret that is shown once, so it is not kept';
const upload =
  'the file is read after repeats are recognized; the same model or picture is recognized by its bytes';
const lasting = 'it may take longer than a repeat would be kept waiting for the first answer';
const once = 'it answers a challenge or a token that counts once';

/** Creating, and without the header. */
const exceptions: Record<string, string> = {
  createAdministrator: secret,
  createKey: secret,
  createNodeToken: secret,
  rotateKey: secret,
  makeJobBoardLink: secret,
  openCapture: secret,
  beginPairing: secret,
  makeRecoveryCodes: secret,
  enrollSubject: upload,
  examineModelFile: upload,
  importModel: upload,
  createBackup: lasting,
  sweep: lasting,
  beginEnrollment: once,
  passkeyRegister: once,
  passkeyRegisterOptions: once,
  makeFirstOwner: once,
  claimSetup: once,
  nameFirstOrganization: once,
  // Nothing is created: the certificate's key stays until it is installed.
  requestCertificate: 'a repeat answers the same request',
};

/** `verifyBehavior` and `verifyHumaChallenge` make a token. */
const creating =
  /^(add|approve|begin|claim|create|enroll|examine|generate|import|make|name|open|passkeyRegister|place|record|register|request|verifyBehavior|verifyHumaChallenge)/;
const creates = ({ operationId, responses }: Operation) => '201' in responses || creating.test(operationId);
const takesHeader = ({ parameters = [] }: Operation) =>
  parameters.some((one) => one.in === 'header' && one.name === 'Idempotency-Key');
const ids = (operations: Operation[]) => operations.map(({ operationId }) => operationId).toSorted();

test('every POST that creates takes the header, but for those that say why not', () => {
  expect(ids(posts.filter((one) => creates(one) && !takesHeader(one)))).toEqual(
    Object.keys(exceptions).toSorted(),
  );
});

test.each([
  'createSession',
  'createSessionLegacy',
  'generateHostedLink',
  'registerUser',
  'createPresenceSession',
  'enrollIdentity',
  'registerHumaWebhook',
  'verifyBehavior',
  'createWebhook',
  'createFlow',
])('%s takes it, and documents both refusals', (operationId) => {
  const found = posts.find((one) => one.operationId === operationId)!;
  expect([operationId, takesHeader(found)]).toEqual([operationId, true]);
  expect(Object.keys(found.responses)).toEqual(expect.arrayContaining(['409', '422']));
});

test('none takes it that creates nothing', () => {
  expect(ids(posts.filter((one) => takesHeader(one) && !creates(one)))).toEqual([]);
});
