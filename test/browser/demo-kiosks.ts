import { generateKeyPairSync, sign } from 'node:crypto';
import { signedText } from '../../service/engine/accounts/kiosks/kiosk.ts';

type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

/** Pairs a device that is a key alone, as its page does. */
async function pair(operate: Send, device: Send, name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const { id, code } = (await operate('POST', '/kiosk-pairings', { name })) as { id: string; code: string };
  await device('POST', '/api/kiosk/pair', { code, publicKey: key });
  const kiosk = (await operate('POST', `/kiosk-pairings/${id}/confirm`)) as { id: string };
  return { kiosk: kiosk.id, privateKey };
}

/** One that is in use, one that was never opened, one that is revoked. */
export async function pairDemoKiosks(operate: Send, device: Send): Promise<void> {
  const old = await pair(operate, device, 'Lisbon entrance 1');
  await operate('POST', `/kiosks/${old.kiosk}/revoke`);
  await pair(operate, device, 'Rotterdam desk');
  const { kiosk, privateKey } = await pair(operate, device, 'Lisbon entrance 2');
  const { challenge } = (await device('POST', '/api/kiosk/challenge', { kiosk })) as { challenge: string };
  const text = Buffer.from(signedText(kiosk, challenge));
  const signature = sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  await device('POST', '/api/kiosk/session', {
    kiosk,
    challenge,
    signature: signature.toString('base64url'),
  });
}
