/**
 * Values by name that are held for a moment each, thousands a second. Not a `Map`: where entries come and go, a Map moves to new tables, and
 * each old one leads to the next. Once V8 has moved one to its old generation, all that follow it are kept there with all that they held,
 * until it goes through its whole heap (docs/decisions/0030).
 */
export interface HeldNames<Value> {
  get(name: string): Value | undefined;
  /** Holds until the returned function is called; twice does no harm. The newest counts where a name is held more than once. */
  hold(name: string, value: Value): () => void;
}

interface Held<Value> {
  name: string;
  value: Value;
  /** Of the same chain, held before this one: so none leads to a newer one. */
  older: Held<Value> | undefined;
}

const CHAINS = 1_024;

/** Names end in characters by chance, as a hash does: these choose the chain. */
export function createHeldNames<Value>(): HeldNames<Value> {
  const newest = new Array<Held<Value> | undefined>(CHAINS).fill(undefined);

  function release(chain: number, held: Held<Value>): void {
    if (newest[chain] === held) {
      newest[chain] = held.older;
      return;
    }
    let newer = newest[chain];
    while (newer && newer.older !== held) newer = newer.older;
    if (newer) newer.older = held.older;
  }

  return {
    get(name) {
      let held = newest[chainOf(name)];
      while (held && held.name !== name) held = held.older;
      return held?.value;
    },
    hold(name, value) {
      const chain = chainOf(name);
      const held: Held<Value> = { name, value, older: newest[chain] };
      newest[chain] = held;
      return () => release(chain, held);
    },
  };
}

function chainOf(name: string): number {
  const last = name.length - 1;
  const code = (at: number) => (at < 0 ? 0 : name.charCodeAt(at));
  return (code(last) ^ (code(last - 1) << 4) ^ (code(last - 2) << 7)) & (CHAINS - 1);
}
