export type { CaptureLink, Captures, FrameAnswer, OpenedCapture } from './captures.ts';
export { createCaptures, LARGEST_FRAME } from './captures.ts';
export type { Guidance, GuidanceStep } from './guidance.ts';
export { guidanceOf } from './guidance.ts';
export { jpegSize } from './jpeg-size.ts';
