/** What a pickle may name. A function is called when the pickle applies it (REDUCE); a string only stands for itself. */
export type Globals = Readonly<Record<string, ((...args: readonly unknown[]) => unknown) | string>>;

export interface UnpickleOptions {
  globals: Globals;
  /** Gives the object a persistent id stands for. */
  persistent?(id: unknown): unknown;
}

/** Python tuples are frozen arrays, lists plain arrays, dicts Maps. */
export interface Unpickled {
  value: unknown;
  /** Where the pickle ends: the offset behind its STOP. */
  end: number;
}

const mark = Symbol('mark');

/**
 * Reads one pickle (protocol 2, what torch.save writes) without running anything: only the named globals exist, and only the opcodes of
 * plain data are known. Throws Error at any other global or opcode, and at a pickle cut short.
 */
export function unpickle(
  bytes: Uint8Array,
  start: number,
  { globals, persistent }: UnpickleOptions,
): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;

  const take = (count: number): number => {
    const from = at;
    if (count < 0 || from + count > bytes.length) throw new Error('The pickle is cut short.');
    at += count;
    return from;
  };
  const byte = () => view.getUint8(take(1));
  const text = (count: number) => {
    const from = take(count);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, from + count));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new Error('The pickle is cut short.');
    const found = text(end - at);
    at = end + 1;
    return found;
  };
  const pop = (): unknown => {
    if (stack.length === 0 || stack.at(-1) === mark)
      throw new Error('The pickle takes more than it has put down.');
    return stack.pop();
  };
  const popToMark = (): unknown[] => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw new Error('The pickle takes more than it has put down.');
    return stack.splice(from).slice(1);
  };
  const tuple = (...items: unknown[]) => stack.push(Object.freeze(items));
  const put = (index: number) => memo.set(index, stack.at(-1));
  const get = (index: number) => {
    if (!memo.has(index)) throw new Error(`The pickle asks for the memo ${index}, which it never made.`);
    stack.push(memo.get(index));
  };
  const setItems = (items: readonly unknown[]) => {
    const dict = stack.at(-1);
    if (!(dict instanceof Map) || items.length % 2 !== 0)
      throw new Error('The pickle sets items of what is no dict.');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  };
  const append = (items: readonly unknown[]) => {
    const list = stack.at(-1);
    if (!Array.isArray(list) || Object.isFrozen(list))
      throw new Error('The pickle appends to what is no list.');
    for (const item of items) list.push(item);
  };
  /** A little-endian two's complement integer. */
  const long = (count: number): number => {
    const from = take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(from + i));
    return Number(BigInt.asIntN(8 * count, value));
  };
  const reduce = () => {
    const args = pop();
    const callee = pop();
    if (typeof callee !== 'function' || !Array.isArray(args))
      throw new Error('The pickle calls what cannot be called.');
    stack.push(callee(...args));
  };
  const build = () => {
    const state = pop();
    // torch hangs `_metadata` on its OrderedDict; nothing else may be given a state.
    if (!(stack.at(-1) instanceof Map) || !(state instanceof Map))
      throw new Error('The pickle gives a state to what takes none.');
  };
  const named = () => {
    const name = `${line()}.${line()}`;
    const known = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (known === undefined)
      throw new Error(`The pickle names "${name}", which weights have no use for; nothing of it was run.`);
    stack.push(known);
  };
  const persisted = () => {
    if (persistent === undefined) throw new Error('The pickle refers to things outside itself.');
    stack.push(persistent(pop()));
  };

  const opcodes: Readonly<Record<number, () => unknown>> = {
    128: () => {
      const protocol = byte();
      if (protocol !== 2) throw new Error(`The pickle has protocol ${protocol}; only 2 is known here.`);
    },
    40: () => stack.push(mark), // ( MARK
    41: () => tuple(), // ) EMPTY_TUPLE
    74: () => stack.push(view.getInt32(take(4), true)), // J BININT
    75: () => stack.push(byte()), // K BININT1
    77: () => stack.push(view.getUint16(take(2), true)), // M BININT2
    78: () => stack.push(null), // N NONE
    81: persisted, // Q BINPERSID
    82: reduce, // R
    88: () => stack.push(text(view.getUint32(take(4), true))), // X BINUNICODE
    93: () => stack.push([]), // ] EMPTY_LIST
    97: () => append([pop()]), // a APPEND
    98: build, // b
    99: named, // c GLOBAL
    101: () => append(popToMark()), // e APPENDS
    104: () => get(byte()), // h BINGET
    106: () => get(view.getUint32(take(4), true)), // j LONG_BINGET
    113: () => put(byte()), // q BINPUT
    114: () => put(view.getUint32(take(4), true)), // r LONG_BINPUT
    115: () => {
      const value = pop();
      setItems([pop(), value]);
    }, // s SETITEM
    116: () => tuple(...popToMark()), // t TUPLE
    117: () => setItems(popToMark()), // u SETITEMS
    125: () => stack.push(new Map()), // } EMPTY_DICT
    133: () => tuple(pop()), // TUPLE1
    134: () => {
      const second = pop();
      tuple(pop(), second);
    }, // TUPLE2
    135: () => {
      const third = pop();
      const second = pop();
      tuple(pop(), second, third);
    }, // TUPLE3
    136: () => stack.push(true), // NEWTRUE
    137: () => stack.push(false), // NEWFALSE
    138: () => stack.push(long(byte())), // LONG1
  };

  for (;;) {
    const opcode = byte();
    if (opcode === 0x2e) return { value: pop(), end: at };
    const run = opcodes[opcode];
    if (run === undefined)
      throw new Error(`The pickle holds the opcode 0x${opcode.toString(16)}, which weights have no use for.`);
    run();
  }
}
