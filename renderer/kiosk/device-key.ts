/** What makes this browser a kiosk: its id, and a key that cannot be read out of the browser. */
export interface DeviceIdentity {
  kiosk: string;
  key: CryptoKey;
}

const STORE = 'identity';

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
export const keepIdentity = (identity: DeviceIdentity): Promise<unknown> =>
  run('readwrite', (store) => store.put(identity, STORE));

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
