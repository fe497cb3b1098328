/** What makes this browser a kiosk: its id, and a key that cannot be read out of the browser. */
export interface DeviceIdentity {
  kiosk: string;
  key: CryptoKey;
}

/** A pairing that waits for the person at the box. */
export interface Claimed {
  claim: string;
  fingerprint: string;
  key: CryptoKey;
}

const STORE = 'identity';
const CLAIM = 'claim';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('gatehouse-kiosk', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function run<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const request = work(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

export const readIdentity = (): Promise<DeviceIdentity | undefined> =>
  run('readonly', (store) => store.get(STORE) as IDBRequest<DeviceIdentity | undefined>);
/** The claim that it comes from is over with it. */
export async function keepIdentity(identity: DeviceIdentity): Promise<void> {
  await run('readwrite', (store) => store.put(identity, STORE));
  await keepClaim(undefined);
}

/** For a reload while the person at the box compares. */
export const readClaim = (): Promise<Claimed | undefined> =>
  run('readonly', (store) => store.get(CLAIM) as IDBRequest<Claimed | undefined>);
export const keepClaim = (claimed: Partial<Claimed> | undefined): Promise<unknown> =>
  run('readwrite', (store) => store.put(claimed, CLAIM));

const toBase64Url = (bytes: ArrayBuffer) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** A new key pair; the private half never leaves the browser. */
export async function makeKey(): Promise<{ key: CryptoKey; publicKey: string }> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
  return {
    key: pair.privateKey,
    publicKey: toBase64Url(await crypto.subtle.exportKey('spki', pair.publicKey)),
  };
}

/** As the service checks it (service/engine/accounts/kiosks/kiosk.ts). */
export async function sign({ kiosk, key }: DeviceIdentity, challenge: string): Promise<string> {
  const text = new TextEncoder().encode(`gatehouse-kiosk-1\n${kiosk}\n${challenge}`);
  return toBase64Url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, text));
}
