/** Writes TFLite files by hand, field by field, to try what reads them. */

/** One field of a table, by its kind in the schema. */
export type Field =
  | { int8: number }
  | { int32: number }
  | { uint32: number }
  | { table: Fields }
  | { tables: readonly Fields[] }
  | { int32s: readonly number[] }
  | { bytes: Uint8Array };

/** By number in the schema. */
export type Fields = Readonly<Record<number, Field>>;

const sizeOf = (field: Field): number => ('int8' in field ? 1 : 4);

/** A flatbuffer: each table behind its layout, and what it points to behind it. */
export function flatbuffer(identifier: string, root: Fields): Uint8Array {
  let bytes = Buffer.alloc(1024);
  let end = 8;
  const take = (size: number): number => {
    while (end % 4 !== 0) end++;
    const at = end;
    end += size;
    while (end > bytes.length) bytes = Buffer.concat([bytes, Buffer.alloc(bytes.length)]);
    return at;
  };
  const point = (from: number, to: number) => bytes.writeUInt32LE(to - from, from);

  function putTable(fields: Fields): number {
    const numbers = Object.keys(fields).map(Number);
    const entries = Math.max(-1, ...numbers) + 1;
    const layout = take(4 + 2 * entries);
    const table = take(4);
    bytes.writeInt32LE(table - layout, table);
    bytes.writeUInt16LE(4 + 2 * entries, layout);
    const places = numbers.map((number) => {
      const at = take(sizeOf(fields[number]!));
      bytes.writeUInt16LE(at - table, layout + 4 + 2 * number);
      return [fields[number]!, at] as const;
    });
    bytes.writeUInt16LE(end - table, layout + 2);
    for (const [field, at] of places) put(field, at);
    return table;
  }

  function put(field: Field, at: number): void {
    if ('int8' in field) bytes.writeInt8(field.int8, at);
    else if ('int32' in field) bytes.writeInt32LE(field.int32, at);
    else if ('uint32' in field) bytes.writeUInt32LE(field.uint32, at);
    else if ('table' in field) point(at, putTable(field.table));
    else if ('tables' in field) {
      const list = take(4 + 4 * field.tables.length);
      bytes.writeUInt32LE(field.tables.length, list);
      point(at, list);
      field.tables.forEach((one, i) => {
        point(list + 4 + 4 * i, putTable(one));
      });
    } else if ('int32s' in field) {
      const list = take(4 + 4 * field.int32s.length);
      bytes.writeUInt32LE(field.int32s.length, list);
      field.int32s.forEach((value, i) => {
        bytes.writeInt32LE(value, list + 4 + 4 * i);
      });
      point(at, list);
    } else {
      const list = take(4 + field.bytes.length);
      bytes.writeUInt32LE(field.bytes.length, list);
      bytes.set(field.bytes, list + 4);
      point(at, list);
    }
  }

  bytes.write(identifier, 4, 'latin1');
  point(0, putTable(root));
  return Uint8Array.from(bytes.subarray(0, end));
}

export interface WrittenTensor {
  shape: readonly number[];
  /** Of a constant. */
  values?: ArrayLike<number>;
  type?: 'float32' | 'int32';
  /** Fields of the table that others do not have. */
  more?: Fields;
}

export interface WrittenOperator {
  /** Number of the operator in the schema. */
  code: number;
  inputs: readonly number[];
  output: number;
  options?: { kind: number; fields: Fields };
  more?: Fields;
}

export interface TfliteFile {
  tensors: readonly WrittenTensor[];
  operators: readonly WrittenOperator[];
  inputs?: readonly number[];
  outputs: readonly number[];
  identifier?: string;
  /** Fields of the model that take the place of those that are written. */
  model?: Fields;
}

const float32 = 0;
const int32 = 2;

function bytesOf({ values, type = 'float32' }: WrittenTensor): Uint8Array {
  if (values === undefined) return new Uint8Array();
  const numbers = type === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return new Uint8Array(numbers.buffer);
}

/** As TOCO wrote them: a code for each operator, a buffer for each tensor. Tensor 0 is the input where none is named. */
export function tfliteFile({
  tensors,
  operators,
  inputs = [0],
  outputs,
  identifier = 'TFL3',
  model = {},
}: TfliteFile): Uint8Array {
  const subgraph: Fields = {
    0: {
      tables: tensors.map(({ shape, type = 'float32', more }, i) => ({
        0: { int32s: shape },
        1: { int8: type === 'float32' ? float32 : int32 },
        2: { uint32: i },
        ...more,
      })),
    },
    1: { int32s: inputs },
    2: { int32s: outputs },
    3: {
      tables: operators.map(({ inputs: used, output, options, more }, i) => ({
        0: { uint32: i },
        1: { int32s: used },
        2: { int32s: [output] },
        ...((options && { 3: { int8: options.kind }, 4: { table: options.fields } }) as Fields),
        ...more,
      })),
    },
  };
  return flatbuffer(identifier, {
    0: { uint32: 3 },
    1: { tables: operators.map(({ code }) => ({ 0: { int8: code } })) },
    2: { tables: [subgraph] },
    4: { tables: tensors.map((tensor) => ({ 0: { bytes: bytesOf(tensor) } })) },
    ...model,
  });
}
