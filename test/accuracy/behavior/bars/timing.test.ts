import { expect, test } from 'vitest';
import { mouseFeatures } from '../../../../service/engine/behavior/model/behavior-model.ts';
import { unknownFeatures } from './timing.ts';

test('every input of the model is in the list of shapes, and a figure that is not stands out', () => {
  expect(unknownFeatures(mouseFeatures)).toEqual([]);
  expect(unknownFeatures(['str', 'rate', 'winMs', 'speed'])).toEqual(['rate', 'winMs', 'speed']);
});
