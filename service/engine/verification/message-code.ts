import {
  checkNames,
  noFitFrame,
  personMessages,
  qualityComponents,
  qualityGates,
  skipReasons,
} from '../matching/index.ts';
import { notGood } from './analyze-pictures.ts';
import { failedCheck } from './judge.ts';

const advice = Object.entries(personMessages);
const codes = new Map<string, string>([
  ...Object.entries(skipReasons).map(([code, sentence]) => [sentence, `skipped.${code}`] as const),
  ...checkNames.map((check) => [failedCheck(check), `CHECK_FAILED.${check}`] as const),
  ...advice.map(([code, sentence]) => [noFitFrame(sentence), `NO_FIT_FRAME.${code}`] as const),
  ...[...qualityComponents, ...qualityGates].map((one) => [notGood(one), `NOT_GOOD.${one}`] as const),
  ...advice.map(([code, sentence]) => [sentence, code] as const),
]);

/** The code of a message to a person: rows keep the sentence alone. Undefined for one of an earlier release. */
export const messageCodeOf = (sentence: string): string | undefined => codes.get(sentence);
