import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, type Part, pickle } from '../../test/support/torch-file.ts';
import { unpickle } from './unpickle.ts';

const { start, stop, mark, int, text, global, tuple } = pickle;

const read = (...parts: Part[]) => unpickle(bytesOf(start, ...parts, stop), 0, { globals: {} }).value;

describe('unpickle reads plain data', () => {
  test.each([
    ['numbers', [tuple(int(-5), 'K', 200, 'M', 0xff, 0xff, 0x8a, 2, 0x00, 0x80)], [-5, 200, 65535, -32768]],
    ['text', [text('größer')], 'größer'],
    ['constants', [tuple('N', 0x88, 0x89)], [null, true, false]],
    [
      'short tuples',
      [tuple(int(1), 0x85, int(2), int(3), 0x86, int(4), int(5), int(6), 0x87, ')')],
      [[1], [2, 3], [4, 5, 6], []],
    ],
    ['lists', [']', int(1), 'a', mark, int(2), int(3), 'e'], [1, 2, 3]],
    [
      'dicts',
      ['}', text('a'), int(1), 's', mark, text('b'), int(2), 'u'],
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
    ['what it remembers', [tuple(int(7), 'q', 0, 'h', 0, 'r', 1, 0, 0, 0, 'j', 1, 0, 0, 0)], [7, 7, 7]],
  ])('%s', (_, parts, expected) => {
    expect(read(...(parts as Part[]))).toEqual(expected);
  });

  test('says where it ends', () => {
    const bytes = bytesOf('junk', start, int(1), stop, 'more');
    expect(unpickle(bytes, 4, { globals: {} })).toEqual({ value: 1, end: 12 });
  });

  test('calls what was allowed, with the arguments of the pickle', () => {
    const globals = { 'some.pair': (a: unknown, b: unknown) => ({ a, b }), 'some.word': 'word' };
    const parts = [global('some', 'pair'), tuple(global('some', 'word'), int(2)), 'R'];
    expect(unpickle(bytesOf(start, ...parts, stop), 0, { globals }).value).toEqual({ a: 'word', b: 2 });
  });
});

describe('unpickle refuses', () => {
  test.each([
    ['os.system', [global('os', 'system'), tuple(text('rm -rf /')), 'R']],
    ['builtins.eval', [global('builtins', 'eval'), tuple(text('1')), 'R']],
    ['__builtin__.getattr', [global('__builtin__', 'getattr')]],
    ['posix.system', [global('posix', 'system')]],
    // Names that every JavaScript object answers to.
    ['constructor.', ['cconstructor\n\n']],
    ['__proto__.x', [global('__proto__', 'x')]],
  ])('the global %s, without running anything', (name, parts) => {
    expect(() => read(...parts)).toThrow(`The pickle names "${name}"`);
  });

  test('a name of Object.prototype even where it is spelled without a dot', () => {
    expect(() => unpickle(bytesOf(start, 'ctoString\n\n', stop), 0, { globals: { 'a.b': 'x' } })).toThrow(
      'The pickle names',
    );
  });

  test.each([
    ['INST', ['(', 'ios\nsystem\n']],
    ['OBJ', ['(', 'o']],
    ['NEWOBJ', [0x81]],
    ['EXT1', [0x82, 1]],
    ['STACK_GLOBAL', [text('os'), text('system'), 0x93]],
    ['PERSID', ['Pid\n']],
  ])('the opcode %s', (_, parts) => {
    expect(() => read(...parts)).toThrow('The pickle holds the opcode');
  });

  test.each([
    ['calls of what cannot be called', [int(1), tuple(), 'R'], 'calls what cannot be called'],
    ['a state for what takes none', [']', '}', 'b'], 'gives a state'],
    ['taking from nothing', ['0'.slice(1), 'R'], 'takes more than it has put down'],
    ['taking a mark', ['(', 'a'], 'takes more than it has put down'],
    ['items of what is no dict', [']', mark, int(1), int(2), 'u'], 'what is no dict'],
    ['appending to a tuple', [')', int(1), 'a'], 'what is no list'],
    ['a memo that was never made', ['h', 3], 'the memo 3'],
    ['references out of itself', [int(1), 'Q'], 'refers to things outside itself'],
    ['text longer than the file', ['X', 0xff, 0xff, 0xff, 0x7f], 'cut short'],
    ['another protocol', [0x80, 4], 'protocol 4'],
  ])('%s', (_, parts, message) => {
    expect(() => read(...(parts as Part[]))).toThrow(message);
  });

  test('whatever is cut short or made up, with an error and never another way', () => {
    const whole = bytesOf(
      start,
      '}',
      mark,
      text('a'),
      tuple(int(1), 0x88),
      text('b'),
      ']',
      int(2),
      'a',
      'u',
      stop,
    );
    for (let end = 0; end < whole.length; end++) {
      expect(() => unpickle(whole.subarray(0, end), 0, { globals: {} })).toThrow(Error);
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          unpickle(bytes, 0, { globals: {} });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
