import { type Element, parseXml } from './xml.ts';

/** One operation of an intermediate representation (IR) of OpenVINO. */
export interface Layer {
  id: string;
  type: string;
  /** The attributes of its `data` element. */
  data: Readonly<Record<string, string>>;
  /** The layers that its input ports take, in the order of the ports. */
  inputs: readonly string[];
  /** Of its one output; empty where it has none. */
  shape: readonly number[];
}

/** An IR graph: every layer after those it takes, and the numbers of its constants. */
export interface Graph {
  layers: readonly Layer[];
  constants: ReadonlyMap<string, Float16Array>;
}

const MOST_LAYERS = 10_000;
const MOST_NUMBERS = 64 * 1024 * 1024;
/** Times the size of the weights. Several layers may use the same numbers, but none makes a small file large. */
const MOST_USED = 4;
const VERSIONS = ['10', '11'];

/**
 * Reads an IR of version 10 or 11 with FP16 constants: `xml` is the graph, `weights` the `.bin` file beside it. Throws Error for a file that
 * is cut short, has a layer twice, an edge to no layer, a cycle, a constant outside of the weights or of another size than its shape,
 * and for layers with several outputs.
 */
export function readIr(xml: Uint8Array, weights: Uint8Array): Graph {
  const net = parseXml(new TextDecoder('utf-8', { fatal: true }).decode(xml));
  if (net.name !== 'net' || !VERSIONS.includes(net.attributes.version ?? ''))
    throw new Error(`The file is no graph of OpenVINO in version ${VERSIONS.join(' or ')}.`);
  const elements = childrenOf(childOf(net, 'layers'), 'layer');
  if (elements.length > MOST_LAYERS) throw new Error(`The graph has more than ${MOST_LAYERS} layers.`);
  const inputs = inputsOf(childrenOf(childOf(net, 'edges'), 'edge'));
  const layers = new Map<string, Layer>();
  for (const element of elements) {
    const layer = layerOf(element, inputs);
    if (layers.has(layer.id)) throw new Error(`The graph has the layer ${layer.id} twice.`);
    layers.set(layer.id, layer);
  }
  const ordered = inOrder(layers);
  const constants = new Map<string, Float16Array>();
  const spend = limitUse(weights);
  for (const layer of ordered) {
    if (layer.type !== 'Const') continue;
    const numbers = numbersOf(layer, weights);
    spend(numbers.byteLength);
    constants.set(layer.id, numbers);
  }
  return { layers: ordered, constants };
}

/** Counts bytes. Throws Error where all calls together come to far more than the weights have. */
export function limitUse(weights: Uint8Array): (bytes: number) => void {
  let used = 0;
  return (bytes) => {
    used += bytes;
    if (used > MOST_USED * weights.length)
      throw new Error('The graph uses the same numbers again and again, which no known network does.');
  };
}

/** Layer -> port -> the layer that it takes there. */
function inputsOf(edges: readonly Element[]): Map<string, Map<number, string>> {
  const inputs = new Map<string, Map<number, string>>();
  for (const { attributes } of edges) {
    const { 'from-layer': from, 'to-layer': to, 'to-port': port } = attributes;
    if (from === undefined || to === undefined || port === undefined)
      throw new Error('An edge of the graph does not say between which layers it is.');
    const ports = inputs.get(to) ?? new Map<number, string>();
    const number = wholeNumber(port);
    if (ports.has(number)) throw new Error(`Two edges end in port ${port} of the layer ${to}.`);
    inputs.set(to, ports.set(number, from));
  }
  return inputs;
}

function layerOf(element: Element, inputs: ReadonlyMap<string, ReadonlyMap<number, string>>): Layer {
  const { id, type } = element.attributes;
  if (id === undefined || type === undefined) throw new Error('A layer of the graph has no id or no type.');
  const ports = childrenOf(findChild(element, 'output'), 'port');
  if (ports.length > 1) throw new Error(`The layer ${id} has ${ports.length} outputs; one is known here.`);
  const taken = [...(inputs.get(id) ?? [])].toSorted(([a], [b]) => a - b);
  return {
    id,
    type,
    data: findChild(element, 'data')?.attributes ?? {},
    inputs: taken.map(([, from]) => from),
    shape: childrenOf(ports[0], 'dim').map(({ text }) => wholeNumber(text)),
  };
}

/** Every layer after those that it takes. */
function inOrder(layers: ReadonlyMap<string, Layer>): Layer[] {
  const ordered: Layer[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const waiting = [...layers.keys()].reverse();
  while (waiting.length > 0) {
    const id = waiting.at(-1)!;
    const layer = layers.get(id);
    if (!layer) throw new Error(`An edge of the graph begins at a layer ${id} that is not there.`);
    const missing = state.has(id) ? [] : layer.inputs.filter((input) => state.get(input) !== 'done');
    if (missing.some((input) => input === id || state.get(input) === 'open'))
      throw new Error('The graph has a cycle.');
    if (missing.length > 0) {
      state.set(id, 'open');
      waiting.push(...missing);
      continue;
    }
    waiting.pop();
    if (state.get(id) === 'done') continue;
    state.set(id, 'done');
    ordered.push(layer);
  }
  return ordered;
}

function numbersOf({ id, data, shape }: Layer, weights: Uint8Array): Float16Array {
  if (data.element_type !== 'f16')
    throw new Error(`The constant ${id} is of type ${data.element_type}; f16 is known here.`);
  const offset = wholeNumber(data.offset ?? '');
  const size = wholeNumber(data.size ?? '');
  const count = shape.reduce((product, length) => product * length, 1);
  if (count > MOST_NUMBERS || size !== 2 * count)
    throw new Error(`The constant ${id} has ${size} bytes for ${count} numbers.`);
  if (offset + size > weights.length)
    throw new Error(`The constant ${id} ends at byte ${offset + size} of ${weights.length}.`);
  // A copy: the bytes may begin at an odd place.
  return new Float16Array(new Uint8Array(weights.subarray(offset, offset + size)).buffer);
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text.trim()) || !Number.isSafeInteger(value))
    throw new Error(`“${text.slice(0, 40)}” is no whole number.`);
  return value;
}

const childrenOf = (element: Element | undefined, name: string): Element[] =>
  element?.children.filter((child) => child.name === name) ?? [];

const findChild = (element: Element, name: string): Element | undefined => childrenOf(element, name)[0];

function childOf(element: Element, name: string): Element {
  const found = findChild(element, name);
  if (!found) throw new Error(`The graph has no ${name}.`);
  return found;
}
