import { expect, test } from 'vitest';
import { readModelFiles } from './model-files.ts';

const read = async (...files: [name: string, text: string][]) =>
  (await readModelFiles(files.map(([name, text]) => new File([text], name)))).map(({ file, ...rest }) => ({
    name: file.name,
    ...rest,
  }));

test('an ONNX file goes with the JSON of its name', async () => {
  expect(await read(['ours.onnx', 'onnx'], ['ours.json', '{"model":{}}'], ['weights.pth', 'torch'])).toEqual([
    { name: 'ours.onnx', entry: { model: {} } },
    { name: 'weights.pth' },
  ]);
});

test('weights are sent as they come, in their package of npm too', async () => {
  expect(await read(['weights.tflite', 'TFL3'], ['weights-1.2.3.tgz', 'gzip'])).toEqual([
    { name: 'weights.tflite' },
    { name: 'weights-1.2.3.tgz' },
  ]);
});

test('what cannot be sent is named', async () => {
  expect(
    await read(['other.json', '{}'], ['photo.jpg', ''], ['ours.onnx', 'onnx'], ['ours.json', '{']),
  ).toEqual([
    { name: 'other.json', wrong: 'lonely' },
    { name: 'photo.jpg', wrong: 'kind' },
    { name: 'ours.json', wrong: 'json' },
  ]);
});
