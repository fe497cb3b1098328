/**
 * A thread that is terminated inside native code takes the whole process with it ("terminate called after throwing an
 * instance of 'Napi::Error'", onnxruntime-node 1.30). So a worker counts itself in and out of native code in a number that it
 * shares with its pool, and the pool terminates it only while it is out.
 */
export type NativeGate = Int32Array<SharedArrayBuffer>;

const RETIRED = 1 << 30;

export const createNativeGate = (): NativeGate => new Int32Array(new SharedArrayBuffer(4));

/**
 * The pool gives the worker up. True: it is out of native code and will not enter it again, so it may be terminated. False: it
 * ends by itself when it comes out.
 */
export const retire = (gate: NativeGate): boolean => (Atomics.or(gate, 0, RETIRED) & ~RETIRED) === 0;

/** Blocks until the retired worker is out of native code; false after `milliseconds` in vain. */
export function waitUntilOut(gate: NativeGate, milliseconds: number): boolean {
  const end = performance.now() + milliseconds;
  for (;;) {
    const value = Atomics.load(gate, 0);
    if ((value & ~RETIRED) === 0) return true;
    const left = end - performance.now();
    if (left <= 0) return false;
    Atomics.wait(gate, 0, value, left);
  }
}

/** Runs work that enters native code. */
export type Native = <T>(work: () => Promise<T>) => Promise<T>;

/** The worker's side. `leave` ends the thread; it is called from an empty stack. */
export function createNative(gate: NativeGate, leave: () => void): Native {
  return async (work) => {
    if (Atomics.add(gate, 0, 1) & RETIRED) return new Promise(() => undefined);
    try {
      return await work();
    } finally {
      if (Atomics.sub(gate, 0, 1) - 1 === RETIRED) {
        Atomics.notify(gate, 0);
        setImmediate(leave);
        await new Promise(() => undefined);
      }
    }
  };
}
