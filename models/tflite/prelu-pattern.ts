import type { TfliteGraph, TfliteOperator } from './graph.ts';

/** PReLU of the tensor `of`: c is a constant of one number for each channel, and the slope is 2c. */
export interface SpelledPrelu {
  of: number;
  c: number;
}

/** By index of the operator. */
export interface PreluPatterns {
  /** The last operator of each pattern: the sum, which is the PReLU. */
  prelus: ReadonlyMap<number, SpelledPrelu>;
  /** The other operators of patterns, which nothing else needs. */
  parts: ReadonlySet<number>;
}

interface Found {
  prelu: SpelledPrelu;
  parts: number[];
}

interface Made {
  index: number;
  operator: TfliteOperator;
}

/**
 * Finds RELU(x) + c * (x - ABS(x)), by which converters for runtimes without PRELU spell it: for x < 0 it is 2cx, else x. A pattern with
 * a fused activation in it, or a part that is used elsewhere too, is left as it is.
 */
export function findPrelus({ tensors, operators, output: end }: TfliteGraph): PreluPatterns {
  const makers = new Map<number, Made>();
  const uses = new Map<number, number>([[end, 1]]);
  operators.forEach((operator, index) => {
    makers.set(operator.output, { index, operator });
    for (const tensor of operator.inputs) uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  });
  /** The operator of this kind that makes a tensor for one user alone. */
  const maker = (tensor: number | undefined, op: TfliteOperator['op']): Made | undefined => {
    const made = tensor === undefined ? undefined : makers.get(tensor);
    const { op: found, activation } = made?.operator ?? {};
    return found === op && activation === 'NONE' && uses.get(tensor!) === 1 ? made : undefined;
  };

  const alike = (tensor: number, other: number): boolean =>
    `${tensors[tensor]!.shape}` === `${tensors[other]!.shape}` && tensors[tensor]!.type === 'float32';

  function match(relu: Made | undefined, scaled: Made | undefined): Found | undefined {
    const of = relu?.operator.inputs[0];
    const factors = scaled?.operator.inputs ?? [];
    const c = factors.find((tensor) => tensors[tensor]!.constant);
    const difference = maker(
      factors.find((tensor) => tensor !== c),
      'SUB',
    );
    const [minuend, subtrahend] = difference?.operator.inputs ?? [];
    const magnitude = maker(subtrahend, 'ABS');
    if (!relu || !scaled || !difference || !magnitude || of === undefined || c === undefined)
      return undefined;
    if (minuend !== of || magnitude.operator.inputs[0] !== of) return undefined;
    const parts = [relu, scaled, difference, magnitude];
    const { shape, type } = tensors[c]!;
    const perChannel =
      tensors[of]!.shape.length === 4 &&
      type === 'float32' &&
      shape.at(-1) === tensors[of]!.shape[3] &&
      shape.slice(0, -1).every((size) => size === 1);
    if (!perChannel || !parts.every(({ operator }) => alike(operator.output, of))) return undefined;
    return { prelu: { of, c }, parts: parts.map(({ index }) => index) };
  }

  const prelus = new Map<number, SpelledPrelu>();
  const parts = new Set<number>();
  operators.forEach(({ op, inputs: [a, b], activation }, index) => {
    if (op !== 'ADD' || activation !== 'NONE') return;
    const found = match(maker(a, 'RELU'), maker(b, 'MUL')) ?? match(maker(b, 'RELU'), maker(a, 'MUL'));
    if (found === undefined) return;
    prelus.set(index, found.prelu);
    for (const part of found.parts) parts.add(part);
  });
  return { prelus, parts };
}
