import { switchTelemetryOff } from '../../lib/native-telemetry.ts';

switchTelemetryOff();

/** The one place that loads ONNX Runtime: its library must find its telemetry switched off. */
export const { InferenceSession, Tensor, listSupportedBackends } = await import('onnxruntime-node');
