import protobuf from 'protobufjs/light.js';

/** An integer or float constant; `dims` empty for a scalar. Row-major. */
export interface Tensor {
  dims: readonly number[];
  data: Float32Array | BigInt64Array;
}

export type Attribute =
  | { name: string; type: 'FLOAT'; f: number }
  | { name: string; type: 'INT'; i: number }
  | { name: string; type: 'INTS'; ints: readonly number[] }
  | { name: string; type: 'STRING'; s: Uint8Array };

export interface NodeProto {
  opType: string;
  input: string[];
  output: string[];
  domain?: string;
  attribute?: Attribute[];
}

export interface TensorProto {
  name: string;
  dims: readonly number[];
  /** TensorProto.DataType: 1 = float32, 7 = int64. */
  dataType: number;
  rawData?: Uint8Array;
  /** Where the data lies when it is not in the file: 1 = EXTERNAL. */
  dataLocation?: number;
}

export interface ValueInfoProto {
  name: string;
  type?: {
    tensorType?: { elemType?: number; shape?: { dim?: { dimValue?: number; dimParam?: string }[] } };
  };
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
}

export interface ModelProto {
  irVersion: number;
  producerName: string;
  opsetImport: { domain?: string; version: number }[];
  graph: GraphProto;
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

/** The part of onnx.proto3 (IR version 8) that Gatehouse writes and looks at; a reader skips all other fields. */
const schema = {
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('OperatorSetId', 8),
      },
    },
    OperatorSetId: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('ValueInfo', 11),
        output: many('ValueInfo', 12),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        ints: many('int64', 8),
        type: one('AttributeType', 20),
      },
    },
    AttributeType: { values: { UNDEFINED: 0, FLOAT: 1, INT: 2, STRING: 3, INTS: 7 } },
    Tensor: {
      fields: {
        dims: many('int64', 1),
        dataType: one('int32', 2),
        name: one('string', 8),
        rawData: one('bytes', 9),
        dataLocation: one('int32', 14),
      },
    },
    ValueInfo: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
};

const modelType = () => protobuf.Root.fromJSON(schema).lookupType('Model');

/** Fields are written in the order of their numbers: equal models give equal bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  const type = modelType();
  return type.encode(type.fromObject(model)).finish();
}

/** Throws when the bytes are not an ONNX model with a graph. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = modelType();
  const model = type.toObject(type.decode(bytes), { longs: Number, enums: String, arrays: true });
  if (model.graph === undefined || !(model.irVersion > 0)) throw new Error('These bytes hold no ONNX graph.');
  return model as ModelProto;
}
