import { type Attribute, encodeModel, type GraphProto, type Tensor } from './model-proto.ts';

/** `'N'` is a free dimension (the batch). */
export type Shape = readonly (number | 'N')[];

/** A number is a whole one; `float` says that it is not. */
export type Attributes = Readonly<Record<string, number | readonly number[] | { float: number }>>;

export interface GraphBuilder {
  /** Declares a float32 input and returns its name. */
  input(name: string, shape: Shape): string;
  /** Stores a constant and returns its name; equal constants are stored once. */
  constant(tensor: Tensor): string;
  /** Stores numbers in half precision and returns the name of the float32 constant that they become when the model is opened. */
  half(dims: readonly number[], values: Float16Array): string;
  /** Adds a node with one output and returns the output's name. An input `''` is an optional one left out. */
  node(opType: string, inputs: readonly string[], attributes?: Attributes, output?: string): string;
  /** Declares a float32 output under a name that a node was given. */
  output(name: string, shape: Shape): void;
  /** The ONNX file (opset 17, IR version 8). The same calls give the same bytes. */
  finish(): Uint8Array;
}

const float32 = 1;
const int64 = 7;
const float16 = 10;

export const floats = (values: ArrayLike<number>, dims: readonly number[] = [values.length]): Tensor => ({
  dims,
  data: Float32Array.from(values),
});

export const integers = (values: readonly number[]): Tensor => ({
  dims: [values.length],
  data: BigInt64Array.from(values, BigInt),
});

export function createGraphBuilder(name: string): GraphBuilder {
  const graph: GraphProto = { name, node: [], initializer: [], input: [], output: [] };
  const constants = new Map<string, string>();

  const valueInfo = (valueName: string, shape: Shape) => ({
    name: valueName,
    type: {
      tensorType: {
        elemType: float32,
        shape: { dim: shape.map((size) => (size === 'N' ? { dimParam: 'N' } : { dimValue: size })) },
      },
    },
  });

  function node(
    opType: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output = `v${graph.node.length}`,
  ): string {
    const attribute = Object.entries(attributes).map(([attributeName, value]) =>
      attributeOf(attributeName, value),
    );
    graph.node.push({ opType, input: [...inputs], output: [output], attribute });
    return output;
  }

  return {
    input(inputName, shape) {
      graph.input.push(valueInfo(inputName, shape));
      return inputName;
    },
    constant({ dims, data }) {
      const count = dims.reduce((product, size) => product * size, 1);
      if (count !== data.length)
        throw new Error(`A constant of shape [${dims}] was given ${data.length} values.`);
      const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      const dataType = data instanceof Float32Array ? float32 : int64;
      // Only small ones repeat (bounds, axes, shapes).
      const key = data.length <= 16 ? `${dataType}:${dims}:${data}` : `#${graph.initializer.length}`;
      const known = constants.get(key);
      if (known !== undefined) return known;
      const constantName = `c${graph.initializer.length}`;
      graph.initializer.push({ name: constantName, dims, dataType, rawData });
      constants.set(key, constantName);
      return constantName;
    },
    half(dims, values) {
      const count = dims.reduce((product, size) => product * size, 1);
      if (count !== values.length)
        throw new Error(`A constant of shape [${dims}] was given ${values.length} values.`);
      const name = `c${graph.initializer.length}`;
      const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      graph.initializer.push({ name, dims, dataType: float16, rawData });
      return node('Cast', [name], { to: float32 });
    },
    node,
    output(outputName, shape) {
      if (!graph.node.some(({ output }) => output.includes(outputName))) {
        throw new Error(`No node of the graph ${name} makes the output ${outputName}.`);
      }
      graph.output.push(valueInfo(outputName, shape));
    },
    finish: () =>
      encodeModel({ irVersion: 8, producerName: 'gatehouse', opsetImport: [{ version: 17 }], graph }),
  };
}

function attributeOf(name: string, value: Attributes[string]): Attribute {
  if (typeof value === 'number') return { name, type: 'INT', i: value };
  return 'float' in value ? { name, type: 'FLOAT', f: value.float } : { name, type: 'INTS', ints: value };
}
