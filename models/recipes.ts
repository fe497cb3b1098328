import { convertFaceRecognition } from './dlib/face-recognition.ts';
import { convertGraphModel } from './tfjs/convert.ts';
import { readGraphModel } from './tfjs/graph-model.ts';

/** Makes the ONNX file of a model from its source files, in the order of the manifest's `sources`. */
export type Recipe = (sources: readonly Uint8Array[]) => Uint8Array;

const graphModel =
  (name: string, outputs: Readonly<Record<string, readonly string[]>>): Recipe =>
  ([modelJson, weights]) =>
    convertGraphModel(readGraphModel(modelJson!, weights!), { name, outputs });

/** How each model that Gatehouse builds at install is made, by its id in the manifest. */
export const recipes: Readonly<Record<string, Recipe>> = {
  blazeface: graphModel('blazeface', {
    scores: ['Identity:0', 'Identity_1:0'],
    boxes: ['Identity_2:0', 'Identity_3:0'],
  }),
  facemesh: graphModel('facemesh', { mesh: ['output_mesh'], flag: ['output_faceflag'] }),
  iris: graphModel('iris', { contour: ['Identity:0'] }),
  'face-recognition': ([weightsManifest, shard]) => convertFaceRecognition(weightsManifest!, shard!),
  faceres: graphModel('faceres', { embedding: ['global_pooling/Mean'] }),
};
