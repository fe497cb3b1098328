export {
  type CaptureLink,
  type Captures,
  createCaptures,
  type FrameAnswer,
  jpegSize,
  LARGEST_FRAME,
  type OpenedCapture,
} from './captures.ts';
export { type Guidance, type GuidanceStep, guidanceOf } from './guidance.ts';
