/** Zeros before and behind one axis, and the axis behind the window. */
export interface AxisPadding {
  before: number;
  after: number;
  output: number;
}

/**
 * TensorFlow's paddings for one axis. `SAME` keeps `ceil(size / stride)` places and puts the odd zero behind, which
 * ONNX's `auto_pad` does not do alike everywhere.
 */
export function axisPadding(
  padding: 'SAME' | 'VALID',
  { size, window, stride, dilation }: { size: number; window: number; stride: number; dilation: number },
): AxisPadding {
  const reach = (window - 1) * dilation + 1;
  if (padding === 'VALID') return { before: 0, after: 0, output: Math.floor((size - reach) / stride) + 1 };
  const output = Math.ceil(size / stride);
  const total = Math.max(0, (output - 1) * stride + reach - size);
  const before = total >> 1;
  return { before, after: total - before, output };
}
