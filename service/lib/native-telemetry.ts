import { isMainThread } from 'node:worker_threads';

/**
 * ONNX Runtime's Linux library reports to Microsoft unless it finds ORT_DISABLE_TELEMETRY when it is loaded (1.30). The other name
 * is the one that later versions of it were announced with.
 */
const variables = ['ORT_DISABLE_TELEMETRY', 'ORT_TELEMETRY_DISABLED'] as const;

/**
 * Keeps native libraries that are loaded from now on from sending telemetry. Only the main thread's `process.env` is the
 * environment that they read: in a worker it throws when the main thread has not called it before it started the worker.
 */
export function switchTelemetryOff(): void {
  for (const name of variables) {
    if (isMainThread) process.env[name] = '1';
    else if (process.env[name] !== '1') {
      throw new Error(
        `${name} is not set: the main thread calls switchTelemetryOff() before it starts a worker.`,
      );
    }
  }
}
