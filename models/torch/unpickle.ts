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

/**
 * Reads one pickle (protocol 2, what torch.save writes) without running anything: only the named globals exist, and only the opcodes of
 * plain data are known. Throws Error at any other global or opcode, and at a pickle cut short.
 */
export function unpickle(bytes: Uint8Array, start: number, options: UnpickleOptions): Unpickled {
  const reader = createReader(bytes, start);
  const stack = createStack();
  const opcodes = opcodesOf(reader, stack, options);
  for (;;) {
    const opcode = reader.byte();
    if (opcode === 0x2e) return { value: stack.pop(), end: reader.position() };
    const run = opcodes[opcode];
    if (run === undefined)
      throw new Error(`The pickle holds the opcode 0x${opcode.toString(16)}, which weights have no use for.`);
    run();
  }
}

type Reader = ReturnType<typeof createReader>;
type Stack = ReturnType<typeof createStack>;

/** Reads from front to back, little-endian. Throws Error at the end. */
function createReader(bytes: Uint8Array, start: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = start;
  const take = (count: number): number => {
    const from = at;
    if (count < 0 || from + count > bytes.length) throw new Error('The pickle is cut short.');
    at += count;
    return from;
  };
  const text = (count: number) => {
    const from = take(count);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(from, from + count));
  };
  return {
    position: () => at,
    byte: () => view.getUint8(take(1)),
    uint16: () => view.getUint16(take(2), true),
    uint32: () => view.getUint32(take(4), true),
    int32: () => view.getInt32(take(4), true),
    /** A two's complement integer of so many bytes. */
    long(count: number): number {
      const from = take(count);
      let value = 0n;
      for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(from + i));
      return Number(BigInt.asIntN(8 * count, value));
    },
    text,
    line(): string {
      const end = bytes.indexOf(10, at);
      if (end < 0) throw new Error('The pickle is cut short.');
      const found = text(end - at);
      at = end + 1;
      return found;
    },
  };
}

function createStack() {
  const mark = Symbol('mark');
  const items: unknown[] = [];
  const memo = new Map<number, unknown>();
  const pop = (): unknown => {
    if (items.length === 0 || items.at(-1) === mark)
      throw new Error('The pickle takes more than it has put down.');
    return items.pop();
  };
  return {
    push: (item: unknown) => items.push(item),
    pushMark: () => items.push(mark),
    top: () => items.at(-1),
    pop,
    /** So many, in the order in which they were pushed. */
    popLast: (count: number): unknown[] => Array.from({ length: count }, pop).reverse(),
    popToMark(): unknown[] {
      const from = items.lastIndexOf(mark);
      if (from < 0) throw new Error('The pickle takes more than it has put down.');
      return items.splice(from).slice(1);
    },
    memorize: (index: number) => memo.set(index, items.at(-1)),
    recall(index: number): void {
      if (!memo.has(index)) throw new Error(`The pickle asks for the memo ${index}, which it never made.`);
      items.push(memo.get(index));
    },
  };
}

function opcodesOf(
  reader: Reader,
  stack: Stack,
  { globals, persistent }: UnpickleOptions,
): Readonly<Record<number, () => unknown>> {
  const { byte, uint16, uint32, int32 } = reader;
  const { push, pop, popLast, popToMark, memorize, recall } = stack;
  const pushTuple = (items: unknown[]) => push(Object.freeze(items));
  const pushGlobal = () => {
    const name = `${reader.line()}.${reader.line()}`;
    const known = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (known === undefined)
      throw new Error(`The pickle names "${name}", which weights have no use for; nothing of it was run.`);
    push(known);
  };
  const pushPersistent = () => {
    if (persistent === undefined) throw new Error('The pickle refers to things outside itself.');
    push(persistent(pop()));
  };
  return {
    40: stack.pushMark, // ( MARK
    41: () => pushTuple([]), // ) EMPTY_TUPLE
    74: () => push(int32()), // J BININT
    75: () => push(byte()), // K BININT1
    77: () => push(uint16()), // M BININT2
    78: () => push(null), // N NONE
    81: pushPersistent, // Q BINPERSID
    82: () => reduce(stack), // R
    88: () => push(reader.text(uint32())), // X BINUNICODE
    93: () => push([]), // ] EMPTY_LIST
    97: () => append(stack, [pop()]), // a APPEND
    98: () => build(stack), // b
    99: pushGlobal, // c GLOBAL
    101: () => append(stack, popToMark()), // e APPENDS
    104: () => recall(byte()), // h BINGET
    106: () => recall(uint32()), // j LONG_BINGET
    113: () => memorize(byte()), // q BINPUT
    114: () => memorize(uint32()), // r LONG_BINPUT
    115: () => setItems(stack, popLast(2)), // s SETITEM
    116: () => pushTuple(popToMark()), // t TUPLE
    117: () => setItems(stack, popToMark()), // u SETITEMS
    125: () => push(new Map()), // } EMPTY_DICT
    128: () => requireProtocol2(byte()), // PROTO
    133: () => pushTuple(popLast(1)), // TUPLE1
    134: () => pushTuple(popLast(2)), // TUPLE2
    135: () => pushTuple(popLast(3)), // TUPLE3
    136: () => push(true), // NEWTRUE
    137: () => push(false), // NEWFALSE
    138: () => push(reader.long(byte())), // LONG1
  };
}

function requireProtocol2(protocol: number): void {
  if (protocol !== 2) throw new Error(`The pickle has protocol ${protocol}; only 2 is known here.`);
}

function append({ top }: Stack, items: readonly unknown[]): void {
  const list = top();
  if (!Array.isArray(list) || Object.isFrozen(list))
    throw new Error('The pickle appends to what is no list.');
  for (const item of items) list.push(item);
}

function setItems({ top }: Stack, items: readonly unknown[]): void {
  const dict = top();
  if (!(dict instanceof Map) || items.length % 2 !== 0)
    throw new Error('The pickle sets items of what is no dict.');
  for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

function reduce({ push, pop }: Stack): void {
  const args = pop();
  const callee = pop();
  if (typeof callee !== 'function' || !Array.isArray(args))
    throw new Error('The pickle calls what cannot be called.');
  push(callee(...args));
}

function build({ pop, top }: Stack): void {
  const state = pop();
  // torch hangs `_metadata` on its OrderedDict; nothing else may be given a state.
  if (!(top() instanceof Map) || !(state instanceof Map))
    throw new Error('The pickle gives a state to what takes none.');
}
