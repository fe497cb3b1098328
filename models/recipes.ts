import { convertFaceRecognition } from './dlib/face-recognition.ts';
import { convertIr } from './openvino/convert.ts';
import { convertGraphModel } from './tfjs/convert.ts';
import { readGraphModel } from './tfjs/graph-model.ts';
import { convertTflite } from './tflite/convert.ts';
import { readTflite } from './tflite/graph.ts';
import { convertMiniFasNet } from './torch/minifasnet.ts';
import { readStateDict } from './torch/state-dict.ts';

/** Makes the ONNX file of a model from its source files, in the order of the manifest's `sources`. */
export type Recipe = (sources: readonly Uint8Array[]) => Uint8Array;

const graphModel =
  (name: string, outputs: Readonly<Record<string, readonly string[]>>): Recipe =>
  ([modelJson, weights]) =>
    convertGraphModel(readGraphModel(modelJson!, weights!), { name, outputs });

const openvino =
  (name: string): Recipe =>
  ([xml, weights]) =>
    convertIr(name, xml!, weights!);

const miniFasNet =
  (name: string): Recipe =>
  ([weights]) =>
    convertMiniFasNet(name, readStateDict(weights!));

const asItIs: Recipe = ([onnx]) => onnx!;

/** How each model of the manifest is made, by its id: those built at install, those in `models/bundled`, and those that are imported. */
export const recipes: Readonly<Record<string, Recipe>> = {
  blazeface: graphModel('blazeface', {
    scores: ['Identity:0', 'Identity_1:0'],
    boxes: ['Identity_2:0', 'Identity_3:0'],
  }),
  facemesh: graphModel('facemesh', { mesh: ['output_mesh'], flag: ['output_faceflag'] }),
  iris: graphModel('iris', { contour: ['Identity:0'] }),
  'face-recognition': ([weightsManifest, shard]) => convertFaceRecognition(weightsManifest!, shard!),

  'face-reidentification-retail-0095': openvino('face-reidentification-retail-0095'),
  mobilefacenet: ([tflite]) =>
    convertTflite(readTflite(tflite!), { name: 'mobilefacenet', output: 'embedding' }),
  'minifasnet-v2': miniFasNet('minifasnet-v2'),
  'minifasnet-v1se': miniFasNet('minifasnet-v1se'),

  yunet: asItIs,
  'yunet-2023mar': asItIs,
};
