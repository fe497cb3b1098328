export { clickFeatures } from './click-features.ts';
export { keyFeatures } from './key-features.ts';
export { mouseFeatures } from './mouse-features.ts';
export { createFigures } from './movement-figures.ts';
export { movementsOf, stretchesOf } from './movements.ts';
export type {
  FocusChange,
  PointerKind,
  PointerSample,
  Press,
  RawWindow,
  ScrollStep,
  Stroke,
  Typed,
} from './raw-window.ts';
export { LONGEST_AGE, type SessionData, sessionDataOf, type WindowFacts } from './session-data.ts';
