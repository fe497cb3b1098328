/** Calls a function of the application. What it throws is an uncaught error of the page, and changes nothing here. */
export function callBack<Given extends unknown[]>(
  callback: ((...given: Given) => unknown) | undefined,
  ...given: Given
): void {
  try {
    callback?.(...given);
  } catch (error) {
    surface(error);
  }
}

/** Safari has `reportError` from 15.4 on, Node has none. */
function surface(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else
    queueMicrotask(() => {
      throw error;
    });
}
